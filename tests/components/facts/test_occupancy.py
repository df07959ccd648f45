from __future__ import annotations

from components.contracts import Position
from components.facts.occupancy import MINUTE, Minutes, Occupancy, Watched


def _people(*whereabouts: tuple[str, str, str]) -> list[Position]:
    return [Position(0, str(i), who, role, 0.0, 0, 0, 0.1, zone, (), (), "") for i, (who, role, zone) in enumerate(whereabouts)]


def test_people_are_counted_by_zone_role_and_minute() -> None:
    minutes = Minutes(step=0.2)
    minutes.see(0, _people(("ann", "nurse", "A"), ("unknown", "nurse", "A"), ("bob", "doctor", "A")))
    minutes.see(MINUTE - 1, _people(("ann", "nurse", "A"), ("bob", "doctor", "B")))
    minutes.see(MINUTE, [])
    assert minutes.rows() == [
        Occupancy(0, "A", "doctor", 0.2, 0.0, 1, 3),
        Occupancy(0, "A", "nurse", 0.6, 0.2, 2, 3),
        Occupancy(0, "B", "doctor", 0.2, 0.0, 1, 1),
    ]
    assert minutes.watched() == [Watched(0, 0.4, 3), Watched(MINUTE, 0.2, 0)]


def test_what_is_final_is_forgotten() -> None:
    minutes = Minutes(step=0.2)
    for time in (0, MINUTE, MINUTE + 5):
        minutes.see(time, _people(("ann", "nurse", "A")))
    minutes.forget(MINUTE)
    assert [row.minute for row in minutes.rows()] == [MINUTE] and [row.minute for row in minutes.watched()] == [MINUTE]
