"""A flow that is killed at any point and run again ends where an undisturbed run ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = [*(f"fleet.every_camera.{word}" for word in ("seconds=8", "width=320", "height=180", "fps=5")), "only=[bay_a,corridor]"]
FLOWS = {
    "ingest": [*SMALL, "segment_seconds=1"],
    "prepare": [*SMALL, "sampling=fixed_10fps"],
    "track": [*SMALL, "detector=hog", "detector.enlarge=1.0", "footage=recorded", "identity=nobody", "group_size=1"],
}
TABLES = {
    "ingest": 'SELECT camera, sha256, start, "end", frames, path FROM segments ORDER BY 1, 3',
    "prepare": "SELECT digest, kept, rejected, chain_digest FROM datasets",
    "track": "SELECT identity, time, x, y, zone FROM positions ORDER BY 1",
}


def begin(flow: str, runs: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"flows.{flow}", *FLOWS[flow]]
    quiet, env = subprocess.DEVNULL, {**os.environ, "RUNS": str(runs)}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet, start_new_session=True)


def finish(flow: str, runs: Path) -> None:
    assert begin(flow, runs).wait(240) == 0


def state(flow: str, runs: Path) -> dict[str, object]:
    """The rows of the flow, and the bytes of every file that readers can see."""
    with sqlite3.connect(runs / "wardflow.db") as database:
        rows = database.execute(TABLES[flow]).fetchall()
    database.close()
    store = runs / "store"
    names = sorted(path.relative_to(store) for path in store.rglob("*") if path.is_file())
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return {"rows": rows, "files": {str(name): hashlib.sha256((store / name).read_bytes()).hexdigest() for name in seen}}


def written(runs: Path) -> int:
    return sum(1 for path in (runs / "store").rglob("*") if path.is_file())


def kill_when(process: subprocess.Popen[bytes], runs: Path, files: int) -> bool:
    """SIGKILL the whole process group once the store holds `files` files; True where the flow was still at work."""
    deadline = time.monotonic() + 120
    while process.poll() is None and written(runs) < files and time.monotonic() < deadline:
        time.sleep(0.005)
    alive = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL) if alive else None
    process.wait()
    return alive


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, with_tables):
    """A folder of runs, and what each flow leaves behind there when nothing happens to it."""
    runs = with_tables(tmp_path_factory.mktemp("undisturbed"))
    states = {}
    for flow in FLOWS:
        finish(flow, runs)
        states[flow] = state(flow, runs)
    return runs, states


def test_killed_at_several_points_every_flow_ends_as_if_nothing_had_happened(tmp_path, undisturbed):
    runs = tmp_path / "killed"
    killed = 0
    for flow, points in {"ingest": (1, 9), "prepare": (1, 3), "track": (1,)}.items():
        base = written(runs)
        for point in points:
            killed += kill_when(begin(flow, runs), runs, base + point)
        finish(flow, runs)
        assert state(flow, runs) == undisturbed[1][flow], flow
    assert killed >= 4, "most of the kills must have hit a flow at work"


def test_two_at_once_end_as_one(tmp_path, undisturbed):
    runs = tmp_path / "twice"
    both = [begin("ingest", runs), begin("ingest", runs)]
    assert [process.wait(240) for process in both] == [0, 0]
    assert state("ingest", runs) == undisturbed[1]["ingest"]


def test_the_second_run_changes_nothing(undisturbed, command, monkeypatch):
    runs, states = undisturbed
    monkeypatch.setenv("RUNS", str(runs))
    for flow, words in FLOWS.items():
        assert "nothing to do" in command(flow, *words).stdout
        summaries = sorted((runs / flow).rglob("summary.json"))
        assert json.loads(summaries[-1].read_text())["status"] == "unchanged"
    assert state("track", runs) == states["track"]
    assert {flow: state(flow, runs)["rows"] for flow in FLOWS} == {flow: states[flow]["rows"] for flow in FLOWS}
