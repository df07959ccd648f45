"""A fleet that was imported is one that flows read, and no secret is in it."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from flows import _launch, _wiring, fleet, ingest
from tests.components.fleet.test_frigate import CONFIG
from tests.onvif import ANSWERS, Answering, OnvifCamera


@pytest.fixture
def new(install, monkeypatch):
    """The file of a new fleet where flows find it."""
    for name in ("CAMERA_USER", "CAMERA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return install("new_room", {}, {"fleet/other": "# Other.\nsite: x\n"}) / "conf" / "fleet" / "ward_9.yaml"


def imported(new, *words):
    return fleet.fleet(["do=import", f"imports.to={new}", *words])


def test_cameras_of_the_network_become_a_fleet(new, monkeypatch):
    monkeypatch.setenv("CAMERA_USER", "viewer")
    monkeypatch.setenv("CAMERA_PASSWORD", "hush/hush")
    camera = OnvifCamera(user="viewer", password="hush/hush")
    there = Answering([f"http://{camera.host}/onvif/device_service"])
    monkeypatch.setattr("components.fleet.discovery.discover.__kwdefaults__", {"interface": "", "group": there.group})
    try:
        summary = imported(new, "imports.discover=1", "imports.interface=127.0.0.1", f"imports.hosts=[{camera.host}]")
    finally:
        camera.stop()
        there.stop()
    assert summary.figures == {"cameras": 2, "left_out": 0} and "hush" not in new.read_text()
    config = ingest.plan(["fleet=ward_9"])
    assert list(config["sources"]) == ["camera-127-0-0-1", "PREDATOR"]
    assert config["sources"]["PREDATOR"]["url"] == "rtsp://viewer:hush%2Fhush@192.168.68.111/h264main"
    assert config["fleet"]["every_camera"]["declared"] == {
        "width": 1920,
        "height": 1080,
        "fps": 5.0,
        "codec": "h264",
        "megabits": 1.0,
    }
    budget = fleet.fleet(["fleet=ward_9", "do=budget"])
    assert budget.figures["gigabytes_per_day"] == pytest.approx(2 * 10.8)
    assert fleet.fleet(["fleet=ward_9", "do=apply"]).figures["new"] == 2


def test_a_config_of_frigate_becomes_a_fleet(new, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.yml").write_text(CONFIG)
    summary = imported(new, f"imports.frigate={tmp_path / 'config.yml'}", "imports.stream=second")
    assert not summary.ok and set(summary.failures) == {"old", "usb", "empty", "none"}
    assert "CAMERA_BAY_1_PASSWORD" in summary.note and "FRIGATE_HALL" in summary.note
    assert "pa$s" not in new.read_text() + capsys.readouterr().out
    for name in summary.details["variables"]:
        monkeypatch.setenv(name, f"x-{name}")
    assert fleet.fleet(["fleet=ward_9"]).figures["cameras"] == 3
    url = _launch.compose("ingest", ["fleet=ward_9"])["fleet"]["cameras"]["hall"]["url"]
    assert url == "rtsp://x-CAMERA_HALL_USER:x-FRIGATE_HALL@10.0.0.6/live?a=1&b=2"


def test_profiles_in_files_become_a_fleet(new, tmp_path, monkeypatch):
    (tmp_path / "bay.xml").write_text((ANSWERS / "GetProfiles.xml").read_text() + (ANSWERS / "GetStreamUri.xml").read_text())
    (tmp_path / "hall.xml").write_text((ANSWERS / "GetProfiles.xml").read_text())
    summary = imported(new, f"imports.profiles={tmp_path}")
    assert summary.figures["cameras"] == 2 and "set in the environment" in summary.note
    monkeypatch.setenv("CAMERA_USER", "u")
    monkeypatch.setenv("CAMERA_PASSWORD", "p")
    with pytest.raises(InputError, match=r"fleet\.cameras\.hall\.url"):  # the file does not say it
        ingest.plan(["fleet=ward_9"])
    config = ingest.plan(["fleet=ward_9", "fleet.cameras.hall.url=rtsp://10.0.0.9/"])
    assert _wiring.make(config["sources"]["bay"]).camera.id == "bay"


def test_a_file_that_is_there_is_only_replaced_when_asked(new, tmp_path):
    (tmp_path / "bay.xml").write_text((ANSWERS / "GetProfiles.xml").read_text())
    words = [f"imports.profiles={tmp_path / 'bay.xml'}"]
    imported(new, *words)
    new.write_text("mine")
    with pytest.raises(InputError, match=r"is there already; .*imports\.replace=true"):
        imported(new, *words)
    assert new.read_text() == "mine"
    imported(new, *words, "imports.replace=true")
    assert new.read_text().startswith("# 1 camera from bay.xml") and [file.name for file in new.parent.glob(".*")] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "takes one of .*; none is given"),
        (["imports.frigate=a", "imports.profiles=b"], "several are given"),
        (["imports.frigate=/nowhere.yml"], r"imports\.frigate=/nowhere\.yml: .*No such file"),
        (["imports.hosts=['127.0.0.1:9']"], "no camera was found in 1 ONVIF devices: 127.*does not answer"),
        (["imports.discover=500"], "imports.discover: .*less than or equal to 120"),
        (["imports.stream=third"], "imports.stream: .*'main'"),
    ],
)  # fmt: skip
def test_words_that_do_not_fit(new, words, says):
    with pytest.raises(InputError, match=says):
        imported(new, *words)


@pytest.mark.parametrize(
    ("to", "says"), [("null", "needs imports.to"), ("'../x'", "expected a name"), ("'a b.yaml'", "expected a name")]
)
def test_names_of_a_fleet_that_are_none(to, says):
    with pytest.raises(InputError, match=says):
        fleet.fleet(["do=import", f"imports.to={to}", "imports.frigate=x"])
