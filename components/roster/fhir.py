"""Staff and shifts from a FHIR R4 bundle, as hospital systems hand it over; docs/roster.md says what is read from where."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from components.contracts import InputError
from components.hours import DAYS
from components.roster.entries import Contents, Duty, Entry, Leaving, Refusal, Shift, Title
from components.roster.times import moment, until

AT_WORK = ("free", "busy", "busy-tentative")  # of http://hl7.org/fhir/slotstatus; the others: away, or entered in error
LONGEST = 100  # characters of an id, role or department

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Codes:
    """How a hospital's codes become our words."""

    person: str = ""  # system of the identifier that is the person's id here; empty: the id of the Practitioner resource
    badge: str = "urn:wardflow:badge"  # system of the identifier that is the number of the printed marker
    roles: Mapping[str, str] = field(default_factory=dict)  # code of a role -> our word for it; a code without one is the word


def read(path: Path, *, zone: ZoneInfo, codes: Codes) -> Contents:
    """What a bundle says: Practitioner, PractitionerRole, Schedule, Slot, and the Organization or HealthcareService of a role.

    Times of day and days without an offset are by the clocks of `zone`. Raises InputError where the file is no bundle;
    resources that cannot be used are refused, each with a reason.
    """
    try:
        bundle = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}; expected a FHIR R4 bundle") from error
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise InputError(f"{path}: no FHIR bundle; expected JSON with resourceType Bundle, and its resources in entry")
    return _Bundle(bundle, zone, codes).contents()


