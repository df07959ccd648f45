"""What `flows.fleet` shows of a fleet, and what it enters."""

from __future__ import annotations

import json

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.fleet import Change
from components.database.registry import Registry
from flows import _registered, fleet
from flows._fleet import Entry

VIDEO = ["fleet=video", "fleet.cameras.cam1.uri=/footage/a.mp4", "+fleet.cameras.cam2.uri=/footage/b.mp4"]
NIGHT = "+fleet.profiles={night: {cameras: {cam2: {location: Hall}}}}"


@pytest.fixture
def registry(runs):
    database = Database(f"sqlite:///{runs}/wardflow.db")
    yield Registry(database)
    database.close()


def test_a_fleet_is_shown_then_entered_then_there_is_nothing_to_do(capsys, registry):
    shown = fleet.fleet(VIDEO)
    assert (shown.status, shown.figures["new"], shown.next[-8:]) == ("completed", 2, "do=apply")
    assert registry.at(2**62) == []
    assert "/footage/a.mp4" in capsys.readouterr().out
    entered = fleet.fleet([*VIDEO, "do=apply"])
    assert (entered.status, entered.figures["new"]) == ("completed", 2)
    assert entered.next == " ".join(["python -m flows.ingest", *VIDEO])
    assert [version.camera.id for version in registry.at(2**62)] == ["cam1", "cam2"]
    assert fleet.fleet([*VIDEO, "do=apply"]).status == "unchanged"
    assert fleet.fleet(VIDEO).note == "the registry says the same"


def test_what_changed_is_shown_key_by_key_and_since_is_the_beginning(capsys, registry):
    fleet.fleet([*VIDEO, "do=apply", "since=2026-03-01"])
    summary = fleet.fleet([*VIDEO[:2], "+fleet.cameras.cam1.location=Hall", "since=2026-03-02T14:00", "do=apply"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["cam1", "changed", "location", "Hall"] in lines and ["cam2", "gone"] in lines
    assert (summary.figures["changed"], summary.figures["gone"]) == (1, 1)
    first, second = registry.versions("cam1")
    assert first.valid_until == second.valid_from == 1_772_460_000 * 10**9
    assert json.loads(json.dumps(summary.details["changes"]))[0]["after"] == "Hall"


def test_a_camera_that_is_switched_off_is_not_gone(registry):
    fleet.fleet([*VIDEO, "do=apply"])
    assert fleet.fleet([*VIDEO, "fleet.cameras.cam2=null", "do=apply"]).status == "unchanged"


def test_a_profile_is_shown_with_the_cameras_that_it_changes(capsys):
    summary = fleet.fleet([*VIDEO, NIGHT, "+fleet.profile=night"])
    rows = [line.split()[:3] for line in capsys.readouterr().out.splitlines() if "/footage" in line]
    assert rows == [["cam1", "-", "-"], ["cam2", "-", "night"]] and summary.ok


def test_nothing_is_entered_while_one_camera_cannot_be_made(registry):
    summary = fleet.fleet([*VIDEO, "+fleet.cameras.cam2.homography=/nowhere.txt", "do=apply"])
    assert summary.status == "failed" and summary.note == "nothing was entered"
    assert "three rows of three numbers" in summary.failures["cam2"]
    assert registry.at(2**62) == []


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("do=aply", "do: input should be 'show'.* or "),
        ("since=yesterday", "since is 'yesterday'; expected a day"),
        ("+fleet.every_camera.declared={fpss: 5}", "declared.fpss: Declared has no such argument; did you mean 'fps'"),
        ("+fleet.every_camera.declared={fps: fast}", "fps: .*valid number"),
        ("+fleet.every_camera.declared={codec: vp9}", "codec: .*'h264'"),
    ],
)
def test_words_that_do_not_fit(word, says):
    with pytest.raises(InputError, match=says):
        fleet.fleet([*VIDEO, word])


def test_pictures_are_what_is_declared_or_else_what_the_source_makes():
    source = {"width": 640, "height": 480, "fps": 5}
    assert _registered.picture(Entry(source, None, {})) == "640x480 at 5"
    assert _registered.picture(Entry(source, None, {"fps": 12.5, "codec": "h265"})) == "640x480 at 12.5 h265"
    assert _registered.picture(Entry({}, None, {})) == "-"


def test_long_values_are_one_word_with_a_digest():
    assert _registered._short(((0.123456, 1.0), (2.0, 3.0))) == "[[0.1235 1] [2 3]]"
    assert len(_registered._short("x" * 100)) < 70


def test_many_cameras_that_changed_alike_are_one_line(capsys):
    _registered._changes([Change(f"cam{i:02}", "new") for i in range(30)] + [Change("x", "changed", "location", "A", "B")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "cam" in line or line.startswith("x ")]
    assert lines[1:] == [["cam00", "...", "cam29", "(30", "cameras)", "new"], ["x", "changed", "location", "A", "B"]]
