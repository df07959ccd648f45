"""A small site where it is known who was where: what the tests of facts are about."""

from __future__ import annotations

from collections.abc import Iterator

from components.contracts import Line, Person, Position, Zone
from components.database.database import Database
from components.database.fact_store import FactStore
from components.database.registry import Registry
from components.facts.facts import Facts
from components.facts.moments import Moment
from components.zones.lines import Lines
from components.zones.presences import Presences

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOON = 1_772_712_000 * SECOND  # 2026-03-05 12:00 UTC, 13:00 in Amsterdam
ZONES = tuple(Zone(name, "room", ((x, 0), (x + 4, 0), (x + 4, 4), (x, 4))) for name, x in (("East", 0), ("West", 4)))
LINES = (Line("Door", (4, 4), (4, 0)),)  # from East to West is in
EVERYBODY = ("ann", "bob", "stranger")
ROSTER = (Person("ann", "nurse", "Surgery", "08:00-20:00", 1), Person("bob", "doctor", "Surgery", "20:00-08:00", 2))


def position(time: int, who: str, x: float) -> Position:
    """`who` is on the roster, or a stranger."""
    person = next((p for p in ROSTER if p.id == who), None)
    name, role, sure = (person.id, person.role, 0.9) if person else ("unknown", "unknown", 0.0)
    zone = "East" if x < 4 else "West" if x < 8 else "unknown"
    return Position(time, f"id-{who}", name, role, sure, x, 2.0, 0.1, zone, ("cam",), ("cam/1",), "")


def story(
    start: int, minutes: int, *, people: tuple[str, ...] = ("ann", "bob", "stranger"), step: float = 1.0
) -> Iterator[Moment]:
    """Ann changes rooms every two minutes, from East; the others stay: Bob in the West, strangers in the East."""
    for i in range(round(minutes * 60 / step)):
        time = start + round(i * step * SECOND)
        ann = 2.0 if (time - start) // (2 * MINUTE) % 2 == 0 else 6.0
        yield time, [position(time, who, {"ann": ann, "bob": 6.5}.get(who, 1.0)) for who in people]


def tell(database: Database, told: Iterator[Moment], *, run: str = "run", site: str = "site", every: float = 60.0) -> None:
    """Enter a story as a run does."""
    Registry(database).set_floor(site, ZONES)
    Registry(database).set_staff(ROSTER)
    store = store_of(database, run=run, site=site, every=every)
    for time, people in told:
        store.write(time, people)
    store.close()


def store_of(database: Database, *, run: str = "run", site: str = "site", every: float = 60.0) -> FactStore:
    stays = Presences(site=site, zones=ZONES, roster=ROSTER, timezone="Europe/Amsterdam")
    facts = Facts(stays, crossings=Lines(site=site, lines=LINES), step=1.0)
    return FactStore(database, facts, run=run, site=site, timezone="Europe/Amsterdam", every=every, step=1.0)
