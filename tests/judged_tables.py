"""Evaluation tables as evaluating writes them: pictures with people, and detectors that are more or less good at finding them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import Detections, Floats32, Sample
from components.evaluation.detection import DetectionReport, evaluate_detector
from components.evaluation.slices import Slices

HOUR = 3_600 * 10**9
ROLES = ("nurse", "doctor")


def samples(count: int, *, seed: int = 0, cameras: tuple[str, ...] = ("bay_a", "desk")) -> list[Sample]:
    """`count` black pictures, an hour apart, with none to six people each."""
    random = np.random.default_rng(seed)
    return [_sample(random, cameras[i % len(cameras)], i) for i in range(count)]


def _sample(random: np.random.Generator, camera: str, i: int) -> Sample:
    n = int(random.integers(0, 7))
    corner, size = random.uniform(0, 250, (n, 2)), random.uniform(20, 60, (n, 2))
    boxes = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    roles = tuple(ROLES[k % 2] for k in range(n))
    visible = random.uniform(0.15, 1, n).astype(np.float32)
    return Sample(np.zeros((4, 4, 3), np.uint8), boxes, np.zeros(n, np.int64), visible, camera, i * HOUR, roles, roles)


@dataclass
class Memory:
    """A dataset of one split."""

    samples: list[Sample]
    digest: str = "d" * 64
    chain: list[Any] = field(default_factory=list)
    chain_digest: str = ""

    def split(self, name: str) -> list[Sample]:
        return self.samples


@dataclass
class Seeing:
    """A detector that knows the truth, finds a share of it, not quite in place, and sees as many ghosts in each picture."""

    samples: list[Sample]
    share: float
    ghosts: int = 2
    seed: int = 1

    def detect(self, frames: Any) -> list[Detections]:
        return [self._one(self.samples[frame.index], frame.index) for frame in frames]

    def _one(self, sample: Sample, index: int) -> Detections:
        random = np.random.default_rng([self.seed, index])
        seen = sample.boxes[random.random(len(sample.boxes)) < self.share]
        shaken = seen + random.normal(0, 3, seen.shape)
        corner = random.uniform(0, 250, (self.ghosts, 2))
        ghosts = np.concatenate([corner, corner + 40], axis=1)
        boxes = np.concatenate([shaken, ghosts]).astype(np.float32)
        scores = np.concatenate([random.beta(5, 2, len(seen)), random.beta(2, 4, self.ghosts)]).astype(np.float32)
        return Detections(boxes, scores, np.zeros(len(boxes), np.int64))


def judge(folder: Path, pictures: list[Sample], share: float, **words: Any) -> DetectionReport:
    """Evaluate a detector that finds `share` of the people; the tables are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    detector = Seeing(pictures, share, **words)
    return evaluate_detector(detector, dataset=Memory(pictures), folder=folder, slices=Slices(people=5))


def drawn_again(pictures: list[Sample], times: Floats32) -> list[int]:
    """Which picture comes how often, as a list of pictures."""
    return np.repeat(np.arange(len(pictures)), times.astype(int)).tolist()
