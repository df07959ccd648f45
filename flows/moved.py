"""See from the pictures whether cameras were moved: `python -m flows.moved`, then `do=accept camera=bay_a by=ann`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from components.contracts import InputError, Progress
from flows import _launch, _mappings, _moments, _prefect, _tables, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("moved", overrides, calls)
    if config["do"] in ("accept", "refuse", "enter") and (config["camera"] is None or config["by"] is None):
        raise InputError(f"do={config['do']} needs camera=... and by=..., the name of who decides")
    if config["do"] == "enter" and (config["at"] is None or not (config["homography"] or config["calibration"])):
        raise InputError("do=enter needs at=..., and homography=FILE or calibration=FILE, which flows.calibrate writes")
    return {**config, "at": _moments.moment("at", config["at"])}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.monitoring.footage import look

    yield _wiring.Call(_options, config)
    yield _wiring.Call(look, config, supplied=frozenset({"camera", "progress"}))


def _options(
    do: Literal["look", "list", "accept", "refuse", "enter"], only: list[str] | None, camera: str | None, by: str | None,
    at: str | None, homography: str | None, calibration: str | None, folder: str, runner: Runner,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def moved(overrides: Sequence[str] = ()) -> Summary:
    """The one thing that `do` asks for."""
    config = plan(overrides)
    match config["do"]:
        case "accept" | "enter":
            return _accept(config)
        case "refuse":
            from components.monitoring.proposals import Proposals

            refused = Proposals(_wiring.make(config["database"])).refuse(config["camera"], who=config["by"])
            return Summary(
                "completed", {"camera": refused.camera}, note="it hangs as the registry says, and is not proposed again"
            )
        case "list":
            return _listed(config)
    return _look(config)


def look_at(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the footage of one camera beside what it saw when it was hung."""
    from components.monitoring.footage import look

    parts = _wiring.build(look, spec)
    return look(**parts, progress=progress)


def _look(config: dict[str, Any]) -> Summary:
    from components.monitoring.footage import filmed

    there = filmed(_wiring.make(config["database"]))
    cameras = config["only"] or there
    if absent := sorted(set(cameras) - set(there)):
        raise InputError(f"only={absent}: there is no footage of them; the store has {', '.join(there) or 'none at all'}")
    shared = {name: config[name] for name in ("watch", "seconds", "storage", "database")}
    outcomes = each(look_at, [Job(name, {**shared, "camera": name}) for name in cameras], _wiring.make(config["runner"], Runner))
    results = [done.result for done in outcomes if not done.problem]
    summary = _listed(config)
    figures = {"cameras": len(results), "pictures": sum(result["pictures"] for result in results)}
    figures |= {"new_proposals": sum(result["new"] for result in results), "open_proposals": summary.figures["open_proposals"]}
    failures = failures_of(outcomes)
    return Summary(
        "failed" if failures else "completed", figures, failures=failures, note=summary.note, next=summary.next,
        details={**summary.details, "looked": results},
    )  # fmt: skip


def _listed(config: dict[str, Any]) -> Summary:
    from components.monitoring.proposals import Proposals

    found = Proposals(_wiring.make(config["database"])).all()
    heads = (
        "camera",
        "version",
        "in place (UTC)",
        "moved (UTC)",
        "pixels",
        "cm on the floor",
        "confidence",
        "new mapping",
        "state",
        "by",
    )
    _tables.show("cameras that have moved, as their pictures say", heads, map(_row, found))
    waiting = [one for one in found if one.state == "proposed"]
    note = "" if waiting else "no camera waits for a decision"
    following = f"python -m flows.moved do=accept camera={waiting[0].camera} by=..." if waiting else ""
    return Summary(
        "completed",
        {"open_proposals": len(waiting)},
        note=note,
        next=following,
        details={"proposals": [asdict(one) for one in found]},
    )


def _row(one: Any) -> tuple[Any, ...]:
    times = (_tables.moment(one.in_place)[:19], _tables.moment(one.moved)[:19])
    centimetres = None if one.metres is None else one.metres * 100
    mapping = "from the picture" if one.reliable else "calibrate it"
    return (
        one.camera,
        one.version[:12],
        *times,
        one.pixels,
        centimetres,
        f"{one.confidence:.2f}",
        mapping,
        one.state,
        one.decided_by,
    )


def _accept(config: dict[str, Any]) -> Summary:
    """One proposal, or what somebody knows, becomes a version of the registry."""
    from components.database.registry import Registry
    from components.monitoring.proposals import Proposals
    from components.sources.calibration import placed

    database, name = _wiring.make(config["database"]), config["camera"]
    given: Any = None
    if config["homography"] or config["calibration"]:
        known = Registry(database).versions(name)
        location = known[-1].camera.location if known else ""
        given = placed(name, location, homography=config["homography"], calibration=config["calibration"])
    if config["do"] == "enter":
        done = Proposals(database).enter(given, config["at"], who=config["by"])
    else:
        done = Proposals(database).accept(name, who=config["by"], placed=given)
    path = _mappings.written(Path(config["folder"]).resolve(), done.camera)
    key = "calibration" if done.camera.calibration else "homography"
    across = f"; {done.across} pieces of footage lie across that moment and keep the old version" if done.across else ""
    note = (
        f"labels of camera {name} since {_tables.moment(done.since)} UTC are stale{across}; "
        f"in the fleet's YAML, or the next ingest enters the old place again:  {name}: {{{key}: {path}}}"
    )
    figures = {"camera": name, "valid_from": _tables.moment(done.since), "segments": done.segments}
    return Summary("completed", figures, {"version": done.camera.version}, note=note, next="python -m flows.label do=stale")


__getattr__ = _prefect.exported(moved)
main = _launch.command(moved)

if __name__ == "__main__":
    main()
