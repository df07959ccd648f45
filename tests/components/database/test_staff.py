from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from components.contracts import Person
from components.database.database import Database
from components.database.intake import Change
from components.database.schema import DepartmentRow, RoleRow, StaffMember
from components.database.staff import Staff
from components.roster.entries import Contents
from components.roster.sheet import read

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = 1_767_225_600_000_000_000  # 2026-01-01 UTC
STAFF = """id;role;department;shift;badge
ann;nurse;ICU;07:00-19:00;3
bob;doctor;Surgery;mon-fri 08:00-16:00;4
"""


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()) * 10**9


@pytest.fixture
def contents(tmp_path: Path):
    def of(text: str) -> Contents:
        (tmp_path / "file.csv").write_text(text)
        return read(tmp_path / "file.csv", zone=BERLIN)

    return of


def kinds(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.where, change.kind) for change in changes]


def test_a_file_is_entered_once(database: Database, contents) -> None:
    staff = Staff(database)
    assert kinds(staff.assess(contents(STAFF), since=SINCE)) == [("line 2", "added"), ("line 3", "added")]
    assert staff.at(SINCE) == []  # nothing was entered
    assert kinds(staff.enter(contents(STAFF), since=SINCE)) == [("line 2", "added"), ("line 3", "added")]
    assert kinds(staff.enter(contents(STAFF), since=SINCE + 5)) == [("line 2", "unchanged"), ("line 3", "unchanged")]
    assert staff.at(SINCE) == [
        Person("ann", "nurse", "ICU", "07:00-19:00", 3), Person("bob", "doctor", "Surgery", "mon-fri 08:00-16:00", 4),
    ]  # fmt: skip
    assert staff.at(SINCE - 1) == []
    with database.session() as session:
        assert {row.id for row in session.scalars(select(StaffMember))} == {"ann", "bob"}
        assert {row.id for row in session.scalars(select(RoleRow))} == {"nurse", "doctor"}
        assert {(row.id, row.name) for row in session.scalars(select(DepartmentRow))} == {("ICU", "ICU"), ("Surgery", "Surgery")}


def test_people_change_what_they_are(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents(STAFF), since=SINCE)
    more = "id,role,department,valid_from,valid_until\nann,ward sister,ICU,2026-03-01,\nbob,doctor,ER,2026-02-01,2026-02-28\n"
    changes = staff.enter(contents(more), since=SINCE)
    assert kinds(changes) == [("line 2", "changed"), ("line 3", "changed")]
    assert "nurse, ICU, 07:00-19:00, badge 3 -> ward sister, ICU from 2026-02-28 23:00 UTC" in changes[0].what
    seen = {
        day: [(p.id, p.role, p.department) for p in staff.at(ns(f"{day} 12:00"))]
        for day in ("2026-01-15", "2026-02-15", "2026-03-15")
    }
    assert seen == {
        "2026-01-15": [("ann", "nurse", "ICU"), ("bob", "doctor", "Surgery")],
        "2026-02-15": [("ann", "nurse", "ICU"), ("bob", "doctor", "ER")],
        "2026-03-15": [("ann", "ward sister", "ICU"), ("bob", "doctor", "Surgery")],
    }
    assert {change.kind for change in staff.enter(contents(more), since=SINCE)} == {"unchanged"}


def test_lines_that_contradict_each_other(database: Database, contents) -> None:
    staff = Staff(database)
    text = "id,role,department,valid_from,valid_until\n" + "\n".join((
        "a,nurse,ICU,2026-01-01,2026-06-30", "a,doctor,ICU,2026-03-01,2026-09-30",  # in each other's time
        "b,nurse,ICU,2026-01-01,", "b,doctor,ICU,2026-03-01,",  # one after the other
        "c,nurse,ICU,,", "c,doctor,ICU,,",  # both now
    ))  # fmt: skip
    first = [
        (line, "refused" if line in ("line 3", "line 7") else "added") for line, _ in [(f"line {i}", 0) for i in range(2, 8)]
    ]
    first[3] = ("line 5", "changed")
    assert kinds(staff.enter(contents(text), since=SINCE)) == first
    assert {change.kind for change in staff.enter(contents(text), since=SINCE + 5)} == {"unchanged", "refused"}


