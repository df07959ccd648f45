"""The part of the API about people's stays and about what usually happens."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query

from components.dashboard.answers import Available, Dwells, Extent, Flows, FoundPeople, Heat, Problem, Times
from components.dashboard.facts import Facts

LONGEST = 400 * 86_400_000  # ms of a period
BY_THE_MINUTE = 25 * 3_600_000  # ms of a timeline by the minute
Milliseconds = Annotated[int, Query(ge=0, le=9_000_000_000_000)]
Site = Annotated[str, Query(max_length=255)]
Start = Annotated[int, Query(alias="from", ge=0, le=9_000_000_000_000)]
Only = Annotated[str | None, Query(max_length=255)]


def patterns(facts: Facts) -> APIRouter:
    """Questions to `facts`."""
    router = APIRouter(prefix="/api", responses={503: {"model": Problem}})

    @router.get("/available")
    def available(site: Site, at: Milliseconds | None = None) -> Available:
        """Who is there at a moment, since when, and whether the roster expects it."""
        return facts.available(site, at)

    @router.get("/search")
    def search(site: Site, text: Annotated[str, Query(max_length=100)], at: Milliseconds | None = None) -> FoundPeople:
        """People on the roster by name, role or department, and where they are or were last."""
        return facts.search(site, text, at)

    @router.get("/extent")
    def extent(site: Site) -> Extent:
        """From when to when there are facts."""
        return facts.extent(site)

    @router.get("/heat")
    def heat(site: Site, start: Start, to: Milliseconds, role: Only = None) -> Heat:
        """Where people spend their time."""
        _check(start, to)
        return facts.heat(site, start, to, role)

    @router.get("/flows")
    def flows(site: Site, start: Start, to: Milliseconds, role: Only = None) -> Flows:
        """How often people go from zone to zone."""
        _check(start, to)
        return facts.flows(site, start, to, role)

    @router.get("/dwell")
    def dwell(
        site: Site, start: Start, to: Milliseconds, by: Literal["zone", "role", "both"] = "zone", role: Only = None
    ) -> Dwells:
        """How long people stay."""
        _check(start, to)
        return facts.dwell(site, start, to, by, role)

    @router.get("/timeline")
    def timeline(
        site: Site, start: Start, to: Milliseconds, step: Literal["minute", "hour", "day"] = "hour", zone: Only = None,
        role: Only = None,
    ) -> Times:  # fmt: skip
        """How many people there are over time; by the minute at most 25 hours."""
        _check(start, to, BY_THE_MINUTE if step == "minute" else LONGEST)
        return facts.timeline(site, start, to, step, zone, role)

    return router


def _check(start: int, to: int, longest: int = LONGEST) -> None:
    if not start < to <= start + longest:
        raise HTTPException(422, f"to={to}: expected more than from={start} and at most {longest} ms later")
