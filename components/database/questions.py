"""Everything that people ask of the facts: who is where, who was where, and what usually happens."""

from __future__ import annotations

from typing import Literal

from components.database import past, present, timeline
from components.database.database import Database
from components.database.rows import (
    Bin,
    CameraState,
    Crossed,
    Dwell,
    Extent,
    Flow,
    FoundPage,
    Headcount,
    HeatMap,
    Stay,
    Stays,
)
from components.database.spans import Interval


class Questions:
    """Read-only questions to `database`; each is one transaction and takes tens of milliseconds with a month of 200 cameras.

    Times are fleet time in ns, a period goes from `start` until just before `end`. `at=None` is the newest moment of the
    site. All raise InputError where the database is away, and for a period that is empty.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def sites(self) -> list[str]:
        """The sites that there are facts of, in order of their names."""
        with self._database.session() as session:
            return present.sites(session)

    def extent(self, site: str) -> Extent:
        """From when to when there are facts of `site`."""
        with self._database.session() as session:
            return present.extent(session, site)

    def occupancy(self, site: str, *, at: int | None = None) -> list[Headcount]:
        """How many people are in each zone, by role and department; in order of these, empty zones are left out."""
        with self._database.session() as session:
            return present.occupancy(session, site, at)

    def available(
        self, site: str, *, at: int | None = None, zone: str | None = None, role: str | None = None, department: str | None = None
    ) -> list[Stay]:
        """Who is there, in which zone, since when, and whether the roster expects it; in order of role and person.

        A named person is listed once. People without a name are listed by their identity.
        """
        with self._database.session() as session:
            return present.available(session, site, at, zone, role, department)

    def search(self, site: str, text: str, *, at: int | None = None, limit: int = 50, offset: int = 0) -> FoundPage:
        """People on the roster whose id, role or department contains `text`, in capitals or not; "" is everybody."""
        with self._database.session() as session:
            return present.search(session, site, text, at, limit, offset)

    def stays(
        self, site: str, *, start: int, end: int, person: str | None = None, role: str | None = None, zone: str | None = None,
        limit: int = 100, after: tuple[int, str] | None = None,
    ) -> Stays:  # fmt: skip
        """Who was where in the period, the latest first, `limit` at a time; `after` is `next` of the page before."""
        with self._database.session() as session:
            return past.stays(session, site, Interval(start, end), person, role, zone, limit, after)

    def dwell(
        self, site: str, *, start: int, end: int, by: Literal["zone", "role", "both"] = "zone", zone: str | None = None,
        role: str | None = None,
    ) -> list[Dwell]:  # fmt: skip
        """How long people stay in each zone, or each role in zones; of one zone or role only, where one is given.

        A stay counts as an entry where it begins, and with its length where it ends (or is, so far).
        """
        with self._database.session() as session:
            return past.dwell(session, site, Interval(start, end), by, zone, role)

    def flows(self, site: str, *, start: int, end: int, role: str | None = None) -> list[Flow]:
        """How often people went from zone to zone, the busiest way first; zones without moves between them are left out."""
        with self._database.session() as session:
            return past.flows(session, site, Interval(start, end), role)

    def crossings(self, site: str, *, start: int, end: int, line: str | None = None) -> list[Crossed]:
        """How often people went in and out over each line (or one), in order of name; lines without crossings are left out."""
        with self._database.session() as session:
            return past.crossings(session, site, Interval(start, end), line)

    def heat(self, site: str, *, start: int, end: int, role: str | None = None) -> HeatMap:
        """Where people spend their time, in whole hours around the period; no rows of cells where nobody was."""
        with self._database.session() as session:
            return past.heat(session, site, Interval(start, end), role)

    def timeline(
        self, site: str, *, start: int, end: int, step: Literal["minute", "hour", "day"] = "hour", zone: str | None = None,
        role: str | None = None,
    ) -> list[Bin]:  # fmt: skip
        """Occupancy bin by bin, every bin that the period touches; days are those of the site's own clocks.

        Raises InputError for more than a day (of 25 hours) by the minute.
        """
        with self._database.session() as session:
            return timeline.bins(session, site, Interval(start, end), step, zone, role)

    def cameras(self, site: str) -> list[CameraState]:
        """How the cameras of `site` do: failed ones first, then by id."""
        with self._database.session() as session:
            return present.cameras(session, site)
