"""Estimates stand beside what cameras really send and what looking at them really takes."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from components.fleet.cost import BITS, MEGABIT_DAY, cost, sent
from components.fleet.declared import Declared
from components.fleet.measured import Measured, of_camera, of_file
from components.sources.simulated import Simulated
from components.sources.ward import Ward

ROOT = Path(__file__).resolve().parents[3]


def test_a_declared_bitrate_is_what_a_day_takes():
    sends = sent(Declared(width=1280, height=720, fps=12.5, codec="h265", megabits=2.0))
    assert (sends.megabits, sends.basis) == (2.0, "declared")
    found = cost("cam", "bays", sends, kept=5.0, needs="times")
    assert found.gigabytes_per_day == pytest.approx(2.0 * 86400 / 8 / 1000) == pytest.approx(2.0 * MEGABIT_DAY)
    assert (found.frames_per_second, found.group) == (5.0, "bays")


def test_without_a_bitrate_it_is_estimated_and_without_a_picture_assumed():
    known = sent(Declared(width=1280, height=720, fps=10.0))
    assert (known.basis, known.megabits) == ("estimated", pytest.approx(1280 * 720 * 10 * BITS["h264"] / 1e6))
    assert (sent(Declared(fps=10.0)).basis, sent(Declared()).width) == ("assumed", 1920)


def test_what_was_measured_is_stronger_than_what_is_declared():
    measured = Measured(640, 480, 9.5, "mjpeg", 7.0, 0.001, 5.0)
    found = cost("cam", "", sent(Declared(width=1920, megabits=1.0), measured), kept=5.0, needs="times")
    assert (found.sent.basis, found.sent.megabits, found.cores) == ("measured", 7.0, pytest.approx(0.0095))


def test_only_keyframes_are_decoded_where_sampling_needs_no_others():
    sends = sent(Declared(fps=25.0))
    every, some = (cost("cam", "", sends, kept=0.5, needs=needs).cores for needs in ("times", "keyframes"))
    assert every == pytest.approx(50 * some)


def test_larger_and_faster_costs_more():
    sizes = [(640, 480), (1280, 720), (1920, 1080), (3840, 2160)]
    costs = [cost("cam", "", sent(Declared(width=w, height=h, fps=25)), kept=5.0, needs="times") for w, h in sizes]
    for one, other in pairwise(costs):
        assert one.gigabytes_per_day < other.gigabytes_per_day
        assert one.memory_gigabytes < other.memory_gigabytes and one.cores < other.cores


def test_the_estimate_is_within_three_of_a_simulated_camera_that_is_recorded():
    ward, place = Ward(seed=3, staff=(), visitors=4), {"position": (0.25, 6.5, 2.7), "look_at": (6.5, 6.5, 0.5), "hfov": 70.0}
    source = Simulated("cam", location="Corridor", ward=ward, width=480, height=270, seconds=4.0, **place)
    measured = of_camera(source, 3.0)
    assert (measured.width, measured.height, measured.codec) == (480, 270, "h264") and measured.fps == pytest.approx(
        10.0, rel=0.05
    )
    guess = sent(Declared(width=480, height=270, fps=10.0))
    assert 1 / 3.5 < guess.megabits / measured.megabits < 3.5


def test_the_estimate_is_near_what_real_cameras_have_sent(lab4):
    for camera in range(4):
        measured = of_file(lab4 / f"cam{camera}.mp4")
        guess = sent(Declared(width=measured.width, height=measured.height, fps=measured.fps))
        assert 0.75 < guess.megabits / measured.megabits < 1.35


MEMORY = """
import sys
import cv2
from components.samplers.every import Every
from components.sources.video import Video

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1e6 for line in file if line.startswith("VmRSS"))

cv2.setNumThreads(1)
walk = Video("first", uri=sys.argv[1]).frames(Every()); next(walk); walk.close()  # what is loaded once
before, kept = resident(), []
for i in range(3):
    walk = Video(f"cam{i}", uri=sys.argv[1]).frames(Every())
    kept.append((walk, [next(walk) for _ in range(12)][-1]))
print((resident() - before) / 3)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux how much memory a process has")
def test_the_estimate_of_memory_is_near_what_looking_at_a_camera_takes(tmp_path):
    film(tmp_path / "film.mp4", 1280, 720)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "film.mp4")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    guess = cost("cam", "", sent(Declared(width=1280, height=720)), kept=5.0, needs="times").memory_gigabytes
    assert 1 / 3 < guess / float(done.stdout) < 3  # what was freed before is used again: a process may grow by less


def film(path: Path, width: int, height: int, frames: int = 20) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (height, width + 8 * frames, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(10), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.thread_count = width, height, "yuv420p", 1
        for i in range(frames):
            picture = np.ascontiguousarray(noise[:, 8 * i : 8 * i + width] // 8 + 100)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
