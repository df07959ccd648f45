"""How far the cameras' clocks are off: `python -m flows.clocks`, and in other ways: `python -m flows.clocks do=ask fleet=...`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from annotated_types import Gt

from components.clocks.ways import OF_CLOCK, OF_FOOTAGE
from components.contracts import InputError
from flows import _fleet, _launch, _own_clocks, _prefect, _tables, _wiring
from flows._asked import Ask, asked
from flows._compared import by_people
from flows._filmed import by_flash, by_shown
from flows._summary import Summary
from flows._workers import Runner

SECOND = 1_000_000_000  # ns
STATES = ("right", "fault", "quarantined", "silent")
BAD = ("fault", "quarantined")


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("clocks", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    for name, source in _fleet.cameras(config["fleet"]).items():
        yield _wiring.Call(_camera, {"source": source}, {"source": f"fleet.cameras.{name}"})


def _options(
    do: Literal["show", "ask", "people", "flash", "shown"], only: list[str] | None, stale: Annotated[float, Gt(0)],
    trusted: Annotated[float, Gt(0)], ask: Ask, since: str | None, until: str | None, run: str | None,
    reference: list[str] | None, most: Annotated[float, Gt(0)], storage: Any, database: Any, runner: Runner,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def _camera(source: Any) -> None:
    """A camera, at work or of footage."""


def clocks(overrides: Sequence[str] = ()) -> Summary:
    """What `do` says. A clock at fault makes the run that shows them fail, so that a monitor can ask."""
    config = plan(overrides)
    match config["do"]:
        case "ask":
            return asked(config, uuid.uuid4().hex)
        case "people":
            return by_people(config, uuid.uuid4().hex)
        case "flash":
            return by_flash(config, uuid.uuid4().hex)
        case "shown":
            return by_shown(config, uuid.uuid4().hex)
    return _shown(config)


def _shown(config: dict[str, Any]) -> Summary:
    """The fleet's clocks as they were measured last, in every way in which they were."""
    from components.database.clocks import common, counted, doubts, known

    database = _wiring.make(config["database"])
    there = known(database)
    if strangers := sorted(set(config["only"] or ()) - {one.camera for one in there}):
        names = ", ".join(strangers)
        raise InputError(f"only: nothing is known of the clock of {names}; record it live with python -m flows.ingest")
    found = [one for one in there if config["only"] is None or one.camera in config["only"]]
    if not found:
        return Summary("completed", {"cameras": 0}, note="no camera was at work yet", next="python -m flows.ingest fleet=stream")
    now = time.time_ns()
    best = counted(found, now)
    heads = ("camera", "way", "counts", "state", "offset (ms)", "drift (ppm)", "uncertainty (ms)", "since (UTC)", "measured")
    _tables.show("clocks", heads, (_row(one, now, config["stale"], best.get(one.camera) == one) for one in found))
    cameras = {one.camera: best.get(one.camera, one) for one in found if one.way in OF_CLOCK}
    counts: dict[str, Any] = {state: sum(one.state == state for one in cameras.values()) for state in STATES}
    wrong = [*cameras.values(), *(one for one in found if one.way in OF_FOOTAGE and one.told and one.told.sure(now))]
    said = [(one.camera, one.says) for one in wrong if one.state in BAD] + list(doubts(found, now).items())
    bad = {camera: "; ".join(words for name, words in said if name == camera) for camera, _ in said}
    machines, ours, notes = _own_clocks.shown(database, now, config["stale"])
    bad |= ours
    details = {"clocks": [asdict(one) for one in found], "own": machines}
    figures = {"cameras": len({one.camera for one in found}), **counts}
    note = "; ".join([*common(cameras.values()), *notes])
    return Summary("failed" if bad else "completed", figures, failures=bad, note=note, details=details)


def _row(one: Any, now: int, stale: float, best: bool) -> list[Any]:
    """Numbers as people read them."""
    age = (now - one.measured) / SECOND
    when = f"{age:.0f} s ago" + (" (old)" if age > stale else "")
    if one.offset is None:
        return [one.camera, one.way, "", one.state, None, None, None, "", when]
    since = _tables.moment(one.since)[:16]
    drift = None if one.drift is None else one.drift * 1e6
    counts = "yes" if best else ""
    return [one.camera, one.way, counts, one.state, one.offset / 1e6, drift, one.uncertainty / 1e6, since, when]


__getattr__ = _prefect.exported(clocks)
main = _launch.command(clocks)

if __name__ == "__main__":
    main()
