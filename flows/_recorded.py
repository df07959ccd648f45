"""Live cameras on record: group by group, each in a process of its own, until somebody ends it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from components.contracts import InputError, Progress, digest_of
from components.retention.disk import Disk
from flows import _changes, _stopping, _wiring
from flows._moments import shown
from flows._summary import Summary
from flows._workers import Done, Job

FIRST, LONGEST = 1.0, 60.0  # s until a group whose process died is recorded again
DIED = "its worker process died"  # begins what `flows._workers` says of one that was killed
LASTED = 30.0  # s of work after which the wait is short again

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where footage of live cameras waits."""

    spool: str  # folder on this machine
    spool_megabytes: Annotated[int, Ge(1)]  # of each group of cameras
    disk: Disk  # what goes when a disk of this machine is nearly full


def is_live(sources: Mapping[str, Any]) -> bool:
    """Whether the cameras are at work. Raises InputError where some are and some are footage, or cannot be kept."""
    targets = {name: _wiring.target(spec[_wiring.TARGET]) for name, spec in sources.items()}
    kinds = {name: bool(getattr(target, "live", False)) for name, target in targets.items()}
    if len(set(kinds.values())) > 1:
        live, files = (", ".join(name for name, kind in kinds.items() if kind is wanted) for wanted in (True, False))
        raise InputError(f"{live} are live and {files} are footage; record them in runs of their own, with only=[...]")
    if not any(kinds.values()):
        return False
    for name, target in targets.items():
        if not hasattr(target, "keep"):
            raise InputError(
                f"fleet.cameras.{name}: {target.__name__} makes its pictures as they are looked at, so there are no packets to "
                "keep; record fleet=stream, or the same ward as footage with fleet=simulated_ward"
            )
    return True


def jobs(config: Mapping[str, Any], site: str, run: str) -> list[Job]:
    """One for each group of cameras."""
    shared = {name: config[name] for name in ("storage", "database", "segment_seconds", "live", "minutes")}
    names, size = list(config["sources"]), config["group_size"]
    groups = [names[i : i + size] for i in range(0, len(names), size)]
    shared |= {"site": site, "run": run, "owners": [_owner(group) for group in groups]}
    return [
        Job(", ".join(group), {**shared, "group": ", ".join(group), "sources": {name: config["sources"][name] for name in group}})
        for group in groups
    ]


def _owner(cameras: Collection[str]) -> str:
    """The name of a group's place in the spool."""
    return digest_of(sorted(cameras))[:12]


def record_group(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: keep what the cameras of one group send, until this process is asked to stop."""
    from components.database.later import Later
    from components.recording import record_live
    from components.shipping import Shipper

    storage, live = _wiring.make(spec["storage"]), _wiring.make(spec["live"], Kept)
    database = Later(lambda: _wiring.make(spec["database"]))  # cameras are recorded also while it is away
    follower = _changes.Follower(spec, lambda specs: {name: _wiring.make(source) for name, source in specs.items()})
    with _changes.deaf(), _stopping.listening() as stop, _within(stop, spec["minutes"]):
        shipper = Shipper(
            storage,
            database,
            folder=Path(live.spool),
            owner=_owner(spec["sources"]),
            megabytes=live.spool_megabytes,
            disk=live.disk,
            run=spec["run"],
            others=spec["owners"],
        )
        takes = record_live(
            follower.all(), shipper=shipper, database=database, run=spec["run"], stop=stop,
            segment_seconds=spec["segment_seconds"], progress=progress, changes=follower,
        )  # fmt: skip
        waiting = shipper.close()
    return {**asdict(waiting), "freed": shipper.freed, "cameras": {name: asdict(take) for name, take in takes.items()}}


class Supervised:
    """What becomes of a group whose process died: another one, after a wait that grows while they die at once, for ever.

    One that says at once why it cannot work would say so again.
    """

    def __init__(self) -> None:
        self._tries: dict[str, tuple[float, float]] = {}  # when it began again, s until the next
        self._start = time.monotonic()

    def __call__(self, job: Job, done: Done) -> Job | None:
        began, wait = self._tries.get(job.name, (self._start, FIRST))
        lasted = time.monotonic() - began > LASTED
        wait = FIRST if lasted else min(2 * wait, LONGEST)
        if not done.problem or not (lasted or done.problem.startswith(DIED)) or _stopping.STOP.is_set():
            return None
        _LOG.warning("%s: %s; recorded again in %.0f s", job.name, done.problem, wait)
        if _stopping.STOP.wait(wait):
            return None
        self._tries[job.name] = (time.monotonic(), wait)
        return job


@contextmanager
def _within(stop: threading.Event, minutes: float | None) -> Iterator[None]:
    """Sets `stop` after some minutes, where there are any."""
    timer = threading.Timer(60 * (minutes or 0), stop.set)
    timer.daemon = True
    if minutes is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _waiting(done: list[dict[str, Any]]) -> str:
    """What is still on its way, and since when."""
    behind = [result for result in done if result["files"]]
    if not behind:
        return ""
    files, size = sum(result["files"] for result in behind), sum(result["bytes"] for result in behind) / 1e6
    since = shown(min(result["since"] for result in behind))
    said = f"{files} files ({size:,.1f} MB, since {since}) wait for store or database; the next run of ingest sends them"
    return "; ".join([said, *sorted({result["problem"] for result in behind if result["problem"]})])


def summed(outcomes: list[Done], failures: dict[str, str], following: str) -> Summary:
    """What all cameras brought; `following` is the command that comes next, where there is footage."""
    done = [outcome.result for outcome in outcomes if not outcome.problem]
    cameras = {name: take for result in done for name, take in result["cameras"].items()}
    silent = {name: take["problem"] or "it never sent a packet" for name, take in cameras.items() if not take["segments"]}
    totals = {name: sum(take[name] for take in cameras.values()) for name in ("segments", "frames", "gaps")}
    figures = {"cameras": len(cameras), **totals, "megabytes": round(sum(take["bytes"] for take in cameras.values()) / 1e6, 1)}
    figures |= {"files_waiting": sum(result["files"] for result in done), "files_lost": sum(result["lost"] for result in done)}
    freed = sum(result["freed"] for result in done)
    figures |= {"megabytes_deleted_for_room": round(freed / 1e6, 1)} if freed else {}
    note = _waiting(done)
    failures = {**failures, **silent}
    return Summary("failed" if failures else "completed", figures, failures=failures, note=note,
                   next=following if totals["segments"] else "", details={"cameras": cameras})  # fmt: skip
