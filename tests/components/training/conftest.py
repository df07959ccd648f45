"""A labelled dataset in memory: figures on a noisy floor, drawn from a seed."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import pytest
import torch

from components.contracts import Sample, digest_of


def picture(seed, *, width=128, height=64):
    """One to three upright figures that do not overlap; the last of three is nearly hidden."""
    draw = np.random.default_rng(seed)
    image = draw.integers(90, 130, (height, width, 3), dtype=np.uint8)
    boxes = []
    for slot in draw.permutation(3)[: draw.integers(1, 4)]:
        w, h = int(draw.integers(12, 22)), int(draw.integers(32, 50))
        x, y = int(slot * width / 3 + draw.integers(2, 14)), int(draw.integers(2, height - h - 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), (30, 30, 220), -1)
        cv2.circle(image, (x + w // 2, y + h // 6), w // 4, (200, 220, 240), -1)
        boxes.append((x, y, x + w, y + h))
    count = len(boxes)
    visibility = np.array([1.0, 0.8, 0.1][:count], np.float32)
    return Sample(image, np.array(boxes, np.float32), np.zeros(count, np.int64), visibility, f"cam{seed % 2}", seed * 10**9)


@dataclass(frozen=True)
class Memory:
    """A dataset of `train` and `val` pictures."""

    train: int = 8
    val: int = 4
    width: int = 128

    @cached_property
    def digest(self):
        return digest_of([self.train, self.val, self.width])

    @property
    def chain(self):
        return [{"_target_": "components.preprocessing.resize.Resize", "width": 128}]

    @property
    def chain_digest(self):
        return digest_of(self.chain)

    def split(self, name):
        seeds = {"train": range(self.train), "val": range(self.val), "test": range(100, 104)}[name]
        return [picture(seed, width=self.width) for seed in seeds]


@pytest.fixture(autouse=True)
def one_thread():
    """Two computing threads are many times slower than one while something else uses a core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def memory():
    return Memory
