"""What Prometheus gets to read, and who may."""

from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from components.clocks.kernel import Kept
from components.clocks.own import Own
from components.dashboard.app import application
from components.database import own_clocks
from components.database.health import Report, Waiting, report, report_waiting
from components.database.holes import Holes

SECOND = 10**9


@pytest.fixture
def client(ward):
    ward.furnish()
    app, _ = application(ward.storage, ward.database, password="hush", hosts=("*",), token="t0ken")
    with TestClient(app, follow_redirects=False) as client:
        client.headers["Authorization"] = "Bearer t0ken"
        yield client


def scraped(client) -> dict[tuple[str, str], float]:
    """The value of each metric of each camera, or folder."""
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    samples = (sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)
    labels = ("camera", "folder", "machine")
    return {
        (one.name.removeprefix("wardflow_"), next(one.labels[label] for label in labels if label in one.labels)): one.value
        for one in samples
    }


def test_cameras_their_gaps_and_what_waits_are_there(client, ward, tmp_path):
    found = scraped(client)
    assert {camera: value for (name, camera), value in found.items() if name == "camera_up"} == dict.fromkeys(ward.CAMERAS, 0.0)
    now = time.time_ns()
    good = Report("cam1", 250, 0, now - 10 * SECOND, now, "", lately=21.0, expected=25.0, dropped=3)
    report(ward.database, "run", [good, Report("cam2", 0, 0, 0, 0, "no route to host", lately=0.0)])
    Holes(ward.database).enter("cam1", [(now - 9 * SECOND, now - 5 * SECOND), (now - 3 * SECOND, now - SECOND)], "cable")
    report_waiting(ward.database, "run", tmp_path, Waiting(files=7, bytes=9000, since=now, lost=2, problem="away"))
    found = scraped(client)
    of = {name: value for (name, camera), value in found.items() if camera == "cam1"}
    assert (of["camera_up"], of["camera_frames_per_second"], of["camera_expected_frames_per_second"]) == (1.0, 21.0, 25.0)
    assert (of["camera_frames_total"], of["camera_dropped_frames_total"]) == (250, 3)
    assert (of["camera_gaps_total"], of["camera_gap_seconds_total"]) == (2, 6.0)
    assert of["camera_last_frame_timestamp_seconds"] == pytest.approx(now / SECOND)
    assert found["camera_up", "cam2"] == 0.0 and found["camera_problem", "cam2"] == 1.0
    assert (found["spool_files", str(tmp_path)], found["spool_lost_files_total", str(tmp_path)]) == (7, 2)
    assert 'problem="no route to host"' in client.get("/metrics").text


def test_a_camera_of_which_nobody_says_anything_any_more_is_down(client, ward, monkeypatch):
    report(ward.database, "run", [Report("cam1", 250, 0, 0, time.time_ns(), "", lately=21.0)])
    assert scraped(client)["camera_up", "cam1"] == 1.0
    later = time.time_ns() + 60 * SECOND
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert scraped(client)["camera_up", "cam1"] == 0.0


def test_the_clock_of_a_machine_that_records_is_there_while_it_does(client, ward, monkeypatch):
    own_clocks.report(ward.database, "run", Own(Kept(True, 12_000_000), -SECOND // 2, 1, -SECOND, 5))
    own = {name: value for (name, _), value in scraped(client).items() if name.startswith("own_clock")}
    assert own == {
        "own_clock_synchronised": 1.0, "own_clock_error_seconds": 0.012, "own_clock_behind_seconds": -0.5,
        "own_clock_steps_total": 1,
    }  # fmt: skip
    later = time.time_ns() + 60 * SECOND
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert not [name for name, _ in scraped(client) if name.startswith("own_clock")]


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic t0ken"])
def test_without_the_token_there_is_nothing_to_read(client, given):
    client.headers["Authorization"] = given
    assert client.get("/metrics").status_code == 401


def test_the_token_opens_nothing_else(client):
    assert client.get("/api/health").status_code == 401


def test_no_token_set_lets_nobody_in(ward):
    app, _ = application(ward.storage, ward.database, password="hush", hosts=("*",))
    with TestClient(app) as client:
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_the_page_says_what_a_camera_misses(client, ward):
    now = time.time_ns()
    holes = [(now - 9 * SECOND, now - 5 * SECOND), (now - 30 * 3600 * SECOND, now - 29 * 3600 * SECOND)]
    Holes(ward.database).enter("cam1", holes, "cable")
    report(ward.database, "run", [Report("cam1", 250, 0, 0, now, "", lately=21.0, expected=25.0)])
    client.post("/login", data={"password": "hush"})
    cameras = {camera["camera"]: camera for camera in client.get("/api/health").json()["cameras"]}
    said = {key: cameras["cam1"][key] for key in ("expected", "gaps", "missing_ms", "gap_reason")}
    assert said == {"expected": 25.0, "gaps": 1, "missing_ms": 4000, "gap_reason": "cable"}
