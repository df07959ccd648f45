"""What the facts say about people and about a period, in the shape of the API."""

from __future__ import annotations

from typing import Literal

from components.dashboard.answers import (
    Available,
    Dwells,
    DwellTime,
    Extent,
    Flows,
    FoundPeople,
    FoundPerson,
    Heat,
    Times,
    TimesBin,
)
from components.dashboard.answers import Flow as FlowAnswer
from components.dashboard.answers import Stay as StayAnswer
from components.database.questions import Questions
from components.database.rows import Found, Stay

MS = 1_000_000  # ns
FOUND = 20  # people in one answer to a search
HOUR = 3_600_000  # ms

Step = Literal["minute", "hour", "day"]


class Facts:
    """Questions to `questions` with times in milliseconds. An empty site has empty answers."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    def extent(self, site: str) -> Extent:
        found = self._questions.extent(site)
        return Extent(site=site, first_ms=found.first // MS, newest_ms=found.newest // MS)

    def available(self, site: str, at: int | None) -> Available:
        stays = self._questions.available(site, at=None if at is None else at * MS)
        return Available(site=site, stays=[_stay(stay) for stay in stays])

    def search(self, site: str, text: str, at: int | None) -> FoundPeople:
        page = self._questions.search(site, text, at=None if at is None else at * MS, limit=FOUND)
        return FoundPeople(people=[_found(person) for person in page.people], total=page.total)

    def heat(self, site: str, start: int, end: int, role: str | None) -> Heat:
        """Seconds are rounded; cells where nobody was are 0."""
        found = self._questions.heat(site, start=start * MS, end=end * MS, role=role)
        seconds = [[round(value) for value in row] for row in found.seconds]
        return Heat(from_ms=found.start // MS, to_ms=found.end // MS, cell=found.cell, x=found.x, y=found.y, seconds=seconds)

    def flows(self, site: str, start: int, end: int, role: str | None) -> Flows:
        rows = self._questions.flows(site, start=start * MS, end=end * MS, role=role)
        return Flows(
            flows=[
                FlowAnswer(from_zone=row.from_zone, to_zone=row.to_zone, times=row.times, seconds=round(row.seconds, 1))
                for row in rows
            ]
        )

    def dwell(self, site: str, start: int, end: int, by: Literal["zone", "role", "both"], role: str | None) -> Dwells:
        rows = self._questions.dwell(site, start=start * MS, end=end * MS, by=by, role=role)
        return Dwells(
            rows=[
                DwellTime(
                    zone=row.zone, role=row.role, entries=row.entries, exits=row.exits, mean=round(row.mean, 1),
                    median=round(row.median, 1), p90=round(row.p90, 1), longest=round(row.longest, 1),
                    person_seconds=round(row.person_seconds),
                )
                for row in rows
            ]
        )  # fmt: skip

    def timeline(self, site: str, start: int, end: int, step: Step, zone: str | None, role: str | None) -> Times:
        bins = self._questions.timeline(site, start=start * MS, end=end * MS, step=step, zone=zone, role=role)
        return Times(
            step=step,
            bins=[
                TimesBin(
                    from_ms=part.start // MS, to_ms=part.end // MS, mean=round(part.mean, 2), unnamed=round(part.unnamed, 2),
                    most=part.most, watched=round(part.watched, 3),
                )
                for part in bins
            ],
        )  # fmt: skip


def _stay(stay: Stay) -> StayAnswer:
    return StayAnswer(
        identity=stay.identity, person=stay.person, role=stay.role, department=stay.department, zone=stay.zone,
        entered_ms=stay.entered // MS, left_ms=stay.left // MS, confidence=round(stay.confidence, 2), expected=stay.expected,
        open=stay.open,
    )  # fmt: skip


def _found(person: Found) -> FoundPerson:
    return FoundPerson(
        person=person.person, role=person.role, department=person.department, shift=person.shift, present=person.present,
        stay=_stay(person.stay) if person.stay else None,
    )  # fmt: skip
