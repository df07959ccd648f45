from __future__ import annotations

import copy
import json
import random
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from components.contracts import InputError
from components.roster.entries import Contents, Duty
from components.roster.fhir import Codes, read
from tests.components.roster.bundles import ICU, WARD, bundle, practitioner, role, schedule, slot

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def contents(tmp_path: Path):
    def of(value: object, codes: Codes | None = None) -> Contents:
        (tmp_path / "bundle.json").write_text(json.dumps(value))
        return read(tmp_path / "bundle.json", zone=BERLIN, codes=codes or Codes())

    return of


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()) * 10**9


def test_a_ward(contents):
    found = contents(WARD, Codes(roles={"224535009": "nurse"}))
    (entry,) = found.entries
    assert (entry.where, entry.person) == ("PractitionerRole/r1", "ann")
    assert entry.duty == Duty("nurse", "Intensive care", "mon,tue 07:00-15:00; sat 00:00-24:00", 7)
    assert (entry.start, entry.end) == (ns("2026-01-01"), ns("2026-07-01"))  # the last day is part of a period
    assert [(s.where, s.start, s.end) for s in found.shifts] == [
        ("Slot/1", ns("2026-03-02 07:00"), ns("2026-03-02 12:00")), ("Slot/4", ns("2026-03-02 13:00"), ns("2026-03-02 15:00")),
    ]  # fmt: skip
    assert found.planned == {"ann": (ns("2026-03-01"), ns("2026-04-01"))}
    assert {(title.kind, title.id, title.name) for title in found.titles} == {
        ("role", "nurse", "Registered nurse"), ("department", "Intensive care", "Intensive care"),
    }  # fmt: skip
    assert found.refusals == []


def test_no_name_is_read(contents):
    assert "Personal" not in repr(contents(WARD))


def test_other_ways_to_say_it(contents):
    person = practitioner("x", identifier=[{"system": "hr", "value": "4711"}])
    loose = role("r", "x", code=[{"text": "porter"}], organization={"display": "Transport"}, availableTime=[], period=None)
    loose["practitioner"] = {"reference": "urn:uuid:Practitioner-x"}
    found = contents(bundle(person, loose, schedule("s", "urn:uuid:Practitioner-x", planningHorizon=None)), Codes(person="hr"))
    (entry,) = found.entries
    assert (entry.person, entry.duty, entry.start, entry.end) == ("4711", Duty("porter", "Transport", "", None), None, None)
    assert found.refusals == [] and found.planned == {}


def test_who_has_left(contents):
    gone = contents(bundle(practitioner("a", active=False), practitioner("b"), role("r", "b", active=False), ICU))
    assert [(leaving.where, leaving.person, leaving.at) for leaving in gone.leavings] == [
        ("PractitionerRole/r", "b", ns("2026-07-01")), ("Practitioner/a", "a", None),
    ]  # fmt: skip
    assert gone.entries == [] and gone.refusals == []


def test_an_old_role_that_is_over_does_not_end_a_new_one(contents):
    found = contents(bundle(practitioner("a"), role("old", "a", active=False), role("new", "a"), ICU))
    assert found.leavings == [] and [entry.where for entry in found.entries] == ["PractitionerRole/new"]
    left = contents(bundle(practitioner("a", active=False), role("new", "a"), ICU))
    assert left.entries == [] and [leaving.where for leaving in left.leavings] == ["Practitioner/a"]


@pytest.mark.parametrize(
    ("resources", "where", "why"),
    [
        ([practitioner("a")], "Practitioner/a", "no PractitionerRole"),
        ([role("r", "nobody"), ICU], "PractitionerRole/r", "Practitioner/nobody, and there is no such Practitioner"),
        ([practitioner("a"), role("r", "a", code=[]), ICU], "PractitionerRole/r", "no code"),
        ([practitioner("a"), role("r", "a", period={"start": "2026-02", "end": "2026-01"})], "PractitionerRole/r", "period ends"),
        ([practitioner("a"), role("r", "a", period={"start": "spring"})], "PractitionerRole/r", "spring"),
        (
            [practitioner("a"), role("r", "a", availableTime=[{"daysOfWeek": ["mon"]}])],
            "PractitionerRole/r",
            "availableStartTime",
        ),
        (
            [practitioner("a"), role("r", "a", availableTime=[{"daysOfWeek": ["Mon"], "allDay": True}])],
            "PractitionerRole/r",
            "Mon",
        ),
        ([practitioner("a"), role("r", "a", code="nurse")], "PractitionerRole/r", "code is not a list"),
        (
            [practitioner("a"), role("r", "a"), schedule("s", "Location/1"), slot("1", "s", "07:00", "08:00")],
            "Slot/1",
            "no actor",
        ),
        ([practitioner("a"), role("r", "a"), slot("1", "s", "07:00", "08:00")], "Slot/1", "Schedule/s"),
        (
            [practitioner("a"), role("r", "a"), schedule("s", "Practitioner/a"), slot("1", "s", "08:00", "07:00")],
            "Slot/1",
            "not after",
        ),
        (
            [practitioner("a", identifier=[{"system": "urn:wardflow:badge", "value": "x"}]), role("r", "a")],
            "PractitionerRole/r",
            "badge",
        ),
    ],
)
def test_resources_that_cannot_be_used(contents, resources, where, why):
    refused = {refusal.where: refusal.why for refusal in contents(bundle(*resources)).refusals}
    assert why in refused[where]


@pytest.mark.parametrize("value", ["text", [1], {"resourceType": "Patient"}, {}])
def test_files_that_are_something_else(contents, value):
    with pytest.raises(InputError, match="no FHIR bundle"):
        contents(value)


def test_what_is_no_json(tmp_path):
    for content in (b"{", b"\xff\xfe\x00", b"[" * 100_000, b""):
        (tmp_path / "x.json").write_bytes(content)
        with pytest.raises(InputError, match="not JSON"):
            read(tmp_path / "x.json", zone=BERLIN, codes=Codes())


@pytest.mark.parametrize("seed", range(60))
def test_whatever_stands_in_a_resource_it_is_used_or_refused(contents, seed):
    """Values replaced at random by what does not belong there."""
    chance, value = random.Random(seed), copy.deepcopy(WARD)
    for _ in range(3):
        place = value["entry"][chance.randrange(len(value["entry"]))]["resource"]
        while isinstance(place, dict | list) and place:
            key = chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
            if chance.random() < 0.5 or not isinstance(place[key], dict | list):
                place[key] = chance.choice([None, 3, "x", [], {}, [None], [3], {"x": 1}, "2026-03-02", True, -1e30])
                break
            place = place[key]
    contents(value)
