import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from boxmot.structures import Boxes
from boxmot.structures import Tracks as BoxTracks
from boxmot.trackers.common.tracking.track import TrackIdAllocator

from components.contracts import Camera, Detections, Frame
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
        "from plugins.boxmot import botsort, bytetrack, ocsort\n"
        "botsort.BotSort(), ocsort.OcSort(), bytetrack.ByteTrack()\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert not list(tmp_path.rglob("*"))
