"""The points of a sweep, the best first."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from components.sweeps.diary import Entry

ENDED = {"finished": 0, "pruned": 1, "same": 2, "failed": 3}  # in this order


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One point in the ranking."""

    rank: int | None  # of those that came to the end
    number: int
    state: str
    objective: float | None
    values: dict[str, str]
    run: str
    seconds: float
    note: str


def ranked(entries: Sequence[Entry], *, maximize: bool) -> list[Row]:
    """Finished points by their objective, the earlier first among equals; then those without an end. Open ones are left out."""
    closed = [entry for entry in entries if entry.result is not None]
    rows, rank = [], 0
    for entry in sorted(closed, key=lambda entry: _place(entry, maximize=maximize)):
        result = entry.result
        assert result is not None, "only those with a result"
        rank += result.state == "finished"
        rows.append(
            Row(
                rank=rank if result.state == "finished" else None, number=entry.point.number, state=result.state,
                objective=result.objective, values=entry.point.values, run=result.run, seconds=result.seconds, note=_note(entry),
            )
        )  # fmt: skip
    return rows


def as_csv(rows: Sequence[Row], objective: str) -> str:
    """The ranking for other programs."""
    keys = list(dict.fromkeys(key for row in rows for key in row.values))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "point", "state", objective, *keys, "run", "seconds", "note"])
    for row in rows:
        value = "" if row.objective is None else repr(row.objective)
        values = (row.values.get(key, "") for key in keys)
        writer.writerow([row.rank or "", row.number, row.state, value, *values, row.run, f"{row.seconds:.1f}", row.note])
    return text.getvalue()


def _place(entry: Entry, *, maximize: bool) -> tuple[int, float, int]:
    result = entry.result
    assert result is not None, "only those with a result"
    worst = float("inf")
    value = worst if result.objective is None else -result.objective if maximize else result.objective
    return ENDED[result.state], value, entry.point.number


def _note(entry: Entry) -> str:
    result = entry.result
    assert result is not None, "only those with a result"
    if result.state == "same":
        return f"the same config as #{result.same_as}"
    if result.taken_over:
        return "finished before, taken over"
    return result.problem
