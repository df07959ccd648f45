"""Staff and shifts from CSV, as programs for rosters and spreadsheets write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from components.contracts import InputError
from components.hours import hours
from components.roster.entries import Contents, Duty, Entry, Leaving, Refusal, Shift
from components.roster.times import moment, until

STAFF = ("id", "role", "department")
SHIFTS = ("person", "start", "end")
MAY = {"staff": ("shift", "badge", "valid_from", "valid_until", "active"), "shifts": ()}
NO = ("no", "false", "0", "n", "inactive")
LONGEST = 100  # characters of an id, role or department


def read(path: Path, *, zone: ZoneInfo) -> Contents:
    """What a file says whose first line names the columns: those of staff (id, role, department, and maybe shift, badge,
    valid_from, valid_until, active), or those of dated shifts (person, start, end).

    Separated by commas, semicolons or tabs; UTF-8, or what Windows wrote before. Times without an offset are by the clocks of
    `zone`. Raises InputError where the file is none of both; lines that cannot be used are refused, each with a reason.
    """
    text = _text(path)
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    names = [name.strip().lower() for name in next(rows, [])]
    kind = _kind(path, names)
    contents = Contents()
    for row in rows:
        where = f"line {rows.line_num}"
        values = {name: value.strip() for name, value in zip(names, row, strict=False)}
        if not any(values.values()):
            continue
        try:
            if len(row) != len(names):
                raise ValueError(f"{len(row)} values, expected {len(names)} as in the first line")
            (_member if kind == "staff" else _shift)(contents, where, values, zone)
        except ValueError as error:
            contents.refusals.append(Refusal(where, str(error)))
    contents.plan()
    return contents


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _kind(path: Path, names: list[str]) -> str:
    for kind, must in (("staff", STAFF), ("shifts", SHIFTS)):
        if set(must) <= set(names):
            if odd := [name for name in names if name not in (*must, *MAY[kind])]:
                raise InputError(f"{path}: column {odd[0]!r} of {kind} is not known; expected {', '.join((*must, *MAY[kind]))}")
            if len(set(names)) < len(names):
                raise InputError(f"{path}: a column is there twice; expected each of {', '.join(names)} once")
            return kind
    raise InputError(
        f"{path}: columns {', '.join(names) or 'none'}; expected {', '.join(STAFF)} of staff, or {', '.join(SHIFTS)} of shifts"
    )


def _member(contents: Contents, where: str, values: Mapping[str, str], zone: ZoneInfo) -> None:
    person = _named(values, "id")
    start = _moment(values, "valid_from", zone)
    if values.get("active", "").lower() in NO:
        contents.leavings.append(Leaving(where, person, start))
        return
    end = _moment(values, "valid_until", zone, end=True)
    if start is not None and end is not None and end <= start:
        raise ValueError(f"valid_until {values['valid_until']} is not after valid_from {values['valid_from']}")
    shift = values.get("shift", "")
    hours(shift)
    contents.entries.append(
        Entry(where, person, Duty(_named(values, "role"), values["department"], shift, _badge(values)), start, end)
    )


def _shift(contents: Contents, where: str, values: Mapping[str, str], zone: ZoneInfo) -> None:
    start, end = _moment(values, "start", zone), _moment(values, "end", zone)
    if start is None or end is None or end <= start:
        raise ValueError(
            f"a shift from {values['start'] or 'nothing'} to {values['end'] or 'nothing'}; expected an end after its start"
        )
    contents.shifts.append(Shift(where, _named(values, "person"), start, end))


def _named(values: Mapping[str, str], name: str) -> str:
    if not 0 < len(values[name]) <= LONGEST:
        raise ValueError(f"{name} is {values[name][:20]!r}; expected 1 to {LONGEST} characters")
    return values[name]


def _moment(values: Mapping[str, str], name: str, zone: ZoneInfo, *, end: bool = False) -> int | None:
    if not (value := values.get(name, "")):
        return None
    try:
        return until(value, zone) if end else moment(value, zone)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {value!r}; expected a day or moment such as 2026-03-02 or 2026-03-02T07:00") from None


def _badge(values: Mapping[str, str]) -> int | None:
    value = values.get("badge", "")
    if value and not value.isdecimal():
        raise ValueError(f"badge is {value!r}; expected the number of a printed marker")
    return int(value) if value else None
