"""Pictures of a room, and of the same room after somebody has pushed the camera."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from components.monitoring.background import Gray
from components.monitoring.moved import Picture

SIZE = (480, 300)  # width, height
LENS = np.array([[400.0, 0, 240], [0, 400, 150], [0, 0, 1]])
TEN = 1_772_445_600_000_000_000
SECOND = 1_000_000_000


def turned(pan: float, tilt: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(3, 3) pixel before -> pixel after a camera with LENS has turned, in degrees."""
    turn = cv2.Rodrigues(np.radians([tilt, pan, roll]))[0]
    return LENS @ turn @ np.linalg.inv(LENS)


@pytest.fixture(scope="session")
def room() -> Gray:
    """Furniture without people: a wide picture of which views are cut out."""
    random = np.random.default_rng(3)
    wide = np.full((SIZE[1] + 200, SIZE[0] + 200), 120, np.uint8)
    for _ in range(160):
        x, y, w, h = (int(random.integers(low, high)) for low, high in ((0, 640), (0, 460), (8, 90), (8, 70)))
        cv2.rectangle(wide, (x, y), (x + w, y + h), int(random.integers(20, 240)), -1)
        cv2.circle(wide, (y + 100, x % 480), int(random.integers(3, 20)), int(random.integers(20, 240)), -1)
    return cv2.GaussianBlur(wide, (0, 0), 0.8)


@pytest.fixture(scope="session")
def view(room: Gray) -> Callable[..., Gray]:
    """The room as a camera sees it that has turned, with noise, in some of the light."""

    def see(mapping: np.ndarray | None = None, *, light: float = 1.0, seed: int = 0, people: int = 0) -> Gray:
        cut = np.array([[1.0, 0, -100], [0, 1, -100], [0, 0, 1]])
        image = cv2.warpPerspective(room, (np.eye(3) if mapping is None else mapping) @ cut, SIZE).astype(np.float32) * light
        random = np.random.default_rng(seed)
        image += random.normal(0, 3, image.shape)
        for _ in range(people):
            x, y = int(random.integers(0, 440)), int(random.integers(60, 200))
            cv2.rectangle(image, (x, y), (x + 30, y + 90), float(random.integers(10, 200)), -1)
        return np.clip(image, 0, 255).astype(np.uint8)

    return see


@pytest.fixture(scope="session")
def film(view: Callable[..., Gray]) -> Callable[..., list[Picture]]:
    """40 pictures, one a second, with people in them; from `at` on by a camera that has turned, and in `light`."""

    def shoot(mapping: np.ndarray | None = None, *, at: int = 20, light: float = 1.0) -> list[Picture]:
        return [
            Picture(TEN + n * SECOND, view(mapping if n >= at else None, light=light if n >= at else 1.0, seed=n, people=3))
            for n in range(40)
        ]

    return shoot
