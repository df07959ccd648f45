"""`flows.replay`, as a user runs it: a video of each camera, gaps said, and nothing written into what is live."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import av
import pytest

from components.contracts import InputError
from flows import ingest, replay
from tests.flows.ward import SMALL

WARD = ["fleet=simulated_ward", "only=[bay_a,corridor]", *SMALL]
FAST = ["detector=hog", "detector.enlarge=1.0", "identity=nobody", "sampling=fixed_5fps", "runner=local"]


def rows(runs: Path) -> dict[str, int]:
    """How many there are of everything but runs."""
    connection = sqlite3.connect(runs / "wardflow.db")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in names}
    connection.close()
    return {name: count for name, count in counts.items() if name != "runs"}


def test_a_recorded_interval_becomes_a_video_of_each_camera_and_nothing_else(runs, command):
    assert ingest.ingest([*WARD, "segment_seconds=1", "runner=local"]).ok
    before = rows(runs)
    words = ["since=2026-03-02T10:00:01", "until=2026-03-02T10:00:06", "speed=max"]
    result = command("replay", *WARD, *FAST, *words)
    assert result.returncode == 0, result.stdout + result.stderr
    summary = json.loads(next(runs.glob("replay/*/*/summary.json")).read_text())
    figures = summary["figures"]
    assert (figures["cameras"], figures["frames"], figures["dropped"], figures["gaps"]) == (2, 30, 0, 2)
    assert figures["missing_seconds"] == 4.0 and "10:00:04.00 UTC to 2026-03-02 10:00:06.00 UTC: nothing" in result.stdout
    for camera in ("bay_a", "corridor"):
        path = Path(figures[f"video {camera}"])
        assert path.name == f"{camera}-20260302100001.mp4" and str(path) in result.stdout
        with av.open(str(path)) as container:
            times = [round(float(picture.pts * picture.time_base), 2) for picture in container.decode(video=0)]
        assert times == [*(number / 5 for number in range(15)), 3.0, 5.0]
    assert rows(runs) == before
    with pytest.raises(InputError, match="is not before"):
        replay.replay([*WARD, *FAST, "since=2026-03-02T10:00:06", "until=2026-03-02T10:00:01"])
    nothing = replay.replay([*WARD, *FAST, "since=2026-03-03", "until=2026-03-03"])
    assert nothing.status == "failed" and "there is some from 2026-03-02 10:00" in nothing.failures["corridor"]
