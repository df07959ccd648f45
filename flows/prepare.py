"""Turn recorded footage into a versioned dataset: `python -m flows.prepare sampling=fixed_5fps preprocessing=standard`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from components.contracts import InputError, Progress, digest_of
from flows import _fleet, _launch, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

PART = ("sampling", "preprocessing", "labels", "picture", "splits", "storage")  # what decides a part, besides the footage
SUPPLIED = frozenset({"segments", "key", "period", "progress"})


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("prepare", overrides, calls)
    return {**config, "cameras": list(_fleet.only(config["fleet"], config["only"]))}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.datasets.prepare import prepare_part

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    yield _wiring.Call(prepare_part, config, supplied=SUPPLIED)


def _options(only: list[str] | None, runner: Runner, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def prepare_camera(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: one camera's part of the dataset, unless it is already there."""
    from components.database.runs import Steps
    from components.database.segments import Segments
    from components.datasets.prepare import finished, prepare_part

    database, key = _wiring.make(spec["database"]), spec["key"]
    wanted = {tuple(piece) for piece in spec["footage"]}
    segments = [segment for segment in Segments(database).of([spec["camera"]]) if _piece(segment) in wanted]
    parts = _wiring.build(prepare_part, spec)
    return Steps(database, "prepare").once(
        key, spec["camera"], lambda: prepare_part(segments, **parts, progress=progress),
        still=lambda: finished(key, storage=parts["storage"]),
    )  # fmt: skip


def prepare(overrides: Sequence[str] = ()) -> Summary:
    """Every camera's part side by side, then one dataset under one digest."""
    from components.database.runs import Steps
    from components.datasets.prepare import commit, committed, sweep
    from components.preprocessing.chain import digest as chain_digest

    config = plan(overrides)
    storage, database = _wiring.make(config["storage"]), _wiring.make(config["database"])
    footage = _footage(database, config["cameras"])
    period = (min(s.start for group in footage.values() for s in group), max(s.end for group in footage.values() for s in group))
    recipe = {
        "sampling": config["sampling"],
        "chain": config["preprocessing"],
        "chain_digest": chain_digest(config["preprocessing"]),
    }
    pieces = {name: [_piece(segment) for segment in group] for name, group in footage.items()}
    whole, steps = _key(config, recipe, pieces), Steps(database, "prepare")
    keys = {name: digest_of([whole, name]) for name in footage}  # a part belongs to one dataset, which takes its shards over
    known = steps.result(whole)
    if known and committed(known["dataset"], storage=storage):
        sweep(keys.values(), storage=storage)  # of a run that was killed at its very end
        return _summed(known, unchanged=True)
    shared = {**{name: config[name] for name in (*PART, "database")}, "period": period}
    jobs = [Job(name, {**shared, "camera": name, "key": key, "footage": pieces[name]}) for name, key in keys.items()]
    outcomes = each(prepare_camera, jobs, _wiring.make(config["runner"], Runner))
    if failures := failures_of(outcomes):
        return Summary("failed", {"cameras": len(outcomes) - len(failures)}, failures=failures, note="no dataset was made")
    digest = commit(list(keys.values()), recipe=recipe, storage=storage, database=database)
    counts = {name: sum(done.result[name] for done in outcomes) for name in ("kept", "rejected")}
    result = {"dataset": digest, "chain": recipe["chain_digest"], "cameras": len(keys), **counts}
    steps.finish(whole, digest, result)
    sweep(keys.values(), storage=storage)
    return _summed(result, unchanged=False)


def _footage(database: Any, cameras: Sequence[str]) -> dict[str, list[Any]]:
    from components.database.segments import Segments

    segments = Segments(database).valid(cameras)
    found = {name: [segment for segment in segments if segment.camera.id == name] for name in cameras}
    if absent := [name for name, group in found.items() if not group]:
        gone = Segments(database).gone(absent)
        raise InputError(
            f"no footage of {', '.join(absent)} in the store; {f'{gone}; ' if gone else ''}"
            "record it with python -m flows.ingest, or leave it out with only=[...]"
        )
    return found


def _piece(segment: Any) -> tuple[str, str, int]:
    return segment.camera.version, segment.sha256, segment.start


def _key(config: dict[str, Any], recipe: dict[str, Any], pieces: dict[str, Any]) -> str:
    """Everything that decides the dataset: its footage, the recipe with the code of its steps, how it is written; not where."""
    labels = {name: value for name, value in config["labels"].items() if value != config["storage"]}
    return digest_of(["dataset", pieces, recipe, labels, config["picture"], config["splits"]])


def _summed(result: dict[str, Any], *, unchanged: bool) -> Summary:
    figures = {name: result[name] for name in ("cameras", "kept", "rejected")}
    digests = {"dataset": result["dataset"], "preprocessing": result["chain"]}
    note = "the same footage, chain and code made this dataset before" if unchanged else ""
    return Summary(
        "unchanged" if unchanged else "completed", figures, digests, note=note, next="python -m flows.train model=yolov8n"
    )


__getattr__ = _prefect.exported(prepare)
main = _launch.command(prepare)

if __name__ == "__main__":
    main()
