"""Follow the staff on every camera: `python -m flows.track fleet=video fleet.cameras.cam1.uri=film.avi detector=hog`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from components.contracts import Associator, Crossings, Progress, Source, Stays, digest_of
from flows import _changes, _code, _fleet, _launch, _live, _models, _prefect, _shadowed, _site, _stopping, _wiring
from flows._summary import Summary
from flows._workers import Done, Job, Runner, each, failures_of

_LOG = logging.getLogger(__name__)

LANE = ("sampling", "preprocessing", "tracker", "identity", "locator")


def plan(overrides: Sequence[str], staff: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The config, checked before anything starts, with one source per camera, and with `staff` where the fleet names none."""
    config = _wiring.plan("track", overrides, calls, values={"fleet.staff": list(staff)} if staff else None)
    return {**config, "sources": _fleet.only(config["fleet"], config["only"])}


def planned(overrides: Sequence[str]) -> dict[str, Any]:
    """The same with the roster of now, where the fleet names nobody."""
    config = plan(overrides)
    staff_of_now = _fleet.imported(config)
    return plan(overrides, staff_of_now) if staff_of_now else config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.line import Lane, follow
    from components.live import follow_live

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    yield _wiring.Call(follow, config, supplied=frozenset({"lanes", "store"}))
    yield _wiring.Call(follow_live, config, supplied=frozenset({"lanes", "store", "stop", "first_track", "changes"}))
    first, *others = _fleet.only(config["fleet"], config["only"]).items()
    yield _wiring.Call(Lane, {**config, "source": first[1]}, {"source": f"fleet.cameras.{first[0]}"})
    for name, source in others:  # the other rooms are the same for all
        yield _wiring.Call(_camera, {"source": source}, {"source": f"fleet.cameras.{name}"})


