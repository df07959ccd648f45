"""What a clock is worth: right, off and corrected, or so far off that what it says is not used; and what is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Literal

from components.clocks import causes, own
from components.clocks.clock import Estimate
from components.clocks.own import Own

SECOND = 1_000_000_000  # ns
FAR = 120.0  # s: a clock that is more wrong was never set; its times are not used at all
QUIET = 120 * SECOND  # ns without a word of the camera's that are worth saying
OURS = 0.5  # s that recorded times may be away from this machine's own clock
MOMENT = 30 * SECOND  # ns within which clocks stepped together
ALIKE = SECOND // 10  # ns by which steps and offsets differ that have one reason
SEVERAL = 2  # cameras

State = Literal["right", "fault", "quarantined", "silent"]
OwnState = Literal["right", "fault", "unsynchronised", "unknown"]
OURS_OR_SHARED = "look at the time server that they share, and at our own clock, before the cameras"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a camera's clock is doing, for people to read."""

    state: State
    says: str


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """How a machine's clock is doing, for people to read."""

    state: OwnState
    says: str


@dataclass(frozen=True, slots=True)
class Off:
    """By how much a camera's clock is wrong."""

    camera: str
    offset: int  # ns ahead
    step: int  # ns, the newest; 0: none
    since: int  # when, ns


def judged(camera: str, estimate: Estimate | None, *, trusted: float, now: int | None = None) -> Verdict:
    """`trusted` (s) is how wrong a clock may be before it counts as a fault and is corrected; beyond `FAR` it is not used.

    `now` is fleet time (ns); None: that of the newest reading.
    """
    if estimate is None:
        return Verdict("silent", f"{camera} says no time of its own: its pictures have the time at which they came")
    now = estimate.newest if now is None else now
    off, held = estimate.offset / SECOND, _held(estimate, now)
    where = f"{camera} is {_size(off)} {'ahead' if off > 0 else 'behind'}"
    if abs(off) <= trusted:
        return Verdict("right", f"{where}, within {trusted:g} s{held}")
    since = f"{datetime.fromtimestamp(estimate.since / SECOND, UTC):%H:%M}"
    where, why = f"{where} since {since}", _why(estimate)
    if abs(off) <= FAR:
        return Verdict("fault", f"clock fault: {where}{why}; corrected{held}")
    if never := causes.never_set(estimate.offset, now):
        return Verdict("quarantined", f"clock fault: {camera} {never}: set its clock; what it says is not used{held}")
    return Verdict("quarantined", f"clock fault: {where}{why}; what it says is not used{held}")


def of_own(machine: str, found: Own) -> OwnVerdict:
    """Of the clock of the machine that records."""
    name = f"our own clock ({machine})"
    stepped = f"; it stepped by {found.step / SECOND:+.3f} s at {_moment(found.stepped)}" if found.steps else ""
    if abs(found.behind) > OURS * SECOND:
        away = f"{_size(found.behind / SECOND)} {'behind' if found.behind > 0 else 'ahead of'} it"
        return OwnVerdict("fault", f"clock fault: {name}: {found.kept.says}{stepped}; recorded times are {away}, {_then(found)}")
    if found.kept.vouched:
        return OwnVerdict("right", f"{name}: {found.kept.says}{stepped}")
    return OwnVerdict("unknown" if found.kept.synchronised is None else "unsynchronised", f"{name}: {found.kept.says}{stepped}")


def shared(clocks: Iterable[Off], *, trusted: float = OURS) -> list[str]:
    """Sentences on what went wrong with several cameras at once: then it is not the cameras."""
    kept = list(clocks)
    said, named = list[str](), set[Off]()
    for group in _grouped([one for one in kept if one.step], lambda one: (one.since, one.step), (MOMENT, ALIKE), least=SEVERAL):
        words = f"stepped together by {group[0].step / SECOND:+.1f} s at {_moment(group[0].since)}"
        said.append(f"{_names(group)} {words}: {OURS_OR_SHARED}")
        named |= set(group)
    wrong = [one for one in kept if one not in named and trusted < abs(one.offset) / SECOND <= FAR]
    for group in _grouped(wrong, lambda one: (one.offset,), (ALIKE,), least=max(SEVERAL, (len(kept) + 1) // 2)):
        off = median(one.offset for one in group) / SECOND
        said.append(f"{_names(group)} are all {_size(off)} {'ahead' if off > 0 else 'behind'}: {OURS_OR_SHARED}")
    return said


def _why(estimate: Estimate) -> str:
    """What it looks like, and what to do; '' where it looks like nothing that is known."""
    if zone := causes.local_time(estimate.offset):
        changed = ", which has just changed its hour" if causes.changed_hour(estimate.step, estimate.since) else ""
        return f": looks like local time ({zone}){changed}, set the camera to UTC"
    if causes.leap_second(estimate.step, estimate.since):
        return ": looks like a leap second, which it or its time server has not taken"
    return ""


def _held(estimate: Estimate, now: int) -> str:
    quiet = now - estimate.newest
    if quiet <= QUIET:
        return ""
    unsure = f"{1000 * estimate.uncertainty / SECOND:.0f} ms"
    return f"; it has said no time for {quiet / SECOND / 60:.0f} min, so this is what was known then, give or take {unsure}"


def _then(found: Own) -> str:
    if found.kept.vouched and abs(found.behind) <= own.FAR:
        return f"and come nearer by {own.FASTEST * 3600 / 1e6:.1f} s an hour"
    if found.kept.vouched and found.behind > 0:
        return "and leap ahead within a minute"
    return "and stay so until recording begins again, or the clock is set back" + (
        "" if found.kept.vouched else ", or a time server vouches for it"
    )


def _size(seconds: float) -> str:
    size = abs(seconds)
    if size < 1:
        return f"{1000 * size:.0f} ms"
    if size < 600:
        return f"{size:.1f} s"
    return f"{size / 3600:.2f} h" if size < 2 * 86_400 else f"{size / 86_400:,.0f} days"


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time / SECOND, UTC):%Y-%m-%d %H:%M:%S}"


def _names(group: Sequence[Off]) -> str:
    return ", ".join(sorted(one.camera for one in group))


def _grouped(ones: Sequence[Off], key: Callable[[Off], tuple[int, ...]], near: tuple[int, ...], *, least: int) -> list[list[Off]]:
    """Those that are near the first of their group in every part of `key`; groups of at least so many."""
    groups: list[list[Off]] = []
    for one in sorted(ones, key=key):
        alike = (group for group in groups if all(abs(a - b) <= c for a, b, c in zip(key(group[0]), key(one), near, strict=True)))
        if (group := next(alike, None)) is None:
            groups.append([one])
        else:
            group.append(one)
    return [group for group in groups if len(group) >= least]
