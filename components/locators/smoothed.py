"""Follows people on the floor, so that a place is more than one frame says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.contracts import Floats64, Frame, InputError, Places, Tracks
from components.locators.floor import LOST, Floor, Measured

SPEED = 1.0  # m/s, one standard deviation: how fast somebody may be of whom only one place is known
SECOND = 1e9  # ns
DOUBTED = 9.0  # squared standard deviations: a place further off than three of them counts less, the less the further


@dataclass(frozen=True, slots=True)
class _Walk:
    """What is known of one track."""

    time: int  # ns
    mean: Floats64  # (4,) x, y in metres, their speeds in m/s
    covariance: Floats64  # (4, 4)


class Smoothed:
    """A Kalman filter over the places of `floor`, per track, of people who walk on as they do; one instance per camera.

    Speeds change at random, by `acceleration` m/s in one second (white noise; Bar-Shalom 2001, 6.2.2). Errors of places are
    alike for `correlation_seconds`, as boxes and feet are: within that time frames are no independent evidence, however many
    there are. Far outliers count less. A track that was not there for `forget_seconds` is forgotten. Uncertainty is the filter's.
    """

    def __init__(
        self, *, floor: Floor, acceleration: float = 1.0, correlation_seconds: float = 0.3, forget_seconds: float = 3.0
    ) -> None:
        if acceleration <= 0 or correlation_seconds < 0 or forget_seconds <= 0:
            raise InputError(
                f"smoothing with acceleration {acceleration}, correlation_seconds {correlation_seconds} and forget_seconds "
                f"{forget_seconds}, expected more than 0, at least 0 and more than 0"
            )
        self._floor, self._noise = floor, acceleration**2
        self._correlation, self._forget = correlation_seconds, forget_seconds
        self._walks: dict[int, _Walk] = {}

    def locate(self, frame: Frame, tracks: Tracks) -> Places:
        """Where each track stands, given where it stood before; boxes are in native pixels."""
        measured = self._floor.measure(frame, tracks)
        oldest = frame.time - self._forget * SECOND
        self._walks = {track: walk for track, walk in self._walks.items() if oldest <= walk.time <= frame.time}
        ids = tracks.ids.tolist()
        known = np.array([track in self._walks for track in ids], np.bool_)
        mean, covariance = _begun(measured)
        if known.any():
            before = [self._walks[track] for track in ids if track in self._walks]
            mean[known], covariance[known] = self._moved(before, frame.time, measured, known)
        placed = measured.seen | known
        for i in np.flatnonzero(placed).tolist():
            self._walks[ids[i]] = _Walk(frame.time, mean[i], covariance[i])
        uncertainty = np.sqrt(np.linalg.eigvalsh(covariance[:, :2, :2])[:, -1])
        return Places(mean[:, :2], np.minimum(uncertainty, LOST), self._floor.zones(mean[:, :2], placed))

    def _moved(self, walks: list[_Walk], time: int, measured: Measured, rows: np.ndarray) -> tuple[Floats64, Floats64]:
        """Known walks, taken to `time` and corrected by what `rows` of this frame measured; (k, 4) and (k, 4, 4)."""
        passed = np.array([(time - walk.time) / SECOND for walk in walks])
        mean, covariance = np.stack([walk.mean for walk in walks]), np.stack([walk.covariance for walk in walks])
        mean, covariance = _predicted(mean, covariance, passed, self._noise)
        alike = np.maximum(self._correlation / np.maximum(passed, 1e-3), 1.0)
        noise = measured.covariance[rows] * alike[:, None, None]
        return _corrected(mean, covariance, measured.floor[rows], noise)


def _begun(measured: Measured) -> tuple[Floats64, Floats64]:
    """Walks of which one place is known; (n, 4) and (n, 4, 4)."""
    n = len(measured.floor)
    mean, covariance = np.hstack([measured.floor, np.zeros((n, 2))]), np.tile(np.eye(4) * SPEED**2, (n, 1, 1))
    covariance[:, :2, :2] = measured.covariance
    return mean, covariance


def _predicted(mean: Floats64, covariance: Floats64, passed: Floats64, noise: float) -> tuple[Floats64, Floats64]:
    """Walks after (k,) seconds."""
    step = np.tile(np.eye(4), (len(passed), 1, 1))
    step[:, 0, 2] = step[:, 1, 3] = passed
    shaken = np.zeros_like(step)
    for axis in (0, 1):
        shaken[:, axis, axis], shaken[:, axis + 2, axis + 2] = passed**3 / 3, passed
        shaken[:, axis, axis + 2] = shaken[:, axis + 2, axis] = passed**2 / 2
    return (step @ mean[:, :, None])[:, :, 0], step @ covariance @ step.transpose(0, 2, 1) + shaken * noise


def _corrected(mean: Floats64, covariance: Floats64, floor: Floats64, noise: Floats64) -> tuple[Floats64, Floats64]:
    """Walks after a look at where they are."""
    off = (floor - mean[:, :2])[:, :, None]
    surprise = (off.transpose(0, 2, 1) @ np.linalg.solve(covariance[:, :2, :2] + noise, off))[:, 0, 0]
    noise = noise * np.maximum(surprise / DOUBTED, 1.0)[:, None, None]
    gain = covariance[:, :, :2] @ np.linalg.inv(covariance[:, :2, :2] + noise)
    smaller = covariance - gain @ covariance[:, :2, :]
    return mean + (gain @ off)[:, :, 0], (smaller + smaller.transpose(0, 2, 1)) / 2
