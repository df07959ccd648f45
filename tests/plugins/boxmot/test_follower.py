import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from boxmot.structures import Boxes
from boxmot.structures import Tracks as BoxTracks
from boxmot.trackers.common.tracking.track import TrackIdAllocator

from components.contracts import Camera, Detections, Frame, InputError
from plugins.boxmot.botsort import BotSort
from plugins.boxmot.bytetrack import ByteTrack
from plugins.boxmot.follower import Follower

ROOT = Path(__file__).resolve().parents[3]
CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
SOMEBODY = Detections(np.array([[0, 0, 10, 20]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))


class Recording:
    """A tracker that notes how many frames a lost track would be kept."""

    id_allocator = TrackIdAllocator()

    def __init__(self):
        self.max_age = self.max_time_lost = 0
        self.kept = []

    def update(self, seen, *, timestamp_s):
        self.kept.append(self.max_age)
        none = torch.zeros(0, dtype=torch.int64)
        return BoxTracks(Boxes(torch.zeros((0, 4))), none, torch.zeros(0), none, none, "frame")


def test_seconds_become_frames_as_they_come():
    tracker = Recording()
    follower, time = Follower(lambda _looks: tracker, lost_seconds=1.0), 0
    for step in [0.1] * 20 + [0.5] * 6:
        time += round(step * 1e9)
        follower.update(Frame(CAMERA, time, 0, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3)), SOMEBODY)
    assert tracker.kept[:4] == [1, 2, 3, 4]
    assert tracker.kept[15] in (10, 11)
    assert tracker.kept[-1] == 3


def test_boxmot_does_not_announce_itself(caplog):
    with caplog.at_level(logging.INFO):
        ByteTrack()
    assert not caplog.records and logging.getLogger("boxmot").level == logging.WARNING


def test_nothing_is_fetched_and_nothing_is_written_at_home(tmp_path):
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('opened a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from plugins.boxmot import boosttrack, botsort, bytetrack, deepocsort, hybridsort\n"
        "from plugins.boxmot import occluboost, ocsort, sfsort, strongsort\n"
        "import numpy as np\n"
        "from components.contracts import Camera, Detections, Frame\n"
        "camera = Camera('cam', '', ((1, 0, 0), (0, 1, 0), (0, 0, 1)))\n"
        "frame = Frame(camera, 0, 0, '', 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))\n"
        "box, one = np.array([[0, 0, 10, 20]], np.float32), np.ones(1, np.float32)\n"
        "for kind in (botsort.BotSort, ocsort.OcSort, bytetrack.ByteTrack, sfsort.SfSort, strongsort.StrongSort,\n"
        "    deepocsort.DeepOcSort, hybridsort.HybridSort, boosttrack.BoostTrack, occluboost.OccluBoost):\n"
        "    kind().update(frame, Detections(box, one, np.zeros(1, np.int64), np.eye(1, 8, dtype=np.float32)))\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert not list(tmp_path.rglob("*"))


def test_one_reid_serves_a_camera_for_the_whole_run():
    tracker, frame = BotSort(), Frame(CAMERA, 0, 0, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
    tracker.update(frame, replace(SOMEBODY, features=np.eye(1, 8, dtype=np.float32)))
    with pytest.raises(InputError, match="tracker botsort: features of length 0 after features of 8"):
        tracker.update(replace(frame, time=10**8), SOMEBODY)


def test_ids_go_on_where_boxmot_would_lose_count(monkeypatch):
    """It hands them on as float32; long before these run out, everybody gets a new one."""
    monkeypatch.setattr("plugins.boxmot.follower.MOST_IDS", 0)
    tracker, ids = ByteTrack(), []
    for i in range(3):
        frame = Frame(CAMERA, i * 10**8, i, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
        ids += tracker.update(frame, SOMEBODY).ids.tolist()
    assert ids == [1, 2, 3]
