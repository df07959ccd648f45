"""`flows.ingest` of cameras at work, as a user runs it: until it is asked to stop, and after it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.flows.ward import segments, table
from tests.rtsp import Picture, Server

ROOT = Path(__file__).resolve().parents[2]
CAMERAS = ("a", "b", "c")


@pytest.fixture
def server():
    found = Server({name: Picture(fps=10, width=160, height=128) for name in CAMERAS})
    yield found
    found.stop()


def begun(server: Server, runs: Path, *words: str) -> subprocess.Popen[str]:
    cameras = [f"+fleet.cameras.{name}.url={server.url(name)}" for name in CAMERAS]
    return subprocess.Popen(
        [sys.executable, "-m", "flows.ingest", "fleet=stream", "~fleet.cameras.cam1", *cameras, "segment_seconds=1", *words],
        cwd=ROOT, env={**os.environ, "RUNS": str(runs)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def until(check, patience: float = 60.0) -> None:
    end = time.monotonic() + patience
    while not check():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def arrived(runs: Path) -> int:
    return (
        len(segments(runs))
        if (runs / "wardflow.db").is_file() and table(runs, "SELECT 1 FROM sqlite_master WHERE name = 'segments'")
        else 0
    )


def test_a_kill_of_everything_and_the_next_run_goes_on_with_nothing_double(server, runs):
    process = begun(server, runs, "group_size=2")
    until(lambda: arrived(runs) >= 6)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = segments(runs)
    again = begun(server, runs, "group_size=2", "minutes=0.1")
    out, _ = again.communicate(timeout=90)
    assert again.returncode == 0 and "Traceback" not in out, out
    after = segments(runs)
    assert set(before) <= set(after) and len({(row[0], row[4]) for row in after}) == len(after)
    for camera in CAMERAS:
        own = sorted((row for row in after if row[0] == camera), key=lambda row: row[3])
        assert all(later[3] >= earlier[4] - 20_000_000 for earlier, later in pairwise(own)), "no moment is there twice"
        assert all((runs / "store" / str(row[8])).is_file() for row in own)
    assert {row[0] for row in table(runs, "SELECT camera FROM gaps WHERE reason = 'recording began'")} == set(CAMERAS)


def test_asked_to_stop_it_keeps_what_came_and_says_so(server, runs):
    process = begun(server, runs)
    until(lambda: arrived(runs) >= 3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in out, out
    summary = json.loads(next(runs.glob("ingest/*/*/summary.json")).read_text())
    assert summary["status"] == "completed" and summary["figures"]["segments"] == len(segments(runs))
    assert summary["figures"]["files_waiting"] == 0 and summary["figures"]["gaps"] == 0


def test_a_simulated_camera_at_work_has_no_packets_to_keep(command):
    result = command("ingest", "fleet=live_ward")
    assert result.returncode == 2 and "no packets to keep" in result.stderr
