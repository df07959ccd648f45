"""Say how good a detector, or a track run, is: `python -m flows.evaluate`, `python -m flows.evaluate of=tracks`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from components.contracts import Associator, Crossings, InputError, SplitName, Stays, digest_of
from components.evaluation.slices import Slices
from components.evaluation.timing import Timing
from flows import _basis, _chains, _described, _family, _fleet, _launch, _measures, _models, _people, _prefect, _wiring
from flows._jobs import Job, Runner, Work
from flows._summary import Summary
from flows._workers import each, failures_of

Of = Literal["model", "tracks", "roles", "reid"]
OWN = (
    "of", "weights", "ground_truth", "run", "dataset", "split", "score", "min_visibility", "slices", "timing",
    "ledger", "storage", "database", "runner",
)  # fmt: skip
OBJECTIVE = {"model": "map50", "tracks": "mota", "roles": "balanced", "reid": "map"}
AT_ONCE = 500  # metrics that MLflow is given in one call; it takes 1000


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds; the words of `flows.track` are checked as there."""
    from components.line import Lane, follow

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    yield _wiring.Call(follow, config, supplied=frozenset({"lanes", "store"}))
    yield _wiring.Call(Lane, config, supplied=frozenset({"source"}))


def _options(
    of: Of, weights: str | None, ground_truth: str | None, run: str, dataset: str, split: SplitName, score: float,
    min_visibility: float, association: Associator, presence: Stays, crossing: Crossings,
    slices: Slices, timing: Timing, only: list[str] | None, footage: Literal["fleet", "recorded"], group_size: int,
    runner: Runner, storage: Any, database: Any, ledger: Any, model_cache: str,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def evaluate(overrides: Sequence[str] = ()) -> Summary:
    """Measure, and enter the figures into the ledger."""
    from components.evaluation import said
    from components.evaluation.tables import tag as shown_as_tables

    config = _wiring.plan("evaluate", overrides, calls)
    _wiring.make(config["slices"], Slices)  # before anything is measured
    _shares(config)
    of: Of = "tracks" if config["ground_truth"] is not None else config["of"]
    spec, measure = _task(of, config, overrides)
    with TemporaryDirectory(prefix="wardflow-") as folder:
        job = Job(f"evaluate {spec['model'] or 'detector'}", {**spec, "folder": folder})
        outcomes = each(measure, [job], Runner("local"))
        if failures := failures_of(outcomes):
            return Summary("failed", failures=failures)
        result = outcomes[0].result
        tags = {**_basis.tags(result["basis"]), "of": of, "model": spec["model"]}
        tags |= shown_as_tables(result["tables"]) | _family.tags()
        ledger, written = _wiring.make(config["ledger"]), _written(spec, config)
        with _described.opened(
            ledger, "evaluate", overrides, written, effective=config, tags=tags, parent=_family.parent()
        ) as run:
            run.text(_basis.ARTIFACT, json.dumps(result["basis"], indent=2))
            run.artifacts(Path(folder))
            _enter(run, result["metrics"])
            if of != "tracks" and spec["model"]:
                heading = said.heading(spec["dataset"], config["split"])
                run.evaluated(spec["model"], heading, said.words(result["metrics"], run=run.id))
    shown = {name: value for name, value in result["metrics"].items() if "." not in name}
    subject = {"run": spec["run_key"]} if of == "tracks" else {"model": spec["model"] or "as configured"}
    return Summary(
        "completed",
        {**subject, **shown, **_more(result)},
        result["digests"],
        note=f"tables and plots: among the artifacts of run {run.id} in MLflow",
        next=_next(of, spec["model"]),
        details={**result, "ledger_run": run.id, "objective": shown.get(OBJECTIVE[of])},
    )


def _shares(config: Mapping[str, Any]) -> None:
    for name in ("score", "min_visibility"):
        if not 0 <= config[name] <= 1:
            raise InputError(f"{name} is {config[name]}; expected a number from 0 to 1, e.g. {name}=0.25")


def _enter(run: Any, metrics: Mapping[str, float]) -> None:
    figures = list(metrics.items())
    for start in range(0, len(figures), AT_ONCE):
        run.metrics(dict(figures[start : start + AT_ONCE]), 0)


def _written(spec: Mapping[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """The config that goes into the ledger, below `tracked` with that of the track run which was judged."""
    tracked = {"tracked": spec["tracked"]} if "tracked" in spec else {}
    return {"spec": digest_of(spec), **config, **tracked}


def _tracked(words: Sequence[str]) -> dict[str, Any]:
    """The config of a track run; empty where its words mean nothing any more."""
    try:
        return _launch.compose("track", words)
    except InputError:
        return {}


def _task(of: Of, config: dict[str, Any], overrides: Sequence[str]) -> tuple[dict[str, Any], Work]:
    """What to measure, and what measures it. Raises InputError where that is not there."""
    if config["weights"] and of not in _people.NEWEST:
        raise InputError(f"weights={config['weights']}: only of=roles and of=reid take it; of={of} takes detector.weights")
    match of:
        case "tracks":
            return _tracks_spec(config, overrides), _measures.tracks
        case "model":
            return _model_spec(config, overrides), _measures.model
    return _people.spec(config), _people.measure


def _next(of: Of, model: str) -> str:
    if of == "tracks":
        return "python -m flows.dashboard"
    if of == "model":
        return "python -m flows.promote"
    return f"python -m flows.promote name={model.partition('/')[0]}" if model else ""


def _more(result: Mapping[str, Any]) -> dict[str, float | str]:
    """The figures with dots in their names that people want to see at once."""
    latency = {name: result["metrics"][name] for name in ("latency_ms.median", "latency_ms.p95") if name in result["metrics"]}
    words = {"worst_slice": result["worst"], "latency": result["without"]}
    return {**latency, **{name: word for name, word in words.items() if word}}


def _model_spec(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    resolved = _models.resolve(config, overrides)
    return {
        "config": resolved.config,
        "dataset": _dataset(config, resolved),
        "chain": resolved.digests.get("preprocessing", ""),
        "model": resolved.model,
    }


def _dataset(config: dict[str, Any], resolved: _models.Resolved) -> str:
    """Its digest; `latest` is the newest, or, of a registered model, what is like that but made with the model's chain."""
    from components.datasets.dataset import named

    if config["dataset"] == "latest" and resolved.model:
        with suppress(InputError):  # where there is none it is refused on the newest, for its chain
            return _chains.dataset(config, list(resolved.config["preprocessing"]), "dataset=latest")
    return named(config["dataset"], _wiring.make(config["database"]))


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
        "tracked": _tracked(found["overrides"]),
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
