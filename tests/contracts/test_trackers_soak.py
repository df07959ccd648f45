"""A day of a busy camera: what a tracker costs at its end is what it cost at its beginning."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame, Ints, Tracker
from components.trackers.byte import Byte
from plugins.boxmot.bytetrack import ByteTrack
from plugins.boxmot.occluboost import OccluBoost

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
IMAGE = np.zeros((4, 4, 3), np.uint8)
RATE = 5  # frames per second
STAY = 300.0  # mean seconds that a person stays
PLACES = 10  # lanes; in each somebody is, or will be within a minute
STATUS = Path("/proc/self/statm")


def day(frames: int, seed: int = 0) -> Iterator[tuple[Frame, Detections, Ints]]:
    """People who wander about on lanes of their own, come and go, and are missed now and then; and who is in each lane."""
    chance = np.random.default_rng(seed)
    looks = chance.normal(size=(PLACES, 16)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    who, x = np.arange(PLACES), chance.uniform(0, 600, PLACES)
    away = np.zeros(PLACES, np.int64)  # frames until the next one comes
    for i in range(frames):
        left = (away == 0) & (chance.random(PLACES) < 1 / (STAY * RATE))
        away = np.where(left, chance.integers(5 * RATE, 60 * RATE, PLACES), np.maximum(away - 1, 0))
        who, x = np.where(left, who + PLACES, who), np.where(left, chance.uniform(0, 600, PLACES), x)
        x = np.clip(x + chance.normal(0, 2, PLACES), 0, 600)
        seen = np.flatnonzero((away == 0) & (chance.random(PLACES) < 0.97))
        top = 130.0 * np.arange(PLACES)
        boxes = np.stack([x, top, x + 40, top + 100], axis=1).astype(np.float32)[seen]
        found = Detections(boxes, np.full(len(seen), 0.9, np.float32), np.zeros(len(seen), np.int64), looks[seen])
        yield Frame(CAMERA, i * 10**9 // RATE, i, "", 0, IMAGE, np.eye(3)), found, who


def memory() -> float:
    """MB that this process holds."""
    gc.collect()
    return int(STATUS.read_text().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not STATUS.exists(), reason="asks Linux how much memory it holds")
@pytest.mark.parametrize(("kind", "hours"), [(Byte, 24.0), (ByteTrack, 2.0), (OccluBoost, 1.0)])
def test_a_day_costs_no_more_at_its_end(kind: type[Tracker], hours: float) -> None:
    """Memory and speed of the last tenth against the second, and no id that two people have had; hours, where a day is slow."""
    tracker, frames = kind(), round(hours * 3600 * RATE)
    owner, held, spent, began = dict[int, int](), list[float](), list[float](), time.process_time()
    for i, (frame, found, who) in enumerate(day(frames)):
        tracks = tracker.update(frame, found)
        lanes = np.rint(tracks.boxes[:, 1] / 130).astype(int)
        for number, person in zip(tracks.ids.tolist(), who[lanes].tolist(), strict=True):
            assert owner.setdefault(number, person) == person, f"id {number} was {owner[number]} and is {person}"
        if i % (frames // 10) == frames // 10 - 1:
            held.append(memory())
            spent.append((time.process_time() - began) * 1e4 / frames)
            began = time.process_time()
    costs = f"{held[1]:.1f} -> {held[-1]:.1f} MB, {spent[1]:.2f} -> {spent[-1]:.2f} ms per frame"
    print(f"{kind.__name__}: {frames} frames, {len(owner)} ids of {len(set(owner.values()))} people, {costs}")
    assert len(set(owner.values())) > 5 * PLACES
    assert held[-1] - held[1] < 5, held
    assert spent[-1] < 1.5 * spent[1], spent
