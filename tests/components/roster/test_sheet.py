from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from components.contracts import InputError
from components.roster.entries import Contents, Duty
from components.roster.sheet import read

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def contents(tmp_path: Path):
    def of(content: str | bytes) -> Contents:
        (tmp_path / "file.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(tmp_path / "file.csv", zone=BERLIN)

    return of


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_staff_as_spreadsheets_write_it(contents, between):
    lines = (
        ["ID", "Department", "Role", "Badge"],
        ["a1", "Station 3 Süd", "nurse", "7"],
        ["", "", "", ""],
        ["a2", "", "porter", ""],
    )
    found = contents("\ufeff" + "\r\n".join(between.join(line) for line in lines))
    assert [(e.where, e.person, e.duty, e.start, e.end) for e in found.entries] == [
        ("line 2", "a1", Duty("nurse", "Station 3 Süd", "", 7), None, None),
        ("line 4", "a2", Duty("porter", "", "", None), None, None),
    ]
    assert found.refusals == []


def test_what_windows_wrote_and_quotes(contents):
    (entry,) = contents('id,role,department\n"a,1","nurse","Süd\nOst"\n'.encode("cp1252")).entries
    assert (entry.where, entry.person, entry.duty.department) == ("line 3", "a,1", "Süd\nOst")


def test_lines_that_cannot_be_used_are_refused_with_a_reason(contents):
    found = contents(
        "id,role,department,shift,badge,valid_from,valid_until\n"
        ",nurse,ICU,,,,\na,nurse,ICU,7-19,,,\nb,nurse,ICU,,three,,\nc,nurse,ICU,,,soon,\nd,nurse\n"
        "e,nurse,ICU,,,2026-03-02,2026-03-01\nf,nurse,ICU,,,2026-03-02,2026-03-02\n" + "x" * 101 + ",nurse,ICU,,,,\n"
    )
    said = {refusal.where: refusal.why for refusal in found.refusals}
    assert [said[f"line {i}"][:12] for i in (2, 3, 4, 5, 6, 7, 9)] == [
        "id is ''; ex", "shift is '7-", "badge is 'th", "valid_from i", "2 values, ex", "valid_until ", "id is 'xxxxx",
    ]  # fmt: skip
    assert [entry.person for entry in found.entries] == ["f"]


def test_shifts_and_the_period_that_they_cover(contents):
    found = contents(
        "person,start,end\na,2026-03-02T19:00,2026-03-03T07:00\na,2026-03-01T19:00,2026-03-02T07:00\nb,2026-03-01,2026-03-01\n"
    )
    assert [(shift.person, (shift.end - shift.start) / 3600e9) for shift in found.shifts] == [("a", 12), ("a", 12)]
    assert found.planned == {"a": (found.shifts[1].start, found.shifts[0].end)}
    assert [refusal.where for refusal in found.refusals] == ["line 4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "columns none; expected id, role, department of staff, or person, start, end of shifts"),
        ("name,age\nx,3\n", "columns name, age; expected"),
        ("id,role,department,salary\n", "column 'salary' of staff is not known"),
        ("id,role,department,id\n", "a column is there twice"),
    ],
)
def test_files_that_are_something_else(contents, text, said):
    with pytest.raises(InputError, match=said):
        contents(text)


def test_bytes_of_any_kind_are_no_crash(contents):
    for content in (bytes(range(256)) * 4, b"id,role,department\n" + bytes(range(256)), b'id,role,department\n"never closed,x\n'):
        try:
            contents(content)
        except InputError as error:
            assert "expected" in str(error)
