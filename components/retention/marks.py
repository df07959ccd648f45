"""What people say of what is in the store: it must not be deleted (a legal hold), or it belongs to a class, such as incident."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import CameraVersion, DeletionRow
from components.retention.chain import Event, Kind, enter, events
from components.retention.items import Item, Span

BEGINS: dict[Literal["hold", "class"], Kind] = {"hold": "hold", "class": "class"}
ENDS: dict[Literal["hold", "class"], Kind] = {"hold": "lifted", "class": "declassified"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a mark is about: all that fits every part which is given.

    A hold by camera also covers what is of the whole site and of that time, such as positions: the camera has its share in it.
    """

    cameras: tuple[str, ...] = ()
    start: int | None = None  # fleet time, ns
    end: int | None = None  # before which
    prefix: str = ""
    dataset: str = ""  # digest

    def __post_init__(self) -> None:
        if not (self.cameras or self.prefix or self.dataset) and self.start is None and self.end is None:
            raise InputError("give what is meant: cameras=[...], since=..., until=..., prefix=... or dataset=...")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise InputError("since is not before until; expected a period such as since=2026-03-02 until=2026-03-03")

    def covers(self, item: Item) -> bool:
        if self.dataset and item.dataset != self.dataset:
            return False
        if self.prefix and item.path != self.prefix and not item.path.startswith(f"{self.prefix}/"):
            return False
        if not self.cameras and self.start is None and self.end is None:
            return True
        return not item.spans or any(self._touches(span.camera, span.start, span.end) for span in item.spans)

    def _touches(self, camera: str, start: int, end: int) -> bool:
        in_time = (self.start is None or end > self.start) and (self.end is None or start < self.end)
        return in_time and (not self.cameras or not camera or camera in self.cameras)


@dataclass(frozen=True, slots=True)
class Mark:
    """A hold, or what belongs to a class, as it was entered."""

    kind: Literal["hold", "class"]
    name: str
    scope: Scope
    category: str  # of a class
    who: str
    why: str
    at: int  # by the wall's clock, ns


def marks(database: Database) -> list[Mark]:
    """Those that are in force, oldest first."""
    found: dict[tuple[str, str], Mark] = {}
    for row in events(database, kinds=[*BEGINS.values(), *ENDS.values()]):
        if row["kind"] in ENDS.values():
            kind = next(kind for kind, end in ENDS.items() if end == row["kind"])
            found.pop((kind, row["path"]), None)
        else:
            scope = row["detail"]["scope"]
            mark = Mark(
                row["kind"], row["path"], Scope(**{**scope, "cameras": tuple(scope["cameras"])}), row["detail"]["category"],
                row["who"], row["detail"]["why"], row["at"],
            )  # fmt: skip
            found[row["kind"], row["path"]] = mark
    return list(found.values())


def known(database: Database, cameras: Sequence[str]) -> tuple[str, ...]:
    """The cameras. Raises InputError for one that the registry never had: a hold with a misspelt name protects nothing."""
    with database.session() as session:
        there = set(session.scalars(select(CameraVersion.id).distinct()))
    for name in cameras:
        if name not in there:
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected some of {', '.join(sorted(there)) or 'none yet'}"
            raise InputError(f"cameras=[{name}]: the registry never had a camera of that name; {hint}")
    return tuple(cameras)


def set_mark(
    database: Database, kind: Literal["hold", "class"], name: str, scope: Scope, *, who: str, why: str, category: str = "",
    run: str = "",
) -> None:  # fmt: skip
    """Enter a mark under a `name` that none in force has. Raises InputError where one has it, or a word is missing."""
    _signed(kind, name, who, why)
    if any(mark.name == name and mark.kind == kind for mark in marks(database)):
        raise InputError(f"{kind} {name!r} is in force already; lift it first, or give this one another name")
    detail = {"scope": {**asdict(scope), "cameras": list(scope.cameras)}, "why": why, "category": category}
    enter(database, lambda _: [Event(kind=BEGINS[kind], path=name, who=who, run=run, detail=detail)])


def lift_mark(database: Database, kind: Literal["hold", "class"], name: str, *, who: str, why: str, run: str = "") -> None:
    """End a mark; that it was there stays in the record. Raises InputError where none of that name is in force."""
    _signed(kind, name, who, why)
    there = [mark.name for mark in marks(database) if mark.kind == kind]
    if name not in there:
        raise InputError(f"there is no {kind} {name!r}; in force are: {', '.join(there) or 'none'}")
    enter(database, lambda _: [Event(kind=ENDS[kind], path=name, who=who, run=run, detail={"why": why})])


def gone(database: Database, scope: Scope) -> tuple[int, int]:
    """How many files of what `scope` covers have been deleted, and how many a sweep is about to delete or waits to."""
    deleted = sum(scope.covers(item_of(row["path"], row["detail"])) for row in events(database, kinds=["deleted"]))
    with database.session() as session:
        intended = [(row.path, row.detail) for row in session.scalars(select(DeletionRow))]
    return deleted, sum(scope.covers(item_of(*each)) for each in intended)


def item_of(path: str, detail: Mapping[str, Any]) -> Item:
    """What an intent or an event is about, as far as marks look at it."""
    spans = tuple(Span(camera, start, end) for camera, start, end in detail.get("spans", ()))
    return Item(detail.get("item", path), (path,), spans, 0)


def holds_on(item: Item, found: Iterable[Mark]) -> tuple[str, ...]:
    """The names of the holds that keep `item`."""
    return tuple(mark.name for mark in found if mark.kind == "hold" and mark.scope.covers(item))


def categories_of(item: Item, found: Sequence[Mark]) -> frozenset[str]:
    """The classes that `item` belongs to; what is of no known time belongs to none."""
    return frozenset(mark.category for mark in found if mark.kind == "class" and item.spans and mark.scope.covers(item))


def said(mark: Mark) -> dict[str, Any]:
    """For reports."""
    return {**asdict(mark), "scope": {key: value for key, value in asdict(mark.scope).items() if value not in ((), None, "")}}


def _signed(kind: str, name: str, who: str, why: str) -> None:
    if absent := [word for word, value in (("name", name), ("who", who), ("why", why)) if not value.strip()]:
        what = f"a {kind} is entered and lifted with name, who and why"
        raise InputError(f"{', '.join(absent)} is empty; {what}: they stay in the record for ever")
