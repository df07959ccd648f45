"""From footage of a camera that was pushed to a new version in the registry."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.registry import Registry
from flows import ingest, moved
from tests.components.datasets.conftest import film
from tests.components.monitoring.conftest import room, turned, view  # noqa: F401 - fixtures

LOOK = ["runner=local", "seconds=0.1", "watch.window=4"]


@pytest.fixture
def footage(runs, tmp_path, view) -> Path:  # noqa: F811
    images = [view(turned(3.0) if n >= 22 else None, seed=n, people=2) for n in range(40)]
    film(tmp_path / "film.mkv", [cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) for image in images])
    np.savetxt(tmp_path / "floor.txt", np.diag([0.01, 0.01, 1.0]))
    words = [f"cam1.uri={tmp_path}/film.mkv", f"cam1.homography={tmp_path}/floor.txt", "cam1.start='2026-03-02T10:00:00+00:00'"]
    ingest.ingest(["fleet=video", "runner=local", *(f"++fleet.cameras.{word}" for word in words)])
    return runs


def test_a_move_is_seen_proposed_and_accepted(footage) -> None:
    looked = moved.moved(LOOK)
    assert looked.status == "completed" and looked.figures["new_proposals"] == 1 and "do=accept camera=cam1" in looked.next
    (proposal,) = looked.details["proposals"]
    assert proposal["moved"] == 1_772_445_600_000_000_000 + 2_200_000_000 and proposal["state"] == "proposed"
    assert moved.moved(LOOK).figures["new_proposals"] == 0
    with pytest.raises(InputError, match=r"do=accept needs camera=... and by=..."):
        moved.moved(["do=accept", "camera=cam1"])
    done = moved.moved(["do=accept", "camera=cam1", "by=ann"])
    assert "labels of camera cam1 since 2026-03-02 10:00:02.200 UTC are stale" in done.note and "do=stale" in done.next
    database = Database(f"sqlite:///{footage}/wardflow.db")
    old, new = Registry(database).versions("cam1")
    database.close()
    assert old.valid_until == new.valid_from == proposal["moved"] and new.camera.version == done.digests["version"]
    written = np.loadtxt(footage / "calibration" / "cam1.txt")
    assert np.allclose(written, new.camera.homography)
    assert moved.moved(["do=list"]).figures["open_proposals"] == 0


def test_a_move_that_somebody_knows_of_is_entered(footage, tmp_path) -> None:
    np.savetxt(tmp_path / "new.txt", np.diag([0.02, 0.02, 1.0]))
    words = ["do=enter", "camera=cam1", "by=ann", f"homography={tmp_path}/new.txt"]
    with pytest.raises(InputError, match="do=enter needs at="):
        moved.moved(words)
    done = moved.moved([*words, "at=2026-03-02T10:00:02"])
    assert done.figures["valid_from"] == "2026-03-02 10:00:02.000" and "are stale" in done.note


def test_a_camera_without_footage(footage) -> None:
    with pytest.raises(InputError, match=r"only=\['door'\]: there is no footage of them; the store has cam1"):
        moved.moved([*LOOK, "only=[door]"])
    with pytest.raises(InputError, match="nothing is proposed about it"):
        moved.moved(["do=refuse", "camera=cam1", "by=ann"])
