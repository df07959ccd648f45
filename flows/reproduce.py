"""Train a run again from what MLflow knows of it, and say whether the same came out: `python -m flows.reproduce run=latest`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from components.contracts import InputError
from flows import _launch, _lineage, _prefect, _repeated, _wiring
from flows._described import PATCH
from flows._summary import Summary

OWN = ("storage", "database", "ledger")  # where things lie is for whoever repeats it to say


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("reproduce", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(run: int | str, tolerance: float, folder: str, storage: Any, database: Any, ledger: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def reproduce(overrides: Sequence[str] = ()) -> Summary:
    """Train again with the run's own code, config and dataset; fails where metrics or weights are not the same."""
    from components.ledger.trainings import Trainings

    config = plan(overrides)
    ledger = _wiring.make(config["ledger"])
    trainings = Trainings(ledger.uri, experiment=ledger.experiment)
    wanted = trainings.named(str(config["run"]))
    commit, patch = _code_of(wanted, trainings)
    _verified(config, wanted.tags.get("dataset_digest", ""))
    words = _words(trainings.text(wanted.run, "diff.txt") or "", overrides, wanted.tags["dataset_digest"])
    Path(config["folder"]).mkdir(parents=True, exist_ok=True)
    place = Path(mkdtemp(prefix=f"{wanted.run[:8]}-", dir=config["folder"])).resolve()
    with _repeated.checkout(place / "code", commit, patch) as code:
        run = _repeated.train(code, words, place)
    trainings.repeated(run, of=wanted.run)
    came = trainings.named(run)
    weights = [trainings.weights(each.run, folder=place / each.run) for each in (wanted, came)]
    figures, failures = _repeated.compared(wanted, came, weights, config["tolerance"])
    other = _repeated.environment(wanted.tags)
    return Summary(
        "failed" if failures else "completed", {"run": came.run, "reproduces": wanted.run, "commit": commit[:12], **figures},
        {"dataset": wanted.tags["dataset_digest"]}, failures=failures,
        note=f"other versions than then: {', '.join(other)}" if other else "the same package versions as then",
        details={"environment": other},
    )  # fmt: skip


def _code_of(wanted: Any, trainings: Any) -> tuple[str, str]:
    """Commit and patch of a run. Raises InputError where the run cannot be repeated from them."""
    commit = wanted.tags.get("git_commit", "")
    if not commit:
        raise InputError(f"run {wanted.run[:8]} does not say which commit it ran; it was trained outside a git checkout")
    if wanted.tags.get("git_dirty", "false") != "true":
        return commit, ""
    patch = trainings.text(wanted.run, PATCH) or ""
    if not patch.startswith("diff "):
        raise InputError(f"run {wanted.run[:8]} ran code that was never committed, and its {PATCH} is not whole in the ledger")
    return commit, patch


def _verified(config: Mapping[str, Any], digest: str) -> None:
    """Raise InputError unless every byte of the dataset is in the store as it was."""
    storage, database = _wiring.make(config["storage"]), _wiring.make(config["database"])
    link = _lineage.dataset(storage, database, digest, every_byte=True)
    if link.state != "verified":
        raise InputError(f"dataset {digest[:12]} is not what the run was trained on any more: {link.says}")


def _words(recorded: str, overrides: Sequence[str], dataset: str) -> list[str]:
    """The words of the training, with its dataset by digest and the places of today."""
    mine = [word for word in overrides if _root(word) in OWN]
    kept = [word for word in recorded.splitlines() if _root(word) not in (*OWN, "dataset", "again", "work", "model_cache")]
    return [*kept, *mine, f"dataset={dataset}", "again=true"]


def _root(word: str) -> str:
    return word.lstrip("+~").partition("=")[0].partition(".")[0].partition("@")[0]


__getattr__ = _prefect.exported(reproduce)
main = _launch.command(reproduce)

if __name__ == "__main__":
    main()
