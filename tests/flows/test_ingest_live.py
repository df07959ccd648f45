"""`flows.ingest` of cameras at work, as a user runs it: until it is asked to stop, and after it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.flows.conftest import installed
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


FLEET = """site: here
zones: []
staff: []
every_camera: {_target_: components.sources.stream.Stream, timeout: 2.0, retry_first: 0.1, retry_longest: 0.5}
cameras:
"""


@pytest.fixture
def fleet(tmp_path):
    """Writes the file of a fleet that `fleet=mine` names, and gives the environment in which that is there."""
    file = installed(tmp_path / "site", "my_fleet", {}, {"fleet/mine": FLEET}) / "conf" / "fleet" / "mine.yaml"

    def write(**urls: str) -> dict[str, str]:
        file.write_text(FLEET + "".join(f"  {name}: {{url: '{url}'}}\n" for name, url in urls.items()))
        return {"PYTHONPATH": str(tmp_path / "site")}

    return write


def test_a_fleet_that_changes_is_followed_and_nobody_else_notices(server, runs, fleet):
    more = fleet(a=server.url("a"), b=server.url("b"))
    with following(runs, more) as process:
        until(lambda: {row[0] for row in segments(runs)} == {"a", "b"} if arrived(runs) else False)
        fleet(a=server.url("a"), b="rtsp://:nonsense", c="ftp://wrong")
        process.send_signal(signal.SIGHUP)
        until(lambda: "the fleet stays as it was" in (runs / "said").read_text())
        fleet(a=server.url("a"), c=server.url("c"))
        process.send_signal(signal.SIGHUP)
        until(lambda: "c" in {row[0] for row in segments(runs)})
        fleet(a=server.url("a"), c=server.url("b"))
        process.send_signal(signal.SIGHUP)
        until(lambda: "c changed" in (runs / "said").read_text())
        time.sleep(6.0)
    said = (runs / "said").read_text()
    assert "Traceback" not in said and "the fleet: b removed, c added" in said
    pieces = sorted((row for row in segments(runs) if row[0] == "a"), key=lambda row: row[3])
    assert all(abs(later[3] - earlier[4]) < 20_000_000 for earlier, later in pairwise(pieces)), "a never stopped"
    assert not [row for row in table(runs, "SELECT camera FROM gaps") if row[0] == "a"]
    assert {row[0] for row in table(runs, "SELECT camera FROM camera_health")} == {"a", "c"}
    ends = {name: max(row[4] for row in segments(runs) if row[0] == name) for name in "abc"}
    assert ends["b"] < ends["c"] and abs(ends["a"] - ends["c"]) < 2_000_000_000


def test_a_group_whose_process_is_killed_is_recorded_again_by_itself(server, runs, fleet):
    more = fleet(a=server.url("a"), b=server.url("b"))
    with following(runs, more, "group_size=1") as process:
        until(lambda: {row[0] for row in segments(runs)} == {"a", "b"} if arrived(runs) else False)
        for _ in range(2):  # soon after one another
            before = len(segments(runs))
            os.kill(worker_of(process.pid, "a"), signal.SIGKILL)
            killed = time.time_ns()
            until(lambda then=killed, n=before: len(segments(runs)) > n and recorded_since("a", runs, then))
    said = (runs / "said").read_text()
    assert said.count("recorded again in") == 2 and "Traceback" not in said
    assert not [row for row in table(runs, "SELECT camera FROM gaps") if row[0] == "b"], "the other group did not notice"
    assert [row for row in table(runs, "SELECT camera, reason FROM gaps") if row[0] == "a"] == [("a", "recording began")] * 2


def recorded_since(camera: str, runs: Path, then: int) -> bool:
    return any(row[0] == camera and row[3] > then for row in segments(runs))


def worker_of(parent: int, camera: str) -> int:
    """The process that holds the files of a camera that are being made."""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            child = int(folder.parent.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1]) == parent
            if child and any(f"making-{camera}~" in str(link.readlink()) for link in folder.iterdir()):
                return int(folder.parent.name)
    raise AssertionError(f"nobody records {camera}")


@contextmanager
def following(runs: Path, more: dict[str, str], *words: str):
    """`flows.ingest fleet=mine`, asked to stop at the end."""
    runs.mkdir(exist_ok=True)
    with (runs / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.ingest", "fleet=mine", "segment_seconds=1", *words], cwd=ROOT,
            env={**os.environ, "RUNS": str(runs), **more}, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, (runs / "said").read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
