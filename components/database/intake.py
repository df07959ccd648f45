"""Compares what a file says of the staff with what is known, line by line; pure, so that a dry run is the same as a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from components.contracts import InputError
from components.database.validity import Period, at, enter, without
from components.roster.entries import Contents, Duty, Entry, Leaving, Shift, Title

Kind = Literal["added", "changed", "unchanged", "removed", "refused"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one line or resource of a file has done."""

    where: str
    kind: Kind
    what: str  # whom it is about, and how


@dataclass(slots=True)
class Intake:
    """What is known, and becomes what will be known."""

    duties: dict[str, list[Period[Duty]]]  # person -> when what
    shifts: dict[str, dict[int, int]]  # person -> start -> end
    titles: dict[tuple[str, str], list[Period[str]]]  # role or department, and its id -> when called what
    changes: list[Change] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)  # people whose duties have changed
    replanned: set[str] = field(default_factory=set)  # people whose dated shifts have
    renamed: set[tuple[str, str]] = field(default_factory=set)

    def take(self, contents: Contents, since: int) -> None:
        """All of a file; what has no beginning begins with `since`."""
        self.changes += [Change(refusal.where, "refused", refusal.why) for refusal in contents.refusals]
        for title in contents.titles:
            self._title(title, since)
        badges = self._badges()
        for entry, rival in _told_apart(contents.entries, since):
            if rival:
                self._say(entry.where, "refused", f"{entry.person}: at a time of which {rival.where} says something else")
            else:
                self._entry(entry, since, badges)
        for leaving in contents.leavings:
            self._leaving(leaving, since)
        planned = defaultdict[str, list[Shift]](list)
        for shift in contents.shifts:
            planned[shift.person].append(shift)
        for person, (start, end) in sorted(contents.planned.items()):
            self._plan(person, sorted(planned[person], key=lambda shift: shift.start), start, end)

    def _entry(self, entry: Entry, since: int, badges: dict[int, set[str]]) -> None:
        before = self.duties.get(entry.person, [])
        start = since if entry.start is None else entry.start
        here = at(before, start)
        said = entry.start is None and entry.end is None and here is not None and here.value == entry.duty
        try:
            after = before if said else enter(before, entry.duty, start, entry.end)
        except InputError:
            why = f"{entry.person} leaves before {_moment(start)}, when this would begin; give it a beginning"
            self._say(entry.where, "refused", why)
            return
        if rival := self._rival(entry.person, after, badges):
            self._say(entry.where, "refused", f"{entry.person}: badge {entry.duty.badge} is {rival}'s at that time")
            return
        self._named(entry, start)
        if after == before:
            self._say(entry.where, "unchanged", entry.person)
            return
        self.duties[entry.person] = after
        self.touched.add(entry.person)
        if entry.duty.badge is not None:
            badges[entry.duty.badge].add(entry.person)
        was = f"{_said(here.value)} -> " if here else ""
        what = f"{entry.person}: {was}{_said(entry.duty)} from {_moment(start)}"
        self._say(entry.where, "changed" if before else "added", what)

    def _rival(self, person: str, after: Sequence[Period[Duty]], badges: dict[int, set[str]]) -> str:
        """Somebody else who has one of the person's badges at the same time."""
        for mine in (period for period in after if period.value.badge is not None):
            for other in sorted(badges.get(mine.value.badge or 0, set()) - {person}):
                if any(mine.value.badge == theirs.value.badge and _overlap(mine, theirs) for theirs in self.duties[other]):
                    return other
        return ""

    def _badges(self) -> dict[int, set[str]]:
        found = defaultdict[int, set[str]](set)
        for person, periods in self.duties.items():
            for period in periods:
                if period.value.badge is not None:
                    found[period.value.badge].add(person)
        return found

    def _leaving(self, leaving: Leaving, since: int) -> None:
        before = self.duties.get(leaving.person, [])
        when = since if leaving.at is None else leaving.at
        after = without(before, when, None)
        if after == before:
            self._say(leaving.where, "unchanged", f"{leaving.person} is not on the roster")
        else:
            self.duties[leaving.person] = after
            self.touched.add(leaving.person)
            self._say(leaving.where, "removed", f"{leaving.person} from {_moment(when)}")

    def _named(self, entry: Entry, start: int) -> None:
        """Roles and departments that nobody has given a name are called what they are."""
        for kind, id_ in (("role", entry.duty.role), ("department", entry.duty.department)):
            if id_ and (kind, id_) not in self.titles:
                self.titles[kind, id_] = [Period(id_, start)]
                self.renamed.add((kind, id_))

    def _title(self, title: Title, since: int) -> None:
        key = (title.kind, title.id)
        before = self.titles.get(key, [])
        here = at(before, since)
        if here and here.value == title.name:
            return
        self.titles[key] = enter(before, title.name, since)
        self.renamed.add(key)
        self._say(title.where, "changed" if before else "added", f"{title.kind} {title.id}: {title.name}")

    def _plan(self, person: str, shifts: Sequence[Shift], start: int, end: int) -> None:
        """A person's shifts between `start` and `end` are these and no others."""
        if person not in self.duties:
            where = shifts[0].where if shifts else "Schedule"
            self._say(where, "refused", f"{person}: {len(shifts)} shifts of somebody who is not on the roster")
            return
        fine = self._apart(shifts)
        known = self.shifts.get(person, {})
        kept = {begin: finish for begin, finish in known.items() if not start <= begin < end}
        for shift in fine:
            was = known.get(shift.start)
            kind: Kind = "added" if was is None else "unchanged" if was == shift.end else "changed"
            self._say(shift.where, kind, f"{person}: shift {_moment(shift.start)} to {_moment(shift.end)}")
        after = kept | {shift.start: shift.end for shift in fine}
        for begin in sorted(known.keys() - after.keys()):
            self._say(
                person, "removed", f"{person}: shift {_moment(begin)} to {_moment(known[begin])}, which the plan no longer has"
            )
        if after != known:
            self.shifts[person] = after
            self.replanned.add(person)

    def _apart(self, shifts: Sequence[Shift]) -> list[Shift]:
        """Those that do not begin before the one before them ends."""
        fine = list(shifts[:1])
        for _, shift in pairwise(shifts):
            if shift.start < fine[-1].end:
                self._say(
                    shift.where,
                    "refused",
                    f"{shift.person}: a shift from {_moment(shift.start)} overlaps that of {fine[-1].where}",
                )
            else:
                fine.append(shift)
        return fine

    def _say(self, where: str, kind: Kind, what: str) -> None:
        self.changes.append(Change(where, kind, what))


