"""Which dataset `preprocessing=` means to a training: that of the same footage, labels and splits with this chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.contracts import InputError
from flows import _wiring

CHAIN = ("chain", "chain_digest")  # of a recipe
COUNTED = ("digest", "frames")  # what came out, which is none of the recipe


def dataset(config: Mapping[str, Any], chain: list[Any] | None, word: str) -> str:
    """The digest of the dataset named in `config`, or of its sibling that was made with `chain`; `word` asked for that.

    Nothing is made here: preparing may take hours and rejects frames, so it is a run of its own, with its own record.
    Raises InputError with the command that makes the sibling where there is none.
    """
    from components.datasets.dataset import StoredDataset, named

    database = _wiring.make(config["database"])
    digest = named(config["dataset"], database)
    if chain is None:
        return digest
    storage = _wiring.make(config["storage"])
    asked = StoredDataset(digest, storage=storage)
    wanted = _digest(chain)
    if asked.chain_digest == wanted:
        return digest
    for other in _made_with(wanted, database):
        try:
            if _akin(asked, StoredDataset(other, storage=storage)):
                return other
        except InputError:  # it is not in this store, or not whole
            continue
    raise InputError(
        f"{word}: dataset {digest[:12]} was made with another chain, and there is none of the same footage, labels and splits "
        f"with this one; make it with {_command(digest, word, database)}"
    )


def _digest(chain: list[Any]) -> str:
    from components.preprocessing.chain import digest

    return digest(chain)


def _made_with(chain: str, database: Any) -> list[str]:
    """Datasets of a chain, the newest first."""
    from sqlalchemy import select

    from components.database.schema import DatasetRow

    wanted = select(DatasetRow).where(DatasetRow.chain_digest == chain, DatasetRow.deleted.is_(None))
    with database.session() as session:
        return [row.digest for row in session.scalars(wanted.order_by(DatasetRow.created.desc()))]


def _akin(one: Any, other: Any) -> bool:
    """Whether two datasets differ in nothing but the chain, and what that rejects."""
    recipes = [{key: value for key, value in each.about.items() if key not in (*CHAIN, *COUNTED)} for each in (one, other)]
    return recipes[0] == recipes[1] and _footage(one) == _footage(other)


def _footage(dataset: Any) -> set[tuple[str, str, str]]:
    """Which segments of which views were looked at; frames that were rejected are in the manifest too."""
    found: set[tuple[str, str, str]] = set()
    for batch in dataset.rows.batches(["camera", "camera_version", "segment"]):
        columns = (batch[i].to_pylist() for i in range(3))
        found.update(zip(*columns, strict=True))
    return found


def _command(digest: str, word: str, database: Any) -> str:
    """The words that made a dataset, with another chain."""
    from components.database.runs import Runs

    words = Runs(database).words("prepare", dataset=digest)
    kept = [one for one in words or [] if not one.lstrip("+~").startswith("preprocessing")]
    return " ".join(["python -m flows.prepare", *kept, word])
