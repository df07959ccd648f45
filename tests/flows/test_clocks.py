"""Clocks of cameras at work, measured over a real stream and shown."""

from __future__ import annotations

import io
import json
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.database.clocks import report
from components.database.database import Database
from components.storage.layout import sightings
from components.storage.sightings import SCHEMA
from components.storage.storage import Storage
from flows import _compared
from flows.clocks import clocks
from tests.components.clocks.test_people import walks
from tests.flows.ward import table
from tests.onvif import OnvifCamera
from tests.rtsp import Picture, Server


def test_a_clock_that_is_off_is_named_and_its_footage_has_the_right_time(runs, command):
    right, wrong = (Server({name: Picture(fps=10, width=160, height=128)}) for name in ("right", "wrong"))
    wrong.clock = 4.2
    cameras = [f"+fleet.cameras.{name}.url={server.url(name)}" for name, server in (("right", right), ("wrong", wrong))]
    words = ["fleet=stream", "~fleet.cameras.cam1", *cameras, "segment_seconds=1", "minutes=0.12", "runner=local"]
    assert command("ingest", *words).returncode == 0
    result = command("clocks")
    right.stop(), wrong.stop()
    assert result.returncode == 1 and "clock fault: wrong is 4.2 s ahead since" in result.stdout
    shown = json.loads(next(runs.glob("clocks/*/*/summary.json")).read_text())["details"]["clocks"]
    assert {one["camera"]: one["state"] for one in shown} == {"right": "right", "wrong": "fault"}
    starts = dict(table(runs, "SELECT camera, min(start) FROM segments GROUP BY camera"))
    assert abs(starts["wrong"] - starts["right"]) < 1.5e9, "both began at the same time, whatever their clocks say"
    corrections = table(runs, "SELECT clock_correction FROM segments WHERE camera = 'wrong'")
    assert all(abs(row[0] / 1e9 + 4.2) < 0.3 for row in corrections)
    assert clocks(["only=[right]"]).ok
    with pytest.raises(InputError, match="nothing is known of the clock of nobody"):
        clocks(["only=[nobody]"])


def test_before_any_camera_was_at_work_it_says_what_to_do(runs):
    summary = clocks([])
    assert summary.ok and "no camera was at work" in summary.note


def test_cameras_are_asked_for_their_own_time(runs, monkeypatch):
    monkeypatch.setenv("CAMERA_USER", "ann"), monkeypatch.setenv("CAMERA_PASSWORD", "hush-hush")
    camera = OnvifCamera()  # whose clock stands still, in 2014
    words = [
        "fleet=stream",
        "fleet.cameras.cam1.url=rtsp://${secret:CAMERA_USER}:${secret:CAMERA_PASSWORD}@127.0.0.1:554/1",
        "ask.seconds=0.2",
    ]
    try:
        asked = clocks([*words, "do=ask", f"+ask.hosts.cam1={camera.host}"])
    finally:
        camera.stop()
    assert asked.ok and asked.details["asked"]["cam1"]["by"] == "ONVIF"
    shown = clocks([])
    (one,) = shown.details["clocks"]
    assert not shown.ok and (one["way"], one["state"]) == ("device", "quarantined")
    assert "behind, as it says when it is asked (people set it by hand" in shown.failures["cam1"]
    nobody = clocks([*words, "do=ask", "+ask.hosts.cam1=127.0.0.1:9"])
    assert not nobody.ok and "does not say what time it is" in nobody.failures["cam1"] and "hush" not in str(nobody)
    with pytest.raises(InputError, match="there is no such camera"):
        clocks([*words, "do=ask", "+ask.hosts.cam7=10.0.0.1"])


@pytest.fixture
def seen(runs):
    """What a track run has found on two cameras, of which the second is 4.3 s ahead."""
    start, storage = 1_772_445_600_000_000_000, Storage(f"{runs}/store")
    for camera, walked in zip(("corridor", "lobby"), walks(3, 4.3), strict=True):
        rows = [
            {"camera": camera, "track": track, "time": start + round(when * 1e9), "x": x, "y": y}
            for track, walk in enumerate(walked) for when, (x, y) in zip(walk.times, walk.places.tolist(), strict=True)
        ]  # fmt: skip
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file)
        storage.write(sightings(camera, start, "r1"), file.getvalue())
    return storage


def test_people_whom_two_cameras_see_say_how_far_their_times_are_apart(seen, runs):
    alone = clocks(["do=people"])
    assert not alone.ok and alone.figures == {"cameras": 2, "pairs": 1}
    assert alone.note == "compared with the mean of corridor, lobby", "nobody knows which of them is right"
    assert alone.details["ahead"]["lobby"] == pytest.approx(2.15e9, abs=0.05e9)
    told = clocks(["do=people", "since=2026-03-02T10:00", "until=2026-03-02T10:10", "reference=[corridor]", "run=r1"])
    assert told.details["ahead"] == {"lobby": pytest.approx(4.3e9, abs=0.06e9)}
    assert told.failures["lobby"].startswith("clock fault: what is recorded of lobby is 4.3 s ahead, as people say")
    shown = clocks(["only=[lobby]"])
    assert shown.ok and shown.details["clocks"][0]["state"] == "fault", "nobody knows whether that is still so"
    now = time.time_ns()
    with_now = [_compared.reading("lobby", "people", 4.3, 0.01, (now - 10**9, now), 0.5)]
    report(Database(f"sqlite:///{runs}/wardflow.db"), "r1", with_now)
    assert "what is recorded of lobby" in clocks([]).failures["lobby"]
    assert clocks(["do=people", "reference=[corridor]", "trusted=5"]).ok
    for words, says in (
        (["since=2026-03-03"], "no sightings"),
        (["reference=[ward]"], "nothing to compare of ward"),
        (["run=r2"], "of r2"),
    ):
        with pytest.raises(InputError, match=says):
            clocks(["do=people", *words])
