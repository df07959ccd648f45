from __future__ import annotations

import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.facts import write
from components.database.questions import Questions
from components.database.schema import Base, CrossingRow, HeatRow, PresenceRow, TransitionRow
from components.facts.facts import Facts
from components.zones.presences import Presences
from tests.components.database.stories import HOUR, MINUTE, NOON, SECOND, ZONES, position, story, tell

TABLES = (
    "presences",
    "transitions",
    "crossings",
    "watched",
    "occupancy",
    "heat",
    "spans",
    "zone_hours",
    "zone_days",
    "flow_days",
    "heat_days",
)


def _everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.session() as session:
        return {name: sorted(map(tuple, session.execute(select(Base.metadata.tables[name])))) for name in TABLES}


def test_the_same_story_told_again_or_in_other_pieces_changes_nothing(database: Database) -> None:
    tell(database, story(NOON, 64, step=2.0))
    once = _everything(database)
    assert len(once["transitions"]) == len(once["crossings"]) == 31 and len(once["watched"]) == 64
    tell(database, story(NOON, 64, step=2.0))
    assert _everything(database) == once
    tell(database, story(NOON, 64, step=2.0), every=25.0)
    assert _everything(database) == once


def test_another_run_replaces_its_own_period_and_no_more(database: Database) -> None:
    tell(database, story(NOON, 30), run="old")
    tell(database, story(NOON, 30), run="other site", site="elsewhere")
    elsewhere = Questions(database).stays("elsewhere", start=NOON, end=NOON + HOUR)
    tell(database, story(NOON + 10 * MINUTE, 10, people=("bob",)), run="new")
    with database.session() as session:
        stays = session.scalars(select(PresenceRow).where(PresenceRow.site == "site")).all()
        bob = sorted((row.entered, row.left, row.run) for row in stays if row.person == "bob")
        moves = session.scalars(select(TransitionRow.entered).where(TransitionRow.site == "site")).all()
    assert [run for _, _, run in bob] == ["old", "new", "old"]
    assert bob[0][1] < bob[1][0] == NOON + 10 * MINUTE and bob[1][1] < bob[2][0] == NOON + 20 * MINUTE
    assert not [time for time in moves if NOON + 10 * MINUTE <= time < NOON + 20 * MINUTE] and moves
    assert Questions(database).stays("elsewhere", start=NOON, end=NOON + HOUR) == elsewhere
    bins = Questions(database).timeline("site", start=NOON, end=NOON + 30 * MINUTE, step="minute")
    assert [bin_.most for bin_ in bins] == [3] * 10 + [1] * 10 + [3] * 10


def test_a_crossing_that_is_known_late_is_there_once(database: Database) -> None:
    away = [(0, 2.0), (57, 2.0), (58, None), (60, None), (61, 6.0), (62, 6.0)]  # through the door before the minute, out of sight
    moments = [(NOON + t * SECOND, [position(NOON + t * SECOND, "ann", x)] if x else []) for t, x in away]
    for every in (1.0, 60.0, 1.0):
        tell(database, iter(moments), every=every)
        with database.session() as session:
            (row,) = session.scalars(select(CrossingRow)).all()
            assert (row.line, row.direction, row.person, row.run) == ("Door", "in", "ann", "run")
            assert row.time == NOON + 59 * SECOND


def test_crossings_of_another_run_are_replaced_in_its_period_only(database: Database) -> None:
    tell(database, story(NOON, 12), run="old")
    tell(database, story(NOON + 4 * MINUTE, 4, people=("bob",)), run="new")
    with database.session() as session:
        times = session.scalars(select(CrossingRow.time).order_by(CrossingRow.time)).all()
    assert [(time - NOON + SECOND) // MINUTE for time in times] == [2, 4, 10]  # that just before minute 8 is gone


def test_facts_begin_with_time_itself(database: Database) -> None:
    tell(database, story(0, 4), every=60.0)
    asked = Questions(database)
    assert [bin_.watched for bin_ in asked.timeline("site", start=0, end=4 * MINUTE, step="minute")] == [1.0] * 4
    assert min(stay.entered for stay in asked.stays("site", start=0, end=HOUR).stays) == 0


def test_a_restart_within_the_hour_keeps_the_heat_of_before(database: Database) -> None:
    tell(database, story(NOON, 10), run="one")
    tell(database, story(NOON + 20 * MINUTE, 10), run="two")
    with database.session() as session:
        assert sorted(session.scalars(select(HeatRow.run).where(HeatRow.role == "*"))) == ["one", "two"]
    seconds = Questions(database).heat("site", start=NOON, end=NOON + HOUR).seconds
    assert sum(map(sum, seconds)) == pytest.approx(3 * 20 * 60)


def test_a_finished_day_that_is_corrected_is_summed_again(database: Database) -> None:
    evening = NOON + 9 * HOUR
    tell(database, story(evening, 182, people=("ann",), step=4.0), every=3600.0)
    period = {"start": NOON - 12 * HOUR, "end": NOON + 12 * HOUR}
    before = Questions(database).dwell("site", **period, by="role", role="nurse")
    tell(database, story(evening + HOUR, 60, people=(), step=4.0), run="nobody")
    after = Questions(database).dwell("site", **period, by="role", role="nurse")
    assert before[0].entries - after[0].entries == pytest.approx(30, abs=2)
    assert before[0].person_seconds - after[0].person_seconds == 900  # 900 moments; each stands for a second


def test_a_timezone_that_is_none_is_refused(database: Database) -> None:
    facts = Facts(Presences(site="site", zones=ZONES), step=1.0)
    facts.see(NOON, [])
    batch = facts.flush()
    assert batch and (batch.start, batch.end) == (NOON, NOON + SECOND)
    with pytest.raises(InputError, match="Europe/Atlantis"):
        write(database, run="run", site="site", batch=batch, timezone="Europe/Atlantis")
