"""Say how good a detector, or a track run, is: `python -m flows.evaluate`, `python -m flows.evaluate of=tracks`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from components.contracts import Associator, Crossings, InputError, SplitName, Stays, digest_of
from components.evaluation.slices import Slices
from components.evaluation.timing import Timing
from flows import _basis, _family, _fleet, _launch, _measures, _models, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

OWN = (
    "of", "ground_truth", "run", "dataset", "split", "score", "min_visibility", "slices", "timing",
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
    slices: Slices, timing: Timing, only: list[str] | None, footage: Literal["fleet", "recorded"], group_size: int,
    runner: Runner, storage: Any, database: Any, ledger: Any, model_cache: str,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def evaluate(overrides: Sequence[str] = ()) -> Summary:
    """Measure, and enter the figures into the ledger."""
    from components.evaluation.tables import tag as shown_as_tables

    config = _wiring.plan("evaluate", overrides, calls)
    _wiring.make(config["slices"], Slices)  # before anything is measured
    tracks = config["of"] == "tracks" or config["ground_truth"] is not None
    spec = _tracks_spec(config, overrides) if tracks else _model_spec(config, overrides)
    with TemporaryDirectory(prefix="wardflow-") as folder:
        job = Job(f"evaluate {spec['model'] or 'detector'}", {**spec, "folder": folder})
        outcomes = each(_measures.tracks if tracks else _measures.model, [job], Runner("sequential"))
        if failures := failures_of(outcomes):
            return Summary("failed", failures=failures)
        result = outcomes[0].result
        tags = {**_basis.tags(result["basis"]), "of": "tracks" if tracks else "model", "model": spec["model"]}
        tags |= shown_as_tables(result["tables"]) | _family.tags()
        with _wiring.make(config["ledger"]).open(
            "evaluate", overrides, {"spec": digest_of(spec), **config}, tags=tags, parent=_family.parent()
        ) as run:
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
        {**subject, **shown, **_more(result)},
        result["digests"],
        note=f"tables and plots: among the artifacts of run {run.id} in MLflow",
        next=following,
        details={**result, "ledger_run": run.id, "objective": shown.get("map50", shown.get("mota"))},
    )


def _more(result: Mapping[str, Any]) -> dict[str, float | str]:
    """The figures with dots in their names that people want to see at once."""
    latency = {name: result["metrics"][name] for name in ("latency_ms.median", "latency_ms.p95") if name in result["metrics"]}
    words = {"worst_slice": result["worst"], "latency": result["without"]}
    return {**latency, **{name: word for name, word in words.items() if word}}


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