def _told_apart(entries: Sequence[Entry], since: int) -> list[tuple[Entry, Entry | None]]:
    """Each entry, and the one before it in the file that it contradicts.

    One that has no end gives way to later ones; two of the same beginning, or one that begins before another's end, do not.
    """
    found: list[tuple[Entry, Entry | None]] = []
    fine = defaultdict[str, list[Entry]](list)
    for entry in entries:
        rival = next((other for other in fine[entry.person] if _contradict(entry, other, since)), None)
        found.append((entry, rival))
        if rival is None:
            fine[entry.person].append(entry)
    return found


def _contradict(one: Entry, other: Entry, since: int) -> bool:
    early, late = sorted((one, other), key=lambda entry: since if entry.start is None else entry.start)
    begin, next_ = (since if entry.start is None else entry.start for entry in (early, late))
    return one.duty != other.duty and (begin == next_ or (early.end is not None and next_ < early.end))


def _overlap(one: Period[Duty], other: Period[Duty]) -> bool:
    return (one.end is None or other.start < one.end) and (other.end is None or one.start < other.end)


def _said(duty: Duty) -> str:
    parts = [duty.role, duty.department, duty.shift, "" if duty.badge is None else f"badge {duty.badge}"]
    return ", ".join(part for part in parts if part)


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 10**9, UTC):%Y-%m-%d %H:%M} UTC"
