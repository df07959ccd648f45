"""Cameras at work: followed until somebody ends it, whatever happens to a camera, to the store or to the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from components.contracts import InputError, Progress, digest_of
from flows import _changes, _shadowed, _stopping, _wiring
from flows._changes import Specs
from flows._workers import Done, Job, Runner

AGAIN = 2.0  # s until a group whose worker died is followed again
LASTED = 30.0  # s of work after which a worker that dies is worth another; one that dies at once would do so again
ATTEMPT = 1_000_000_000  # track ids that one worker may give before those of the next begin
EVERY = 0.2  # s between two looks of the database at who is where

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """How a live run writes."""

    spool: str  # folder on this machine for what store and database could not take yet
    spool_megabytes: Annotated[int, Ge(1)]  # of each group of cameras; beyond, the oldest is lost
    file_seconds: Annotated[int, Ge(1)]  # of fleet time in one file: so old is history when it can be read


def is_live(config: Mapping[str, Any]) -> bool:
    """Whether the cameras of a run are at work. Raises InputError where some are and some are footage."""
    if config["footage"] != "fleet":
        return False
    kinds = {name: bool(getattr(_wiring.target(spec[_wiring.TARGET]), "live", False)) for name, spec in config["sources"].items()}
    if len(set(kinds.values())) > 1:
        live, files = (", ".join(name for name, kind in kinds.items() if kind is wanted) for wanted in (True, False))
        raise InputError(f"{live} are live and {files} are footage; follow them in runs of their own, with only=[...]")
    return any(kinds.values())


def begun(run_key: str) -> str:
    """The key of a run that can never be repeated."""
    return digest_of([run_key, time.time_ns()])[:12]


def runner(given: Runner, groups: int) -> Runner:
    """Every group at once, as none of them ends. Raises InputError for a cluster, which cannot ask work to end."""
    if given.clustered:
        raise InputError(
            f"runner={given.kind}: live cameras are followed by processes of the machine that they are told to; expected "
            "runner=processes, and for several machines a run on each with its cameras in only=[...]"
        )
    return Runner("threads" if given.kind == "local" else given.kind, groups)


def watch(
    spec: Mapping[str, Any], storage: Any, database: Any, progress: Progress, built: Callable[[Specs], dict[str, Any]]
) -> dict[str, Any]:
    """Follow the live cameras of one group until this process is asked to stop; `built` makes their lanes."""
    from components.live import follow_live
    from components.pulse import Pulse
    from components.storage.outlet import Behind
    from components.storage.sightings import SightingStore
    from components.storage.spool import Spool

    live, run, lanes = _wiring.make(spec["live"], Live), spec["run_key"], dict[str, Any]()

    def build(specs: Specs) -> dict[str, Any]:
        fresh = built(specs)
        lanes.update(fresh)
        return fresh

    follower = _changes.Follower(spec, build)
    begun = follower.all()
    parts = _wiring.build(follow_live, {name: spec[name] for name in ("detector", "reid", "batch_size")})
    with _changes.deaf(), _stopping.listening() as stop:
        owner = digest_of(sorted(lanes))[:12]
        spool = Spool(storage, folder=Path(live.spool), owner=owner, megabytes=live.spool_megabytes)
        outlet = Behind(spool, database)
        store = SightingStore(
            storage=storage,
            database=database,
            run=run,
            cameras=list(lanes),
            every=EVERY,
            seconds=live.file_seconds,
            outlet=outlet,
        )
        pulse = Pulse(database, run, lambda: [lane.source for name, lane in list(lanes.items()) if name in follower.specs])
        first = spec.get("attempt", 0) * ATTEMPT
        name = f"{', '.join(lanes)} {spec.get('attempt', 0)}"
        with _shadowed.shadowed(spec, parts, name, live=True) as asked:
            words = {"store": store, "stop": stop, "report": pulse, "progress": progress, "first_track": first}
            watches = follow_live(begun, **asked, **words, changes=follower)
        store.close()
    cameras = {name: _plain(seen) for name, seen in watches.items()}
    return {"sightings": store.written, "waiting": outlet.waiting, "lost": outlet.lost, "cameras": cameras}


def _plain(seen: Any) -> dict[str, Any]:
    """A camera that delivered is no failure, even where it is away when the run ends."""
    problem = "" if seen.frames or seen.rejected else seen.trouble or "it never delivered a picture"
    counts = {"frames": seen.frames, "rejected": dict(seen.rejected), "dropped": seen.dropped, "gone": seen.gone}
    return {**counts, "first": seen.first, "last": seen.last, "problem": problem, "total": 0}


class Revived:
    """What becomes of a group whose worker ended before anybody asked it to: another, whose tracks have ids of their own."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._start = time.monotonic()

    def __call__(self, job: Job, done: Done) -> Job | None:
        lasted = time.monotonic() - self._began.get(job.name, self._start)
        if not done.problem or lasted < LASTED or _stopping.STOP.wait(AGAIN):
            return None
        _LOG.warning("%s: %s; followed again", job.name, done.problem)
        self._began[job.name] = time.monotonic()
        return Job(job.name, {**job.spec, "attempt": job.spec.get("attempt", 0) + 1})


def register(database: Any, config: Mapping[str, Any]) -> None:
    """Enter the cameras of a run that begins now; the page wants to know them before they have seen anything."""
    from components.database.registry import Registry

    for spec in config["sources"].values():
        try:
            camera = _wiring.make(spec).camera
        except InputError:  # its group will say so
            continue
        Registry(database).add_camera(camera, config["fleet"]["site"], time.time_ns())


def reread(planned: Callable[[], Mapping[str, Any]], database: Any) -> Specs:
    """The cameras of a fleet that has changed, entered; the rest of the run stays as it was. Raises InputError."""
    config = planned()
    if not is_live(config):
        raise InputError("the cameras are footage now; end this run, and follow them in one of its own")
    register(database, config)
    return dict(config["sources"])


def figures(results: Sequence[Mapping[str, Any]], cameras: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What only a live run has to count; nothing for any other."""
    if not any("lost" in result for result in results):
        return {}
    files = {f"files_{name}": sum(result.get(name, 0) for result in results) for name in ("waiting", "lost")}
    return {"dropped": sum(seen.get("dropped", 0) for seen in cameras), **files}


def note(results: Sequence[Mapping[str, Any]]) -> str:
    """What is left to do after a live run."""
    waiting = sum(result.get("waiting", 0) for result in results)
    return f"{waiting} files wait in the spool for the store; the next live run sends them" if waiting else ""
