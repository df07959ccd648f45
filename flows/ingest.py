"""Record every camera of a fleet into the store: `python -m flows.ingest fleet=simulated_ward`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from annotated_types import Ge, Gt

from components.contracts import LiveRecorder, Progress, digest_of
from flows import _changes, _fleet, _launch, _live, _prefect, _recorded, _stopping, _wiring
from flows._summary import Status, Summary
from flows._workers import Job, Runner, each, failures_of


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with one source per camera."""
    config = _wiring.plan("ingest", overrides, calls)
    return {**config, "sources": _fleet.only(config["fleet"], config["only"])}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.storage.footage import ingest as record

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    fixed = {**config, "site": config["fleet"]["site"]}
    if _recorded.is_live(_fleet.only(config["fleet"], config["only"])):
        yield _wiring.Call(_parts, config)
        for name, source in _fleet.only(config["fleet"], config["only"]).items():
            yield _wiring.Call(_camera, {"source": source}, {"source": f"fleet.cameras.{name}"})
        return
    for name, source in _fleet.only(config["fleet"], config["only"]).items():
        yield _wiring.Call(
            record,
            {**fixed, "source": source},
            {"source": f"fleet.cameras.{name}", "site": "fleet.site"},
            frozenset({"progress"}),
        )


def _options(
    only: list[str] | None, runner: Runner, live: _recorded.Kept, group_size: Annotated[int, Ge(1)],
    minutes: Annotated[float, Gt(0)] | None,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def _parts(storage: Any, database: Any, segment_seconds: Annotated[float, Gt(0)]) -> None:
    """What live cameras need besides."""


def _camera(source: LiveRecorder) -> None:
    """A camera at work."""


def record_camera(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the footage of one camera, unless it is already there."""
    from components.database.runs import Steps
    from components.storage.footage import ingest as record
    from components.storage.footage import there

    parts = _wiring.build(record, spec)
    source, storage, database = parts["source"], parts["storage"], parts["database"]
    key = digest_of(["ingest", source.camera.version, source.mark, parts["segment_seconds"]])
    return Steps(database, "ingest").once(
        key, source.camera.id, lambda: record(**parts, progress=progress).plain(),
        still=lambda: there(source.camera, storage=storage, database=database),
    )  # fmt: skip


def ingest(overrides: Sequence[str] = ()) -> Summary:
    """Record every camera side by side; one that fails does not touch the others."""
    from components.database.registry import Registry

    config = plan(overrides)
    _wiring.make(config["storage"])  # one that cannot be opened is one problem, not one of every camera
    site, zones, staff = _fleet.floor(config["fleet"])
    registry = Registry(_wiring.make(config["database"]))
    registry.set_floor(site, zones)
    registry.set_staff(staff)
    if _recorded.is_live(config["sources"]):
        return _at_work(config, registry, overrides)
    shared = {
        "storage": config["storage"],
        "database": config["database"],
        "segment_seconds": config["segment_seconds"],
        "site": site,
    }
    jobs = [Job(name, {**shared, "source": source}) for name, source in config["sources"].items()]
    return _summed(each(record_camera, jobs, _wiring.make(config["runner"], Runner)), overrides)


def _at_work(config: dict[str, Any], registry: Any, overrides: Sequence[str]) -> Summary:
    """Record cameras at work until somebody ends it."""
    site = config["fleet"]["site"]

    def entered(config: dict[str, Any]) -> dict[str, Any]:
        for spec in config["sources"].values():
            registry.add_camera(_wiring.make(spec).camera, site, time.time_ns())
        return dict(config["sources"])

    def again() -> dict[str, Any]:
        changed = plan(overrides)
        _recorded.is_live(changed["sources"])
        return entered(changed)

    entered(config)
    jobs = _recorded.jobs(config, site, f"ingest-{uuid.uuid4().hex[:12]}")
    runner = _live.runner(_wiring.make(config["runner"], Runner), len(jobs))
    groups = {job.name: job.spec["sources"] for job in jobs}
    with _stopping.listening(), _changes.board(groups, again) as address:
        jobs = [Job(job.name, {**job.spec, "changes": address}) for job in jobs]
        outcomes = each(_recorded.record_group, jobs, runner, again=_recorded.Supervised())
    return _recorded.summed(outcomes, failures_of(outcomes), _following(overrides))


def _summed(outcomes: Sequence[Any], overrides: Sequence[str]) -> Summary:
    failures, results = failures_of(outcomes), [done.result for done in outcomes if not done.problem]
    new = sum(result["new_segments"] for result in results if not result["unchanged"])
    figures = {"cameras": len(results), "new_segments": new, "segments": sum(r["segments"] for r in results)}
    figures |= {"frames": sum(r["frames"] for r in results), "megabytes": round(sum(r["bytes"] for r in results) / 1e6, 1)}
    status: Status = "failed" if failures else "completed" if new else "unchanged"
    note = "" if new or failures else "every segment was already in the store"
    return Summary(status, figures, failures=failures, note=note, next=_following(overrides) if results else "")


def _following(overrides: Sequence[str]) -> str:
    """What to do with the footage of this fleet."""
    return " ".join(["python -m flows.prepare", *(word for word in overrides if word.startswith(("fleet=", "only=")))])


__getattr__ = _prefect.exported(ingest)
main = _launch.command(ingest)

if __name__ == "__main__":
    main()