def _options(
    only: list[str] | None, runner: Runner, association: Associator, presence: Stays, crossing: Crossings,
    group_size: int, footage: Literal["fleet", "recorded"], storage: Any, database: Any, ledger: Any, model_cache: str,
    live: _live.Live,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def _camera(source: Source) -> None:
    """What is a camera's own."""


def follow_group(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: track the cameras of one group, unless that was done before."""
    from components.database.runs import Steps
    from components.line import follow
    from components.storage.sightings import SightingStore

    storage, database = _wiring.make(spec["storage"]), _wiring.make(spec["database"])
    if spec["live"]:
        return _at_work(spec, storage, database, progress)
    lanes, problems = _lanes(spec, storage, database)
    lanes = _shadowed.lanes(spec, lanes)
    footage = sorted((name, lane.source.footage) for name, lane in lanes.items())
    key = digest_of(["track", spec["run_key"], storage.url, footage, *([spec["shadow"]["key"]] if spec["shadow"] else [])])

    def work() -> dict[str, Any]:
        store = SightingStore(storage=storage, database=database, run=spec["run_key"], cameras=list(lanes))
        parts = _wiring.build(follow, {name: spec[name] for name in ("detector", "reid", "batch_size")})
        with _shadowed.shadowed(spec, parts, ", ".join(lanes), live=False) as asked:
            tallies = follow(lanes, **asked, store=store, progress=progress)
        store.close()
        return {"sightings": store.written, "cameras": {name: _plain(tally, lanes[name]) for name, tally in tallies.items()}}

    result = work() if problems else Steps(database, "track").once(key, ", ".join(lanes), work)
    return {**result, "cameras": {**result["cameras"], **_unwatched(problems)}}


def _at_work(spec: Mapping[str, Any], storage: Any, database: Any, progress: Progress) -> dict[str, Any]:
    """Track the live cameras of one group, whoever they are by now."""
    problems: dict[str, str] = {}

    def built(sources: Mapping[str, Any]) -> dict[str, Any]:
        lanes, wrong = _lanes({**spec, "sources": sources}, storage, database)
        problems.update(wrong)
        for name, problem in wrong.items():
            _LOG.error("%s is not followed: %s", name, problem)
        return _shadowed.lanes(spec, lanes)

    result = _live.watch(spec, storage, database, progress, built)
    missed = {name: problem for name, problem in problems.items() if name not in result["cameras"]}
    return {**result, "cameras": {**result["cameras"], **_unwatched(missed)}}


def _unwatched(problems: Mapping[str, str]) -> dict[str, Any]:
    none = {"frames": 0, "rejected": {}, "first": 0, "last": 0, "total": 0}
    return {name: {**none, "problem": problem} for name, problem in problems.items()}


def _lanes(spec: Mapping[str, Any], storage: Any, database: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What can be watched, and why the rest can not."""
    from components.contracts import InputError
    from components.database.segments import Segments
    from components.line import Lane
    from components.sources.recorded import Recorded

    lanes, problems = {}, {}
    for name, config in spec["sources"].items():
        try:
            source = _wiring.make(config)
            if spec["footage"] == "recorded":
                segments = Segments(database).of([name], source.camera.version)
                if not segments:
                    gone = Segments(database).gone([name])
                    raise InputError(gone or f"no footage of {name} in the store; record it with python -m flows.ingest")
                source = Recorded(source.camera, segments=segments, storage=storage)
            assert source.footage, "a source names its footage"  # reads a file once: what is not a video fails here
            lanes[name] = Lane(source=source, **_wiring.build(Lane, {part: spec[part] for part in LANE}))
        except InputError as error:
            problems[name] = str(error)
    return lanes, problems


def _plain(tally: Any, lane: Any) -> dict[str, Any]:
    seen = {"frames": tally.frames, "rejected": dict(tally.rejected), "first": tally.first, "last": tally.last}
    return {**seen, "problem": tally.problem, "total": lane.source.total}


def track(overrides: Sequence[str] = ()) -> Summary:
    """Every group of cameras side by side; the sightings of a run have one key."""
    return followed(_models.resolve(planned(overrides), overrides), overrides)


def followed(resolved: _models.Resolved, overrides: Sequence[str], shadow: Mapping[str, Any] | None = None) -> Summary:
    """What `track` does with a config whose models are here; `shadow` is what is asked beside its detector."""
    from components.database.registry import Registry
    from flows import _record

    config = resolved.config
    site, zones, staff = _fleet.floor(config["fleet"])
    database = _wiring.make(config["database"])
    registry = Registry(database)
    registry.set_floor(site, zones)
    registry.set_staff(staff)
    run_key = repeatable = repeatable_key(config, resolved.identity)
    live = _live.is_live(config)
    if live:
        run_key = _live.begun(run_key)
        _live.register(database, config)
    lineage = _lineage(resolved, repeatable)
    _record.say(run_key=run_key, site=site, **lineage)
    names = list(config["sources"])
    sets = [names[i : i + config["group_size"]] for i in range(0, len(names), config["group_size"])]
    shared = {name: config[name] for name in (*LANE, "detector", "reid", "batch_size", "footage", "storage", "database")}
    shared |= {"live": config["live"] if live else None, "shadow": shadow}
    jobs = [Job(", ".join(g), {**shared, "run_key": run_key, "sources": {n: config["sources"][n] for n in g}}) for g in sets]
    runner = _wiring.make(config["runner"], Runner)
    if live:
        again = partial(_live.reread, lambda: plan(overrides), database)
        groups = {job.name: job.spec["sources"] for job in jobs}
        with _stopping.listening(), _changes.board(groups, again) as address, _site.watching(config, run_key) as found:
            jobs = [Job(job.name, {**job.spec, "changes": address, "group": job.name}) for job in jobs]
            outcomes = each(follow_group, jobs, _live.runner(runner, len(jobs)), again=_live.Revived())
    else:
        outcomes = each(follow_group, jobs, runner)
        found = each(_site.associate_site, _site.jobs(config, run_key, outcomes), Runner("local"))
    cameras = {name: camera for done in outcomes if not done.problem for name, camera in done.result["cameras"].items()}
    _report(database, run_key, config, cameras)
    return _summed(outcomes, found, cameras, {"run_key": run_key, "site": site, **lineage}, resolved)


def _lineage(resolved: Any, repeatable: str) -> dict[str, Any]:
    """What a run writes down of where its sightings come from."""
    commit = _code.commit()
    return {
        "model": resolved.model, "dataset": resolved.digests.get("dataset", ""), "chain": resolved.config["preprocessing"],
        "repeatable": repeatable, "commit": commit.name, "dirty": commit.dirty,
    }  # fmt: skip


def repeatable_key(config: Mapping[str, Any], detector: Any) -> str:
    """Name of what this config sees: everything that decides a sighting, nothing of where and how it runs."""
    parts = {name: config[name] for name in (*LANE, "reid", "association", "footage", "group_size", "batch_size", "sources")}
    return digest_of([parts, detector])[:12]


def _report(database: Any, run_key: str, config: Mapping[str, Any], cameras: Mapping[str, Any]) -> None:
    """Camera versions and their health, for the dashboard."""
    from components.database.health import Report, report
    from components.database.registry import Registry

    reports, live = [], _live.is_live(config)  # cameras at work were entered when they began
    for name, seen in cameras.items():
        if seen.get("gone"):
            continue
        if seen["frames"] and not live:
            Registry(database).add_camera(_wiring.make(config["sources"][name]).camera, config["fleet"]["site"], seen["first"])
        counts = (seen["frames"], sum(seen["rejected"].values()), seen["first"], seen["last"])
        reports.append(Report(name, *counts, seen["problem"], dropped=seen.get("dropped", 0)))
    report(database, run_key, reports)


def _summed(
    outcomes: Sequence[Done], found: Sequence[Done], cameras: Mapping[str, Any], known: Mapping[str, Any], resolved: Any
) -> Summary:
    done = [outcome.result for outcome in outcomes if not outcome.problem]
    failures = {
        **failures_of(outcomes),
        **failures_of(found),
        **{name: seen["problem"] for name, seen in cameras.items() if seen["problem"]},
    }
    unchanged = bool(done) and all(result.get("unchanged") for result in done) and not failures
    watched = [seen for seen in cameras.values() if seen["frames"]]
    figures: dict[str, Any] = {
        "run": known["run_key"],
        "cameras": len(watched),
        "frames": sum(seen["frames"] for seen in watched),
    }
    figures |= {
        "rejected": sum(sum(seen["rejected"].values()) for seen in watched),
        "sightings": sum(r["sightings"] for r in done),
    }
    figures |= {name: value for outcome in found for name, value in outcome.result.items() if name in ("positions", "identities")}
    figures |= _live.figures(done, watched)
    figures |= {"model": resolved.model} if resolved.model else {}
    details = {**known, "cameras": {name: seen["total"] for name, seen in cameras.items()}}
    details |= {
        "start": min((seen["first"] for seen in watched), default=0),
        "end": max((seen["last"] for seen in watched), default=0),
    }
    note = "the same cameras, footage, detector and tracker were followed before" if unchanged else _live.note(done)
    return Summary(
        "failed" if failures else "unchanged" if unchanged else "completed", figures, resolved.digests, failures,
        note=note, next="python -m flows.dashboard" if watched else "", details=details,
    )  # fmt: skip


__getattr__ = _prefect.exported(track)
main = _launch.command(track)

if __name__ == "__main__":
    main()
