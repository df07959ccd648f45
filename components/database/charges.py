"""The ledger of what was in charge: who appointed which version when and why, and what was refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database import locks
from components.database.chained import Chained
from components.database.database import Database
from components.database.registry import Registry
from components.database.runs import LOST
from components.database.schema import ChargeRow, RunRow

Kind = Literal["intended", "appointed", "abandoned", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One entry."""

    kind: Kind
    model: str  # its name in the registry
    alias: str
    version: str
    before: str  # the version that the alias meant until then; empty: none
    cameras: list[str]
    who: str
    why: str
    detail: Mapping[str, Any] = field(default_factory=dict)  # plain data


CHAIN = Chained(
    ChargeRow, ("kind", "model", "alias", "version", "before", "cameras", "who", "why", "detail"),
    lambda row: f"{row['kind']} {row['model']}/{row['version']}",
)  # fmt: skip

Means = Callable[[str, str], str]  # model, alias -> the version that it means now; empty: none
Switch = Callable[[str, str, str], object]  # model, version, alias: let the alias mean the version


class Charges:
    """Entries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def refuse(self, charge: Charge) -> None:
        """Note that somebody wanted a version in charge, and why it is not."""
        CHAIN.enter(self._database, lambda _session: [asdict(charge)])

    def appoint(self, charge: Charge, means: Means, switch: Switch) -> None:
        """Put a version in charge: the intent first, then the alias, then the fact, so that a crash in between can be seen.

        One at a time. Raises InputError where somebody else has changed what the alias means since `charge.before` was read.
        """
        CHAIN.enter(self._database, lambda _session: [{**asdict(charge), "kind": "intended"}])

        def change(session: Session) -> Sequence[Mapping[str, Any]]:
            locks.take(session, f"charge {charge.model} {charge.alias}")
            now = means(charge.model, charge.alias)
            if now not in (charge.before, charge.version):
                raise InputError(
                    f"{charge.model}: somebody has made version {now} the {charge.alias} meanwhile, it was "
                    f"{charge.before or 'none'}; look at python -m flows.charge, and promote again if you still want to"
                )
            going = self.open(charge.model, charge.alias) if now != charge.version else []
            switched = [row for row in going if row["version"] == now]
            switch(charge.model, charge.version, charge.alias)
            ended = [_ending(row, "appointed") for row in switched[-1:]]  # nobody else is at it: it was killed after the switch
            return [*ended, {**asdict(charge), "kind": "appointed"}]

        try:
            CHAIN.enter(self._database, change)
        except Exception as error:
            detail = {**charge.detail, "problem": str(error)}
            CHAIN.enter(self._database, lambda _session: [{**asdict(charge), "kind": "abandoned", "detail": detail}])
            raise

    def repair(self, means: Means) -> list[dict[str, Any]]:
        """End what a crash has left: an intent whose alias was moved becomes a fact, another is abandoned. What was entered."""
        entered = []
        for row in self.open():
            if time.time_ns() - row["at"] < LOST:  # somebody may be at it
                continue
            later = self._rows(row["model"], row["alias"], ChargeRow.kind == "appointed", ChargeRow.number > row["number"])
            moved = not any(later) and means(row["model"], row["alias"]) == row["version"]
            entry = _ending(row, "appointed" if moved else "abandoned")
            CHAIN.enter(self._database, lambda _session, entry=entry: [entry])  # type: ignore[misc]
            entered.append(entry)
        return entered

    def open(self, model: str = "", alias: str = "") -> list[dict[str, Any]]:
        """Intents that have no end yet, the oldest first: somebody is at it, or was killed at it."""
        change = (ChargeRow.model, ChargeRow.alias, ChargeRow.version, ChargeRow.who, ChargeRow.why)
        query = select(ChargeRow.number, ChargeRow.kind, *change).where(*_conditions(model, alias)).order_by(ChargeRow.number)
        going: dict[tuple[Any, ...], list[int]] = {}
        with self._database.session() as session:
            for number, kind, *which in session.execute(query.where(ChargeRow.kind != "refused")):
                numbers = going.setdefault(tuple(which), [])
                if kind == "intended":
                    numbers.append(number)
                elif numbers:
                    numbers.pop(0)
        left = sorted(number for numbers in going.values() for number in numbers)
        return list(CHAIN.rows(self._database, ChargeRow.number.in_(left))) if left else []

    def cameras(self) -> list[str]:
        """Those that hang anywhere now."""
        return sorted({version.camera.id for version in Registry(self._database).at(time.time_ns())})

    def at(self, moment: int, *, model: str = "", alias: str = "") -> list[dict[str, Any]]:
        """What was in charge at `moment` (ns by the wall's clock): the newest appointment of each model and alias before it."""
        found = {
            (row["model"], row["alias"]): row
            for row in self._rows(model, alias, ChargeRow.kind == "appointed", ChargeRow.at <= moment)
        }
        return [{**row, "until": self._until(row)} for row in found.values()]

    def history(self, model: str = "", alias: str = "", *, most: int = 1000) -> list[dict[str, Any]]:
        """The newest entries, the newest first."""
        conditions = _conditions(model, alias)
        query = select(ChargeRow.number).where(*conditions).order_by(ChargeRow.number.desc()).limit(most)
        with self._database.session() as session:
            oldest = min(session.scalars(query), default=0)
        return list(CHAIN.rows(self._database, *conditions, ChargeRow.number >= oldest))[::-1]

    def before(self, model: str, alias: str, version: str) -> str:
        """The version that `version` was promoted in the place of; empty where there was none.

        What was only rolled back to it does not count: two rollbacks in a row go two versions back, not forth again.
        """
        for row in reversed(list(self._rows(model, alias, ChargeRow.kind == "appointed"))):
            if row["version"] == version and row["before"] not in ("", version) and not row["detail"].get("rollback"):
                return str(row["before"])
        return ""

    def ran(self, moment: int, *, camera: str = "") -> list[dict[str, Any]]:
        """The track runs that looked at footage of `moment` (fleet time, ns), or were at work live then."""
        query = select(RunRow).where(RunRow.flow == "track").order_by(RunRow.started.desc())
        with self._database.session() as session:
            return [
                {**row.summary, "started": row.started, "finished": row.finished, "overrides": list(row.overrides)}
                for row in session.scalars(query)
                if _covers(row, moment) and (not camera or camera in row.summary.get("cameras", {camera: 0}))
            ]

    def _until(self, row: Mapping[str, Any]) -> int | None:
        """When another was appointed in its place; None: it still is in charge."""
        later = (ChargeRow.kind == "appointed", ChargeRow.number > row["number"])
        query = select(ChargeRow.at).where(*_conditions(row["model"], row["alias"]), *later).order_by(ChargeRow.number).limit(1)
        with self._database.session() as session:
            return session.scalar(query)

    def _rows(self, model: str, alias: str, *conditions: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
        return CHAIN.rows(self._database, *_conditions(model, alias), *conditions)


def _ending(intent: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """The entry that ends somebody else's intent."""
    entry = {name: intent[name] for name in CHAIN.fields if name not in ("number", "at", "previous")}
    return entry | {"kind": kind, "detail": {**intent["detail"], "repaired": f"row {intent['number']} was never ended"}}


def _conditions(model: str, alias: str) -> list[ColumnElement[bool]]:
    return [*([ChargeRow.model == model] if model else []), *([ChargeRow.alias == alias] if alias else [])]


def _covers(row: RunRow, moment: int) -> bool:
    """Whether a run's footage holds `moment`; one that has not said what it looked at is taken by when it ran."""
    start, end = row.summary.get("start", 0), row.summary.get("end", 0)
    if start and end:
        return bool(start <= moment <= end)
    return bool(row.started <= moment <= (row.finished or row.alive))
