"""A fleet is another one at night, by its config or by the clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _fleet, _launch, _profiles, fleet

FLEET = """# A ward by day and by night.
site: here
zones: []
staff: []
timezone: Europe/Amsterdam
every_camera: {_target_: components.sources.stream.Stream, timeout: 5.0}
profile: by_hours
profiles:
  weekend:
    hours: sat,sun 00:00-24:00
    every_camera: {timeout: 20.0}
  night:
    hours: "19:00-07:00"
    every_camera: {timeout: %s}
    cameras: {hall: null}
cameras:
  bay: {url: "rtsp://10.0.0.1/a"}
  hall: {url: "rtsp://10.0.0.2/a"}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "profile"),
    [
        ("2026-03-02T12:00+01:00", None), ("2026-03-02T19:00+01:00", "night"), ("2026-03-03T06:59+01:00", "night"),
        ("2026-03-03T07:00+01:00", None), ("2026-03-02T18:00+00:00", "night"), ("2026-03-07T12:00+01:00", "weekend"),
        ("2026-03-07T23:00+01:00", "weekend"), ("2026-07-01T16:59+00:00", None), ("2026-07-01T17:00+00:00", "night"),
    ],
)  # fmt: skip
def test_the_clock_of_the_site_chooses(install, monkeypatch, moment, profile):
    install("day_night", {}, {"fleet/day_night": FLEET % "10.0"})
    real = _profiles.settle
    monkeypatch.setattr(_profiles, "settle", lambda config: real(config, at(moment)))
    found = _launch.compose("ingest", ["fleet=day_night"])["fleet"]
    assert found["profile"] == profile
    timeouts = {name: spec["timeout"] for name, spec in _fleet.cameras(found).items()}
    assert timeouts == {None: {"bay": 5.0, "hall": 5.0}, "night": {"bay": 10.0}, "weekend": {"bay": 20.0, "hall": 20.0}}[profile]


def test_a_mistake_in_the_night_is_said_by_day(install):
    home = install("day_night", {}, {"fleet/day_night": FLEET % "often"})
    with pytest.raises(InputError) as error:
        fleet.plan(["fleet=day_night"])
    assert f"{home / 'conf' / 'fleet' / 'day_night.yaml'}:14: fleet.profiles.night.every_camera.timeout: " in str(error.value)


@pytest.mark.parametrize(
    ("fleet", "says"),
    [
        ({"profiles": {}}, "no profile has hours"),
        ({"profiles": {"night": {}}}, "no profile has hours"),
        ({"profiles": {"night": {"hours": "7pm"}}}, r"fleet\.profiles\.night\.hours: it is '7pm'; expected local hours"),
        ({"profiles": {"night": {"hours": "19:00-07:00"}}, "timezone": "Mars/North"}, r"fleet\.timezone is 'Mars/North'"),
    ],
)
def test_hours_that_are_none(fleet, says):
    with pytest.raises(InputError, match=says):
        _profiles.settle({"fleet": {"profile": "by_hours", **fleet}}, at("2026-03-02T12:00+01:00"))


def test_other_configs_are_left_alone():
    for config in ({}, {"fleet": None}, {"fleet": {"profile": "night"}}, {"fleet": {"profile": None}}):
        _profiles.settle(config)
        assert (config.get("fleet") or {}).get("profile") in ("night", None)


def test_the_fleet_of_the_manual_is_right(install, monkeypatch, tmp_path):
    manual = (Path(_launch.CONF).parent / "docs" / "fleet.md").read_text()
    (tmp_path / "hall").write_text("secret")
    text = manual.split("```yaml\n")[1].split("```")[0].replace("/run/secrets/hall", str(tmp_path / "hall"))
    install("manual_room", {}, {"fleet/manual": text})
    monkeypatch.setenv("CAMERA_USER", "viewer")
    monkeypatch.setenv("CAMERA_PASSWORD", "hush-hush")
    config = fleet.plan(["fleet=manual", "fleet.profile=null"])
    bay, hall = _fleet.entries(config["fleet"]).values()
    assert (bay.declared["megabits"], bay.source["timeout"], hall.declared["megabits"]) == (2.0, 10.0, 4.0)
    assert list(_fleet.cameras(fleet.plan(["fleet=manual", "fleet.profile=night"])["fleet"])) == ["bay_1"]
