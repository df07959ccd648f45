"""Latency and memory of something whose latency and memory are known."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Frame
from components.evaluation.timing import LEAST, MEGABYTE, Timing

ROOT = Path(__file__).resolve().parents[3]
FRAMES = [Frame(Camera("a", "", np.eye(3).tolist()), i, i, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3)) for i in range(3)]


def test_time_of_frames_and_batches_without_the_warm_up():
    calls = []

    def serve(frames):
        calls.append(len(frames))
        time.sleep(0.2 if len(calls) < 3 else 0.004 * len(frames))

    found = Timing(seconds=0.1, warm_up=2).measure(lambda: serve, FRAMES, batch_size=4)
    assert set(calls) == {1, 4} and calls.count(1) == len(found.alone) + 2
    assert len(found.alone) >= LEAST and len(found.batch) >= LEAST
    assert 4 <= found.metrics()["latency_ms.median"] < 60 and found.metrics()["latency_ms.batch_median"] >= 16
    assert found.metrics()["latency_ms.p95"] >= found.metrics()["latency_ms.median"]


GROWS = f"""
import numpy as np
from components.evaluation.timing import Timing
def build():
    held = np.ones(40 * {MEGABYTE}, np.uint8)
    return lambda frames: np.ones(60 * {MEGABYTE}, np.uint8) if held.size else None
print(Timing(seconds=0.0, warm_up=0).measure(build, ["a frame"], batch_size=1).metrics()["memory_mb"])
"""


def test_memory_is_the_growth_at_the_peak():
    """In a process of its own: what other tests let go of meanwhile is not growth."""
    found = subprocess.run([sys.executable, "-c", GROWS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(found.stdout) == pytest.approx(100, abs=15)
