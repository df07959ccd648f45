"""One mark per person: what several cameras saw of the same people at the same moment, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from math import hypot
from statistics import median_low

from components.contracts import UNKNOWN

SAME_PLACE = 0.7  # metres: marks of different cameras closer than this are taken for one person
STEP = 200_000_000  # ns: the length of a moment, where the cameras were sampled at 5 Hz or faster
LONGEST_STEP = 2_000_000_000  # ns
MEMORY = 5_000_000_000  # ns: how long a track that is not seen keeps the name of its mark


@dataclass(frozen=True, slots=True)
class Seen:
    """One camera's view of one person at one time."""

    camera: str
    track: int
    time: int  # fleet time, ns
    person: str
    role: str
    confidence: float
    x: float  # metres
    y: float  # metres
    uncertainty: float  # metres
    zone: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One person on the floor at one moment: the most certain of the views in `views`, which come most certain first."""

    id: str  # the same from moment to moment
    views: tuple[Seen, ...]

    @property
    def best(self) -> Seen:
        return self.views[0]

    @property
    def role(self) -> str:
        return next((seen.role for seen in self.views if seen.role != UNKNOWN), UNKNOWN)

    @property
    def cameras(self) -> tuple[str, ...]:
        return tuple(sorted({seen.camera for seen in self.views}))


def merged(views: Iterable[Seen]) -> list[Mark]:
    """The people behind the `views` of one moment; of each track only the newest view counts.

    Views that name the same person are one mark. A view that names nobody joins the nearest mark within `SAME_PLACE` that
    its camera does not see already and whose role does not contradict; so two tracks of one camera stay two people.
    This knows one moment only: it cannot tell apart two people in each other's arms, nor join what cameras saw one
    after the other. That takes identities across the whole site.
    """
    newest = {(seen.camera, seen.track): seen for seen in sorted(views, key=lambda seen: seen.time)}
    people: dict[str, list[Seen]] = {}
    for seen in sorted(newest.values(), key=_doubt):
        key = _joins(seen, people) if seen.person == UNKNOWN else f"person/{seen.person}"
        people.setdefault(key, []).append(seen)
    return [Mark(key, tuple(views)) for key, views in people.items()]


def _doubt(seen: Seen) -> tuple[bool, float, float, str, int]:
    """Sorts the named before the others, then by confidence in tenths, then by uncertainty of the place."""
    return seen.person == UNKNOWN, -round(seen.confidence, 1), seen.uncertainty, seen.camera, seen.track


def _joins(seen: Seen, people: dict[str, list[Seen]]) -> str:
    """The key of the mark that `seen`, which names nobody, belongs to."""
    near = ((hypot(views[0].x - seen.x, views[0].y - seen.y), key) for key, views in people.items() if _may_be(seen, views))
    distance, key = min(near, default=(SAME_PLACE, ""))
    return key if distance < SAME_PLACE else f"track/{seen.camera}/{seen.track}"


def _may_be(seen: Seen, views: Sequence[Seen]) -> bool:
    best = views[0]
    if abs(best.x - seen.x) >= SAME_PLACE or abs(best.y - seen.y) >= SAME_PLACE:
        return False
    roles = {view.role for view in views} - {UNKNOWN}
    return all(view.camera != seen.camera for view in views) and (seen.role == UNKNOWN or not roles or seen.role in roles)


@dataclass(slots=True)
class Continuity:
    """Keeps the id of a nameless mark while at least one of its tracks goes on, whichever camera is the most certain."""

    _ids: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)  # track -> id of its mark, last seen

    def keep(self, marks: Sequence[Mark], now: int) -> list[Mark]:
        """The `marks` of the moment `now` (ns) under the ids that their tracks had before."""
        self._ids = {track: known for track, known in self._ids.items() if now - known[1] <= MEMORY}
        taken = {mark.id for mark in marks if mark.best.person != UNKNOWN}
        kept = []
        for mark in marks:
            name = mark.id if mark.id in taken else self._name(mark, taken)
            taken.add(name)
            kept.append(Mark(name, mark.views))
            self._ids |= {(seen.camera, seen.track): (name, now) for seen in mark.views if name.startswith("track/")}
        return kept

    def _name(self, mark: Mark, taken: set[str]) -> str:
        known = (self._ids[seen.camera, seen.track][0] for seen in mark.views if (seen.camera, seen.track) in self._ids)
        own = (f"track/{seen.camera}/{seen.track}" for seen in mark.views)
        return next((name for name in (*known, *own) if name not in taken), mark.id)


def step_of(views: Iterable[Seen]) -> int:
    """The length of a moment in ns: long enough that every camera looks once, between `STEP` and `LONGEST_STEP`."""
    times: dict[str, set[int]] = {}
    for seen in views:
        times.setdefault(seen.camera, set()).add(seen.time)
    gaps = [later - earlier for at in times.values() for earlier, later in pairwise(sorted(at))]
    if not gaps:
        return STEP
    return min(max(STEP, -(-median_low(gaps) // 10_000_000) * 10_000_000), LONGEST_STEP)


def moments(views: Iterable[Seen], step: int, continuity: Continuity) -> Iterator[list[Mark]]:
    """The marks of one moment of `step` ns after the other, for views of any length of time."""
    for moment, group in groupby(sorted(views, key=lambda seen: seen.time), key=lambda seen: seen.time // step):
        yield continuity.keep(merged(group), moment * step)


def present(views: Iterable[Seen], step: int, continuity: Continuity) -> list[Mark]:
    """Who is there after `views` of a few moments: of each mark the newest, so that nobody is counted where they were before."""
    return list({mark.id: mark for marks in moments(views, step, continuity) for mark in marks}.values())
