"""Live cameras through the command that a user types: it ends when told, and loses nothing while store and database are away."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.runs import Runs
from components.database.schema import CameraHealth, RunRow
from components.storage.sightings import read_frames
from components.storage.storage import Storage
from flows import _live, _stopping
from flows._workers import Done, Job
from tests.flows.conftest import installed
from tests.rtsp import Picture, Server

ROOT = Path(__file__).resolve().parents[2]
SMALL = [f"fleet.every_camera.{word}" for word in ("width=320", "height=180", "fps=5")]
QUICK = ["detector=hog", "detector.enlarge=1.0", "identity=nobody", "live.file_seconds=3"]
WARD = ["fleet=live_ward", "only=[bay_a,corridor]", *SMALL, *QUICK]


@contextmanager
def following(runs: Path, *words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """`flows.track` at work; ended with the block."""
    command = [sys.executable, "-m", "flows.track", *words]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "RUNS": str(runs), **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def until(condition, seconds: float = 60.0):
    """What `condition` gives, once it gives something; what is not there yet is no error."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except (InputError, sqlite3.Error, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def rows(runs: Path, table):
    if not (runs / "wardflow.db").is_file():
        return []
    database = Database(f"sqlite:///{runs}/wardflow.db")
    try:
        with database.session() as session:
            found = session.query(table).all()
            session.expunge_all()
            return found
    finally:
        database.close()


def ended(process: subprocess.Popen[str], number: int = signal.SIGINT) -> str:
    """What the command says when it is told to end."""
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


def summary(runs: Path) -> dict:
    return json.loads(sorted(runs.glob("track/*/*/summary.json"))[-1].read_text())


