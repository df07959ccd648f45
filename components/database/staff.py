"""The staff in the database: what files say of it is entered, and who is what at a time is found again."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from components.contracts import Person
from components.database import locks
from components.database.database import Database
from components.database.intake import Change, Intake
from components.database.schema import AssignmentRow, DepartmentRow, RoleRow, ShiftRow, StaffMember
from components.database.validity import Period, at
from components.roster.entries import Contents, Duty

NEAR = 31 * 86_400_000_000_000  # ns: somebody without a dated shift for so long has hours of the week


class Staff:
    """Who works where, as what and when; all of the past, and what is known of the future."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def assess(self, contents: Contents, *, since: int) -> list[Change]:
        """What `enter` would change; nothing is."""
        with self._database.session() as session:
            intake = _known(session, _window(contents))
            intake.take(contents, since)
            return intake.changes

    def enter(self, contents: Contents, *, since: int) -> list[Change]:
        """Take over what a file says, all in one transaction; entering it again changes nothing.

        What it does not give a beginning is true from `since` on (fleet time, ns). What is refused changes nothing.
        """

        def change(session: Session) -> list[Change]:
            locks.take(session, "staff")
            intake = _known(session, window := _window(contents))
            intake.take(contents, since)
            _keep(session, intake, window)
            _refresh(session, intake.duties, time.time_ns())
            return intake.changes

        return self._database.apply(change)

    def at(self, time: int) -> list[Person]:
        """Everybody on the roster at `time` (fleet time, ns), in order of id; those without a badge have negative ones."""
        holds = (AssignmentRow.valid_from <= time, or_(AssignmentRow.valid_until.is_(None), AssignmentRow.valid_until > time))
        with self._database.session() as session:
            rows = session.scalars(select(AssignmentRow).where(*holds).order_by(AssignmentRow.person))
            return [_person(row.person, _duty(row), -1 - i) for i, row in enumerate(rows)]

    def dated(self, start: int, end: int) -> dict[str, tuple[tuple[int, int], ...]]:
        """The dated shifts of each person that has some within a month of the time from `start` to `end` (ns)."""
        columns = select(ShiftRow.person, ShiftRow.start, ShiftRow.finish)
        near = columns.where(ShiftRow.start >= start - NEAR, ShiftRow.start < end + NEAR)
        found = defaultdict[str, list[tuple[int, int]]](list)
        with self._database.session() as session:
            for person, begin, finish in sorted(map(tuple, session.execute(near))):
                found[person].append((begin, finish))
        return {person: tuple(shifts) for person, shifts in found.items()}

    def refresh(self) -> None:
        """Bring the roster of now up to date: assignments begin and end without anybody entering anything."""
        self._database.apply(lambda session: _refresh(session, _known(session, (0, 0)).duties, time.time_ns()))


def _window(contents: Contents) -> tuple[int, int]:
    """The time that the file's plans of shifts cover, all together."""
    starts, ends = zip(*contents.planned.values(), strict=True) if contents.planned else ((0,), (0,))
    return min(starts), max(ends)


def _known(session: Session, window: tuple[int, int]) -> Intake:
    """Everything about the staff, and the shifts that begin in `window`."""
    duties = defaultdict[str, list[Period[Duty]]](list)
    for row in session.scalars(select(AssignmentRow).order_by(AssignmentRow.person, AssignmentRow.valid_from)):
        duties[row.person].append(Period(_duty(row), row.valid_from, row.valid_until))
    shifts = defaultdict[str, dict[int, int]](dict)
    columns = select(ShiftRow.person, ShiftRow.start, ShiftRow.finish)
    for person, start, finish in session.execute(columns.where(ShiftRow.start >= window[0], ShiftRow.start < window[1])):
        shifts[person][start] = finish
    titles = {(kind, id_): names for kind, table in TITLES.items() for id_, names in _titles(session, table).items()}
    return Intake(dict(duties), dict(shifts), titles)


def _titles(session: Session, table: Any) -> dict[str, list[Period[str]]]:
    found = defaultdict[str, list[Period[str]]](list)
    for row in session.scalars(select(table).order_by(table.id, table.valid_from)):
        found[row.id].append(Period(row.name, row.valid_from, row.valid_until))
    return dict(found)


TITLES: Mapping[str, Any] = {"role": RoleRow, "department": DepartmentRow}


def _keep(session: Session, intake: Intake, window: tuple[int, int]) -> None:
    """Write what has changed: a person's rows as a whole."""
    for person in sorted(intake.touched):
        session.execute(delete(AssignmentRow).where(AssignmentRow.person == person))
        session.add_all(
            AssignmentRow(
                person=person, valid_from=period.start, valid_until=period.end, role=period.value.role,
                department=period.value.department, shift=period.value.shift, badge=period.value.badge,
            )
            for period in intake.duties[person]
        )  # fmt: skip
    for person in sorted(intake.replanned):
        inside = (ShiftRow.start >= window[0], ShiftRow.start < window[1])
        session.execute(delete(ShiftRow).where(ShiftRow.person == person, *inside))
        rows = [{"person": person, "start": start, "finish": end} for start, end in intake.shifts[person].items()]
        if rows:
            session.connection().execute(insert(ShiftRow), rows)
    for kind, id_ in sorted(intake.renamed):
        table = TITLES[kind]
        session.execute(delete(table).where(table.id == id_))
        periods = intake.titles[kind, id_]
        session.add_all(table(id=id_, valid_from=each.start, valid_until=each.end, name=each.value) for each in periods)


def _refresh(session: Session, duties: Mapping[str, Sequence[Period[Duty]]], now: int) -> None:
    for i, (person, periods) in enumerate(sorted(duties.items())):
        row, here = session.get(StaffMember, person), at(periods, now)
        if here is None and row is not None:
            session.delete(row)
        elif here is not None:
            one = _person(person, here.value, -1 - i)
            session.merge(StaffMember(id=one.id, role=one.role, department=one.department, shift=one.shift, badge=one.badge))


def _duty(row: AssignmentRow) -> Duty:
    return Duty(row.role, row.department, row.shift, row.badge)


def _person(id_: str, duty: Duty, without: int) -> Person:
    return Person(id_, duty.role, duty.department, duty.shift, without if duty.badge is None else duty.badge)
