from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from components import pulse as module
from components.database.database import Database
from components.database.schema import CameraHealth
from components.live import Watch
from components.pulse import Pulse

SECOND = 10**9


def test_each_camera_is_ok_silent_or_failed_with_the_rate_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT", 0.2)
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    pulse, begun = Pulse(database, "r1"), time.monotonic()
    good = Watch(frames=1000, last=SECOND, replaced=3, skipped=2, arrived=time.monotonic())
    watches = {"good": good, "never": Watch(), "broken": Watch(reading="no route to host")}
    pulse(watches)
    since = time.monotonic()
    time.sleep(0.5)
    within = time.monotonic() - since
    good.frames, good.arrived = 1005, time.monotonic()
    good.rejected["dark"] += 5
    pulse(watches)
    longest = time.monotonic() - begun
    with database.session() as session:
        rows = {row.camera: row for row in session.scalars(select(CameraHealth))}
        assert {name: row.state for name, row in rows.items()} == {"good": "ok", "never": "silent", "broken": "failed"}
        assert (rows["good"].frames, rows["good"].rejected, rows["good"].dropped) == (1005, 5, 5)
        assert 10 / longest <= rows["good"].fps <= 10 / within + 0.1
        assert rows["broken"].message == "no route to host" and "no picture for" in rows["never"].message
    database.close()
