"""Finished trainings in the ledger, with all that it takes to train them again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.contracts import InputError
from components.ledger.connection import MlflowClient, MlflowException, connect
from components.ledger.record import text

RUN = re.compile(r"[0-9a-f]{6,32}")  # an id, or enough of its beginning
REPRODUCES = "reproduces"  # tag: the run whose training this one repeats
FINISHED = "tags.flow = 'train' and attributes.status = 'FINISHED'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One finished training, as it stands in the ledger."""

    run: str
    title: str
    tags: dict[str, str]
    metrics: dict[str, float]


class Trainings:
    """The finished trainings of one experiment of the ledger at `uri`."""

    def __init__(self, uri: str, *, experiment: str) -> None:
        self._client: MlflowClient = connect(uri)
        known = self._client.get_experiment_by_name(experiment)
        self._experiments = [known.experiment_id] if known is not None else []

    def named(self, word: str) -> Training:
        """The one that `word` names: an id, its beginning, or latest for the newest that repeats no other.

        Raises InputError where it names none, or several.
        """
        if word != "latest" and not RUN.fullmatch(word):
            raise InputError(
                f"run={word}: expected latest, or the id of a training run or at least 6 characters of its beginning"
            )
        condition = FINISHED if word == "latest" else f"{FINISHED} and attributes.run_id LIKE '{word}%'"
        found = [run for run in self._search(condition) if word != "latest" or REPRODUCES not in run.data.tags]
        if not found or (len(found) > 1 and word != "latest"):
            count = "several finished trainings have" if found else "no finished training has"
            known = ", ".join(f"{run.info.run_id[:8]} {run.info.run_name}" for run in found[:5] or self._search(FINISHED)[:5])
            raise InputError(f"run={word}: {count} that id; there are: {known or 'none'}")
        run = found[0]
        return Training(
            run=str(run.info.run_id), title=str(run.info.run_name), tags=dict(run.data.tags), metrics=dict(run.data.metrics)
        )

    def text(self, run: str, name: str) -> str | None:
        """A text file among the artifacts of a run; None where it has none of that name."""
        try:
            return text(self._client, run, name) if name in {each.path for each in self._client.list_artifacts(run)} else None
        except (MlflowException, OSError, UnicodeDecodeError) as error:
            raise InputError(f"run {run[:8]}: its {name} cannot be read from the ledger ({_line(error)})") from None

    def weights(self, run: str, *, folder: Path) -> Path:
        """The weights that a run delivered, fetched below `folder`. Raises InputError where they are gone."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return Path(self._client.download_artifacts(run, "model/weights.safetensors", str(folder)))
        except (MlflowException, OSError) as error:
            raise InputError(f"run {run[:8]}: its weights cannot be read from the ledger ({_line(error)})") from None

    def repeated(self, run: str, *, of: str) -> None:
        """Note down that `run` repeats the training `of`."""
        self._client.set_tag(run, REPRODUCES, of)

    def _search(self, condition: str) -> list[Any]:
        if not self._experiments:
            return []
        return list(self._client.search_runs(self._experiments, condition, order_by=["attributes.start_time DESC"]))


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