def test_somebody_leaves(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents(STAFF), since=SINCE)
    gone = "id,role,department,valid_from,active\nann,,,2026-02-01,no\nzoe,,,,no\n"
    assert kinds(staff.enter(contents(gone), since=SINCE)) == [("line 2", "removed"), ("line 3", "unchanged")]
    assert [p.id for p in staff.at(ns("2026-01-15 12:00"))] == ["ann", "bob"]
    assert [p.id for p in staff.at(ns("2026-02-15 12:00"))] == ["bob"]
    with database.session() as session:
        assert [row.id for row in session.scalars(select(StaffMember))] == ["bob"]
    assert kinds(staff.enter(contents(gone), since=SINCE)) == [("line 2", "unchanged"), ("line 3", "unchanged")]


def test_nobody_has_the_badge_of_somebody_else_at_the_same_time(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents(STAFF), since=SINCE)
    text = "id,role,department,badge\neve,nurse,ICU,3\nbob,doctor,Surgery,4\ncay,nurse,ICU,9\ndan,nurse,ICU,9\n"
    changes = staff.enter(contents(text), since=SINCE)
    assert kinds(changes) == [("line 2", "refused"), ("line 3", "changed"), ("line 4", "added"), ("line 5", "refused")]
    assert "badge 3 is ann's" in changes[0].what
    assert [p.id for p in staff.at(SINCE)] == ["ann", "bob", "cay"]


def test_people_without_badges_can_be_told_apart(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents("id,role,department\nx,nurse,ICU\ny,nurse,ICU\n"), since=SINCE)
    badges = [p.badge for p in staff.at(SINCE)]
    assert all(badge < 0 for badge in badges) and len(set(badges)) == 2


def test_a_plan_of_shifts_replaces_what_it_covers(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents(STAFF), since=SINCE)
    plan = "person,start,end\n" + "".join(f"ann,2026-03-0{day}T07:00,2026-03-0{day}T15:00\n" for day in (2, 3, 4))
    assert kinds(staff.enter(contents(plan), since=SINCE)) == [(f"line {i}", "added") for i in (2, 3, 4)]
    assert {change.kind for change in staff.enter(contents(plan), since=SINCE)} == {"unchanged"}
    again = "person,start,end\nann,2026-03-02T07:00,2026-03-02T16:00\n"
    again += "ann,2026-03-04T07:00,2026-03-04T15:00\nzoe,2026-03-04T07:00,2026-03-04T15:00\n"
    assert kinds(staff.enter(contents(again), since=SINCE)) == [
        ("line 2", "changed"), ("line 3", "unchanged"), ("ann", "removed"), ("line 4", "refused"),
    ]  # fmt: skip
    times = (ns("2026-03-02 07:00"), ns("2026-03-02 16:00")), (ns("2026-03-04 07:00"), ns("2026-03-04 15:00"))
    assert staff.dated(ns("2026-03-01 00:00"), ns("2026-03-01 01:00")) == {"ann": times}
    assert staff.dated(ns("2027-03-01 00:00"), ns("2027-03-01 01:00")) == {}


def test_shifts_that_overlap_are_refused(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(contents(STAFF), since=SINCE)
    plan = "person,start,end\nann,2026-03-02T07:00,2026-03-02T15:00\n"
    plan += "ann,2026-03-02T14:00,2026-03-02T22:00\nann,2026-03-02T15:00,2026-03-02T23:00\n"
    assert kinds(staff.enter(contents(plan), since=SINCE)) == [("line 3", "refused"), ("line 2", "added"), ("line 4", "added")]


def test_the_roster_of_now_follows_the_clock(database: Database, contents) -> None:
    staff = Staff(database)
    staff.enter(
        contents(
            "id,role,department,valid_from,valid_until\nann,nurse,ICU,2020,2021\nann,doctor,ICU,2022,\nfay,nurse,ICU,2222,9999-12-31\n"
        ),
        since=SINCE,
    )
    staff.refresh()
    with database.session() as session:
        assert [(row.id, row.role) for row in session.scalars(select(StaffMember))] == [("ann", "doctor")]
