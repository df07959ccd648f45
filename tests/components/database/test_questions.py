from __future__ import annotations

import pytest

from components.contracts import Camera, InputError
from components.database.database import Database
from components.database.health import Report, report
from components.database.questions import Questions
from components.database.registry import Registry
from components.database.rows import Crossed
from components.database.spans import Interval, cut
from tests.components.database.stories import HOUR, MINUTE, NOON, SECOND, story, tell

START = NOON - 30 * MINUTE
MINUTES = 150  # half an hour, an hour that is summed, an hour that just ended
WHOLE = {"start": START, "end": START + MINUTES * MINUTE}


@pytest.fixture
def asked(database: Database) -> Questions:
    tell(database, story(START, MINUTES, step=2.0), every=600.0)
    return Questions(database)


def test_who_is_there_now_and_then(asked: Questions) -> None:
    assert asked.sites() == ["site"] and asked.extent("site").first == START
    assert asked.extent("site").newest == WHOLE["end"] - 2 * SECOND
    here = asked.available("site")
    assert [(stay.person, stay.zone, stay.expected) for stay in here] == [
        ("bob", "West", "unexpected"), ("ann", "East", "expected"), ("unknown", "East", "unknown"),
    ]  # fmt: skip
    assert here[1].entered == START + 148 * MINUTE and here[1].open
    then = asked.available("site", at=START + 3 * MINUTE, department="Surgery", zone="West")
    assert [stay.person for stay in then] == ["bob", "ann"]
    counts = {(row.zone, row.role): (row.people, row.unnamed) for row in asked.occupancy("site", at=START + 3 * MINUTE)}
    assert counts == {("East", "unknown"): (1, 1), ("West", "doctor"): (1, 0), ("West", "nurse"): (1, 0)}
    assert asked.available("elsewhere") == [] and asked.occupancy("site", at=START - HOUR) == []


def test_search_finds_by_id_role_and_department(asked: Questions) -> None:
    page = asked.search("site", "SURG")
    assert [found.person for found in page.people] == ["ann", "bob"] and page.total == 2
    assert asked.search("site", "surg", limit=1, offset=1).people == page.people[1:]
    ann = asked.search("site", "nurse", at=START + 3 * MINUTE).people[0]
    assert ann.present and ann.stay and (ann.stay.zone, ann.stay.entered) == ("West", START + 2 * MINUTE)
    never = asked.search("site", "ann", at=START - MINUTE).people[0]
    assert never.stay is None and not never.present
    assert asked.search("site", "100%").total == 0


def test_how_often_people_go_over_a_line(asked: Questions) -> None:
    period = {"start": START, "end": START + 9 * MINUTE}
    assert asked.crossings("site", **period) == [Crossed("Door", 2, 2)] == asked.crossings("site", **period, line="Door")
    assert asked.crossings("site", start=START, end=START + 3 * MINUTE) == [Crossed("Door", 1, 0)]
    assert asked.crossings("site", **period, line="Gate") == [] == asked.crossings("elsewhere", **period)
    with pytest.raises(InputError, match="ends after it begins"):
        asked.crossings("site", start=NOON, end=NOON)


def test_pages_of_stays_hold_every_stay_once(asked: Questions) -> None:
    all_of_them = asked.stays("site", **WHOLE, limit=1000)
    assert len(all_of_them.stays) == MINUTES // 2 + 2 and all_of_them.next is None
    pages, after = [], None
    while True:
        page = asked.stays("site", **WHOLE, limit=10, after=after)
        pages += page.stays
        if (after := page.next) is None:
            break
    assert tuple(pages) == all_of_them.stays
    of_ann = asked.stays("site", start=START + 3 * MINUTE, end=START + 5 * MINUTE, person="ann").stays
    assert [stay.zone for stay in of_ann] == ["East", "West"]


def test_sums_say_the_same_as_counting(asked: Questions, database: Database) -> None:
    with database.session() as session:
        parts = cut(session, "site", Interval(**WHOLE))
    assert [part.end - part.start for part in parts.hours] == [HOUR] and len(parts.rest) == 2
    rows = {(row.zone, row.role): row for row in asked.dwell("site", **WHOLE, by="both")}
    nurse = rows["West", "nurse"]
    assert (nurse.entries, nurse.exits, nurse.longest) == (37, 37, 118)
    assert nurse.mean == 118 and nurse.median == pytest.approx(118, rel=0.1) and nurse.p90 <= nurse.longest
    east, west = asked.dwell("site", **WHOLE)
    assert (east.role, east.person_seconds + west.person_seconds) == ("*", 3 * MINUTES * 30)
    assert asked.dwell("site", **WHOLE, by="role", zone="West", role="doctor")[0].entries == 1
    flows = asked.flows("site", **WHOLE)
    assert [(flow.from_zone, flow.to_zone, flow.times, flow.seconds) for flow in flows] == [
        ("East", "West", 37, 2.0), ("West", "East", 37, 2.0),
    ]  # fmt: skip
    assert asked.flows("site", **WHOLE, role="doctor") == []


def test_the_timeline_is_the_same_by_minutes_hours_and_days(asked: Questions) -> None:
    hours = asked.timeline("site", **WHOLE, zone="West")
    assert [bin_.watched for bin_ in hours] == pytest.approx([0.5 / 2, 0.5, 0.5])  # a moment stands for one of two seconds
    assert {bin_.most for bin_ in hours} == {2} and [bin_.mean for bin_ in hours] == pytest.approx([1.5, 1.5, 1.5], abs=0.1)
    minutes = asked.timeline("site", **WHOLE, step="minute")
    assert len(minutes) == MINUTES and {bin_.most for bin_ in minutes} == {3} and {bin_.unnamed for bin_ in minutes} == {1.0}
    (day,) = asked.timeline("site", **WHOLE, step="day", role="nurse")
    assert (day.end - day.start, (NOON - day.start) / HOUR) == (24 * HOUR, 13)  # midnight in Amsterdam
    assert day.mean == pytest.approx(1.0) and day.most == 1
    with pytest.raises(InputError, match="by the minute at most 25"):
        asked.timeline("site", start=START, end=START + 26 * HOUR, step="minute")
    with pytest.raises(InputError, match="ends after it begins"):
        asked.dwell("site", start=START, end=START)


def test_heat_is_where_people_were(asked: Questions) -> None:
    heat = asked.heat("site", **WHOLE, role="doctor")
    assert (heat.start, heat.end, heat.cell) == (NOON - HOUR, NOON + 2 * HOUR, 0.5)
    assert (heat.x, heat.y, heat.seconds) == (6.5, 2.0, ((MINUTES * 30.0,),))
    everybody = asked.heat("site", **WHOLE)
    assert sum(map(sum, everybody.seconds)) == 3 * MINUTES * 30
    assert asked.heat("elsewhere", **WHOLE).seconds == ()


def test_cameras_that_failed_come_first(asked: Questions, database: Database) -> None:
    for name in ("a", "b", "c"):
        Registry(database).add_camera(Camera(name, "hall", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), "site", NOON)
    report(database, "run", [Report("a", 9, 1, NOON, NOON + SECOND, "", 4), Report("c", 0, 0, 0, 0, "no such file")])
    states = [(row.camera, row.state, row.dropped) for row in asked.cameras("site")]
    assert states == [("c", "failed", 0), ("a", "ok", 4), ("b", "silent", 0)]
