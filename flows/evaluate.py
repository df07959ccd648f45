"""Say how good a detector, or a track run, is: `python -m flows.evaluate`, `python -m flows.evaluate of=tracks`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from components.contracts import Associator, Crossings, InputError, Progress, SplitName, Stays, digest_of
from components.evaluation.slices import Slices
from flows import _basis, _fleet, _launch, _models, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

OWN = (
    "of", "ground_truth", "run", "dataset", "split", "score", "min_visibility", "slices",
    "ledger", "storage", "database", "runner",
)  # fmt: skip
AT_ONCE = 500  # metrics that MLflow is given in one call; it takes 1000


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds; the words of `flows.track` are checked as there."""
    from components.line import Lane, follow

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    yield _wiring.Call(follow, config, supplied=frozenset({"lanes", "store"}))
    yield _wiring.Call(Lane, config, supplied=frozenset({"source"}))


def _options(
    of: Literal["model", "tracks"], ground_truth: str | None, run: str, dataset: str, split: SplitName, score: float,
    min_visibility: float, association: Associator, presence: Stays, crossing: Crossings,
    slices: Slices, only: list[str] | None, footage: Literal["fleet", "recorded"], group_size: int, runner: Runner,
    storage: Any, database: Any, ledger: Any, model_cache: str,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def measure_model(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the detector on one split of a dataset."""
    from components.contracts import Detector
    from components.datasets.dataset import StoredDataset
    from components.evaluation.detection import evaluate_detector

    config, database = spec["config"], _wiring.make(spec["config"]["database"])
    dataset = StoredDataset(spec["dataset"], storage=_wiring.make(config["storage"]))
    if spec["chain"] not in ("", dataset.chain_digest):
        raise InputError(
            f"model {spec['model']} was trained with preprocessing {spec['chain'][:12]}, dataset {dataset.digest[:12]} was "
            f"made with {dataset.chain_digest[:12]}: figures of one on the other cannot be compared; "
            "choose dataset=... made with the model's chain"
        )
    report = evaluate_detector(
        _wiring.make(config["detector"], Detector), dataset=dataset, folder=Path(spec["folder"]), split=config["split"],
        score=config["score"], min_visibility=config["min_visibility"], batch_size=config["batch_size"],
        slices=_wiring.make(config["slices"], Slices), where=dataset.split(config["split"]).where, progress=progress,
    )  # fmt: skip
    digests = {"dataset": dataset.digest, "preprocessing": dataset.chain_digest}
    return {"metrics": report.metrics(), "digests": digests, "basis": _basis.of_model(spec, dataset, database)}


def measure_tracks(spec: dict[str, Any], _: Progress) -> dict[str, Any]:
    """Task: a track run against ground truth, on every frame that it looked at and its model was not trained on."""
    from components.evaluation.tracks import evaluate_tracks
    from flows._truths import scenes, site

    found, left_out = scenes(spec)
    metrics = evaluate_tracks(found).metrics()
    storage, database = _wiring.make(spec["config"]["storage"]), _wiring.make(spec["config"]["database"])
    basis = _basis.of_tracks(spec, found, storage, database)
    return {"metrics": {**metrics, **site(spec), "frames_left_out": left_out}, "digests": {}, "basis": basis}


def evaluate(overrides: Sequence[str] = ()) -> Summary:
    """Measure, and enter the figures into the ledger."""
    config = _wiring.plan("evaluate", overrides, calls)
    tracks = config["of"] == "tracks" or config["ground_truth"] is not None
    spec = _tracks_spec(config, overrides) if tracks else _model_spec(config, overrides)
    with TemporaryDirectory(prefix="wardflow-") as folder:
        job = Job(f"evaluate {spec['model'] or 'detector'}", {**spec, "folder": folder})
        outcomes = each(measure_tracks if tracks else measure_model, [job], Runner("sequential"))
        if failures := failures_of(outcomes):
            return Summary("failed", failures=failures)
        result = outcomes[0].result
        tags = {**_basis.tags(result["basis"]), "of": "tracks" if tracks else "model", "model": spec["model"]}
        with _wiring.make(config["ledger"]).open("evaluate", overrides, {"spec": digest_of(spec), **config}, tags=tags) as run:
            run.text("diff_against_defaults.txt", _launch.differences("evaluate", config))
            run.text(_basis.ARTIFACT, json.dumps(result["basis"], indent=2))
            run.artifacts(Path(folder))
            metrics = list(result["metrics"].items())
            for start in range(0, len(metrics), AT_ONCE):
                run.metrics(dict(metrics[start : start + AT_ONCE]), 0)
    shown = {name: value for name, value in result["metrics"].items() if "." not in name}
    subject = {"run" if tracks else "model": spec["run_key"] if tracks else spec["model"] or "as configured"}
    following = "python -m flows.dashboard" if tracks else "python -m flows.promote"
    return Summary(
        "completed",
        {**subject, **shown},
        result["digests"],
        next=following,
        details={**result, "ledger_run": run.id, "objective": shown.get("map50", shown.get("mota"))},
    )


def _model_spec(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    from components.datasets.dataset import named

    resolved = _models.resolve(config, overrides)
    dataset = named(config["dataset"], _wiring.make(config["database"]))
    return {
        "config": resolved.config,
        "dataset": dataset,
        "chain": resolved.digests.get("preprocessing", ""),
        "model": resolved.model,
    }


def _tracks_spec(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The newest track run that had all the words that are not evaluate's own."""
    from components.database.runs import Runs

    words = [word for word in overrides if word.split("=")[0].split(".")[0].lstrip("+~") not in OWN]
    found = Runs(_wiring.make(config["database"])).newest(
        "track", words, key=None if config["run"] == "latest" else config["run"]
    )
    if found is None:
        which = f"no finished track run had the words {' '.join(words)}" if words else "there is no finished track run yet"
        raise InputError(f"{which}; make one with python -m flows.track {' '.join(words)}".strip())
    return {
        "config": config,
        "run_key": found["run_key"],
        "cameras": list(found["cameras"]),
        "totals": found["cameras"],
        "dataset": found.get("dataset", ""),
        "model": found["model"],
        "chain": _basis.chain_of(found),
    }


__getattr__ = _prefect.exported(evaluate)
main = _launch.command(evaluate)

if __name__ == "__main__":
    main()