class _Bundle:
    """Resources by what others call them."""

    def __init__(self, bundle: Resource, zone: ZoneInfo, codes: Codes) -> None:
        self._zone, self._codes, self._known = zone, codes, dict[str, Resource]()
        self._out, self._people = Contents(), dict[int, str]()
        self._resources: list[Resource] = []
        for number, entry in enumerate(_list(bundle, "entry")):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                self._out.refusals.append(Refusal(f"entry {number}", "no resource in it"))
                continue
            self._resources.append(resource)
            for name in (entry.get("fullUrl"), _name(resource)):
                self._known[str(name)] = resource

    def contents(self) -> Contents:
        for resource in self._of("PractitionerRole"):
            self._each(resource, self._role)
        placed = {entry.person for entry in self._out.entries}
        self._out.leavings = [leaving for leaving in self._out.leavings if leaving.person not in placed]
        placed |= {leaving.person for leaving in self._out.leavings}
        for resource in self._of("Practitioner"):
            self._each(resource, lambda found: self._practitioner(found, placed))
        for resource in self._of("Schedule"):
            self._each(resource, self._schedule)
        for resource in self._of("Slot"):
            self._each(resource, self._slot)
        self._out.shifts = list(_merged(self._out.shifts))
        self._out.plan()
        return self._out

    def _of(self, kind: str) -> list[Resource]:
        return [resource for resource in self._resources if resource.get("resourceType") == kind]

    def _each(self, resource: Resource, work: Any) -> None:
        """Whatever is in a resource, it is used or refused."""
        try:
            work(resource)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            why = str(error) if isinstance(error, ValueError) else f"not as FHIR R4 has it ({error})"
            self._out.refusals.append(Refusal(_name(resource), why))

    def _role(self, resource: Resource) -> None:
        where, person = _name(resource), self._person(self._found(resource, "practitioner", "Practitioner"))
        start, end = self._period(resource, "period")
        if resource.get("active") is False:
            self._out.leavings.append(Leaving(where, person, end))
            return
        role, title = self._coded(resource)
        department = self._department(resource)
        duty = Duty(role, department, self._shift(resource), self._badge(self._found(resource, "practitioner", "Practitioner")))
        self._out.entries.append(Entry(where, person, duty, start, end))
        self._out.titles.append(Title(where, "role", role, title or role))
        if department:
            self._out.titles.append(Title(where, "department", department, department))

    def _practitioner(self, resource: Resource, placed: set[str]) -> None:
        person = self._person(resource)
        if resource.get("active") is False:  # whatever their roles say
            self._out.entries = [entry for entry in self._out.entries if entry.person != person]
            self._out.leavings = [leaving for leaving in self._out.leavings if leaving.person != person]
            self._out.leavings.append(Leaving(_name(resource), person, None))
        elif person not in placed:
            raise ValueError("no PractitionerRole says what this person is and where")

    def _schedule(self, resource: Resource) -> None:
        start, end = self._period(resource, "planningHorizon")
        if start is None or end is None or resource.get("active") is False:
            return
        person = self._actor(resource)
        before = self._out.planned.get(person, (start, end))
        self._out.planned[person] = (min(start, before[0]), max(end, before[1]))

    def _slot(self, resource: Resource) -> None:
        schedule = self._found(resource, "schedule", "Schedule")
        if resource.get("status") not in AT_WORK or schedule.get("active") is False:
            return
        start, end = (moment(_text(resource, name), self._zone) for name in ("start", "end"))
        if end <= start:
            raise ValueError(f"it ends at {resource['end']}, not after it starts at {resource['start']}")
        self._out.shifts.append(Shift(_name(resource), self._actor(schedule), start, end))

    def _actor(self, schedule: Resource) -> str:
        """Whose schedule it is: of the actors, those that are people or people in a role."""
        for actor in _list(schedule, "actor"):
            found = self._known.get(str(actor.get("reference")))
            if found and found.get("resourceType") == "PractitionerRole":
                found = self._found(found, "practitioner", "Practitioner")
            if found and found.get("resourceType") == "Practitioner":
                return self._person(found)
        raise ValueError("no actor of the schedule is a Practitioner or PractitionerRole of this bundle")

    def _found(self, resource: Resource, name: str, kind: str) -> Resource:
        reference = str((resource.get(name) or {}).get("reference"))
        found = self._known.get(reference)
        if not found or found.get("resourceType") != kind:
            raise ValueError(f"{name} is {reference}, and there is no such {kind} in this bundle")
        return found

    def _person(self, practitioner: Resource) -> str:
        if not self._codes.person:
            return _checked("id", practitioner.get("id"))
        return _checked(f"identifier of {self._codes.person}", _identifier(practitioner, self._codes.person))

    def _badge(self, practitioner: Resource) -> int | None:
        value = _identifier(practitioner, self._codes.badge)
        if value is not None and not value.isdecimal():
            raise ValueError(f"badge is {value!r}; expected the number of a printed marker")
        return None if value is None else int(value)

    def _coded(self, resource: Resource) -> tuple[str, str]:
        """Our word for the role, and what the hospital calls it: of the codes, the first that we have a word for."""
        concepts = [code for code in _list(resource, "code") if isinstance(code, dict)]
        codings = [coding for concept in concepts for coding in _list(concept, "coding") if coding.get("code")]
        words = [(str(coding["code"]), str(coding.get("display") or "")) for coding in codings]
        words += [(str(concept["text"]), "") for concept in concepts if concept.get("text")]
        if not words:
            raise ValueError("it has no code that says which role it is")
        code, title = next((word for word in words if word[0] in self._codes.roles), words[0])
        return _checked("role", self._codes.roles.get(code, code)), title

    def _department(self, resource: Resource) -> str:
        """The name of the service, or else of the organization."""
        for reference in (*_list(resource, "healthcareService"), resource.get("organization") or {}):
            found = self._known.get(str(reference.get("reference")), {})
            if name := found.get("name") or reference.get("display"):
                return _checked("department", name)
        return ""

    def _shift(self, resource: Resource) -> str:
        """The hours of the week."""
        found: dict[str, list[str]] = {}
        for item in _list(resource, "availableTime"):
            times = (
                "00:00-24:00"
                if item.get("allDay")
                else f"{_clock(item, 'availableStartTime')}-{_clock(item, 'availableEndTime')}"
            )
            found.setdefault(times, []).extend(_list(item, "daysOfWeek") or DAYS)
        parts = [(sorted(set(map(_weekday, days))), times) for times, days in found.items()]
        return "; ".join(times if len(days) == 7 else f"{','.join(DAYS[day] for day in days)} {times}" for days, times in parts)

    def _period(self, resource: Resource, name: str) -> tuple[int | None, int | None]:
        """A day at its end is part of a period, as R4 defines it."""
        period = resource.get(name) or {}
        start, end = (period.get(key) for key in ("start", "end"))
        found = start and moment(start, self._zone), end and until(end, self._zone)
        if found[0] and found[1] and found[1] <= found[0]:
            raise ValueError(f"its {name} ends at {end}, before it starts at {start}")
        return found[0] or None, found[1] or None


def _merged(shifts: list[Shift]) -> Iterator[Shift]:
    """Slots of one person that touch are one shift: appointments cut a day into pieces."""
    ordered = sorted(shifts, key=lambda shift: (shift.person, shift.start))
    for person, mine in groupby(ordered, key=lambda shift: shift.person):
        where, start, end = "", 0, -1
        for shift in mine:
            if where and shift.start > end:
                yield Shift(where, person, start, end)
                where = ""
            where, start, end = (where, start, max(end, shift.end)) if where else (shift.where, shift.start, shift.end)
        yield Shift(where, person, start, end)


def _name(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _identifier(resource: Resource, system: str) -> str | None:
    found = [item for item in _list(resource, "identifier") if item.get("system") == system and item.get("value")]
    return str(found[0]["value"]) if found else None


def _list(resource: Resource, name: str) -> list[Any]:
    value = resource.get(name) or []
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    return value


def _text(resource: Resource, name: str) -> str:
    if not isinstance(value := resource.get(name), str):
        raise ValueError(f"it has no {name}")
    return value


def _weekday(day: Any) -> int:
    if day not in DAYS:
        raise ValueError(f"daysOfWeek has {day!r}; expected {', '.join(DAYS)}")
    return DAYS.index(day)


def _clock(item: Resource, name: str) -> str:
    return _text(item, name)[:5]


def _checked(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise ValueError(f"{name} is {str(value)[:20]!r}; expected 1 to {LONGEST} characters")
    return value