def test_nothing_is_lost_while_store_and_database_are_away(runs):
    with following(runs, *WARD, "group_size=1") as process:
        until(lambda: len(list((runs / "store").glob("frames/**/*.parquet"))) >= 2)
        (running,) = rows(runs, RunRow)
        assert running.status == "running"
        assert set(running.summary) >= {"run_key", "site"} and running.summary["site"] == "simulated_ward"
        assert {row.state for row in until(lambda: rows(runs, CameraHealth))} == {"ok"}
        (runs / "store").rename(runs / "elsewhere")
        (runs / "store").write_text("away")
        lock = sqlite3.connect(runs / "wardflow.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        waiting = until(lambda: list((runs / "spool").rglob("*parquet")))
        time.sleep(4)
        assert len(list((runs / "spool").rglob("*parquet"))) > len(waiting)
        lock.execute("ROLLBACK")
        lock.close()
        (runs / "store").unlink()
        (runs / "elsewhere").rename(runs / "store")
        until(lambda: not list((runs / "spool").rglob("*parquet")))
        said = ended(process)
    assert "completed" in said
    figures = summary(runs)["figures"]
    assert figures["files_lost"] == figures["files_waiting"] == 0
    key = summary(runs)["details"]["run_key"]
    frames = read_frames(Storage(str(runs / "store")), key).to_pylist()
    assert len(frames) == figures["frames"]
    assert len({(row["camera"], row["frame"]) for row in frames}) == len(frames), "each arrived once"
    numbers = sorted(row["frame"] for row in frames if row["camera"] == "corridor")
    assert len(numbers) + figures["dropped"] >= numbers[-1] - numbers[0] + 1, "no gap but for what was dropped"
    assert {row.camera for row in rows(runs, CameraHealth)} == {"bay_a", "corridor"}


def test_a_network_camera_is_followed_through_a_cut_and_its_password_stands_nowhere(runs):
    server = Server({"ward": Picture(fps=5)})
    url = server.url("ward", "viewer:${oc.env:SECRET}@")
    words = ["fleet=stream", f"fleet.cameras.cam1.url='{url}'", "fleet.every_camera.timeout=2", *QUICK]

    def health():
        return {row.camera: row for row in rows(runs, CameraHealth)}

    with following(runs, *words, SECRET="hush-hush-7") as process:
        before = until(lambda: health()["cam1"].state == "ok" and health()["cam1"].frames if health() else 0)
        server.stop()
        message = until(lambda: health()["cam1"].state == "failed" and health()["cam1"].message)
        assert "rtsp://***@127.0.0.1" in message
        back = Server({"ward": Picture(fps=5)}, server.port)
        until(lambda: health()["cam1"].state == "ok" and health()["cam1"].frames > before + 5)
        said = ended(process, signal.SIGTERM)
        back.stop()
    assert "is back" in said
    assert "hush-hush-7" not in said
    leaks = [path for path in runs.rglob("*") if path.is_file() and b"hush-hush-7" in path.read_bytes()]
    assert leaks == []


FLEET = """site: here
zones: []
staff: []
every_camera: {_target_: components.sources.stream.Stream, timeout: 2.0, homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
cameras:
"""


def test_a_fleet_that_changes_is_followed_without_an_end_for_the_others(runs, tmp_path):
    server = Server({name: Picture(fps=5, width=160, height=128) for name in "abc"})
    file = installed(tmp_path / "site", "my_fleet", {}, {"fleet/mine": ""}) / "conf" / "fleet" / "mine.yaml"

    def health():
        return {row.camera: (row.state, row.expected > 0) for row in rows(runs, CameraHealth)}

    def write(**cameras: str) -> None:
        lines = [f"  {name}: {{url: '{server.url(url)}'}}\n" for name, url in cameras.items()]
        file.write_text(FLEET + "".join(lines))

    write(a="a", b="b")
    with following(runs, "fleet=mine", *QUICK, PYTHONPATH=str(tmp_path / "site")) as process:
        until(lambda: health() == {"a": ("ok", True), "b": ("ok", True)})
        write(a="a", c="c")
        process.send_signal(signal.SIGHUP)
        until(lambda: health() == {"a": ("ok", True), "c": ("ok", True)})
        said = ended(process)
        server.stop()
    assert "the fleet: b removed, c added" in said
    assert set(health()) == {"a", "c"}
    frames = read_frames(Storage(str(runs / "store")), summary(runs)["details"]["run_key"]).to_pylist()
    assert {row["camera"] for row in frames} == {"a", "b", "c"}


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.timeout(900)
def test_soak(runs):
    """Minutes with PostgreSQL and S3, both away for a while: latency, drops, memory, nothing lost."""
    words = ["--seconds", "240", "--away", "30", "--database", "postgresql", "--store", "s3"]
    command = [sys.executable, "benchmarks/live.py", *words]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_two_starts_share_no_key_and_one_that_was_killed_does_not_run_for_ever(runs):
    short = [*WARD, "only=[corridor]", "fleet.every_camera.seconds=1"]
    keys = set()
    for _ in range(2):
        with following(runs, *short) as process:
            said = process.communicate(timeout=90)[0]
            assert process.returncode == 0, said
        keys.add(summary(runs)["details"]["run_key"])
    assert len(keys) == 2
    with following(runs, *WARD) as process:
        until(lambda: any(row.status == "running" for row in rows(runs, RunRow)))
    database = Database(f"sqlite:///{runs}/wardflow.db")
    with database.session() as session:
        session.query(RunRow).filter(RunRow.status == "running").update({"alive": 1})
    Runs(database).begin("next", "track", [], "", published=False)
    database.close()
    states = [row.status for row in sorted(rows(runs, RunRow), key=lambda row: row.started)]
    assert states == ["completed", "completed", "failed", "running"]


def test_live_cameras_and_footage_do_not_go_together():
    sources = {
        "a": {"_target_": "components.sources.paced.Paced"},
        "b": {"_target_": "components.sources.video.Video"},
    }
    with pytest.raises(InputError, match="a are live and b are footage"):
        _live.is_live({"footage": "fleet", "sources": sources})
    assert not _live.is_live({"footage": "recorded", "sources": sources})
    assert _live.is_live({"footage": "fleet", "sources": {"a": sources["a"]}})


def test_a_group_whose_worker_was_killed_is_followed_again_with_other_tracks(monkeypatch):
    revived = _live.Revived()
    job, killed = Job("a", {"x": 1}), Done("a", {}, problem="its worker process died")
    assert revived(job, killed) is None, "what dies at once would do so again"
    monkeypatch.setattr(_live, "LASTED", 0.0)
    monkeypatch.setattr(_live, "AGAIN", 0.01)
    assert revived(job, Done("a", {"sightings": 1})) is None
    second = revived(job, killed)
    third = revived(second, killed)
    assert [second.spec, third.spec] == [{"x": 1, "attempt": 1}, {"x": 1, "attempt": 2}]
    monkeypatch.setattr(_stopping, "STOP", threading.Event())
    _stopping.STOP.set()
    assert revived(job, killed) is None, "somebody asked for it"
