"""Describes what people wear by colours, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Detections, Floats32, Floats64, Frame
from components.crops import crops

SIZE = (24, 48)  # px that a person is brought to: the colour of a uniform does not need more
MIDDLE = (5, 19)  # columns in which the person is, not what stands beside
BANDS = ((1, 9), (9, 26), (26, 45))  # rows of head, chest and legs
LIGHT, HUES = 6, 7  # bins of lightness, and of each of Lab's two axes of colour
REACH = 48.0  # units of a and b around grey that the bins span; stronger colours fall into the outer ones


class Colours:
    """Histograms of lightness and colour (CIE Lab) of head, chest and legs, as one vector of unit length.

    The product of two is the mean Bhattacharyya coefficient of their histograms (Swain 1991 for the idea): it tells uniforms,
    hair and trousers apart, not two people in the same scrubs. Needs no weights and about 0.1 ms a person.
    """

    def embed(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[Detections]:
        """The same detections with features (n, 165) of unit length; those of a box with no pixel in its picture are 0."""
        return [
            Detections(found.boxes, found.scores, found.labels, self._look(list(crops(frame, found.boxes))))
            for frame, found in zip(frames, detections, strict=True)
        ]

    def _look(self, views: Sequence[Bgr]) -> Floats32:
        rows = np.zeros((len(views), len(BANDS) * (LIGHT + HUES * HUES)), np.float32)
        for row, view in zip(rows, views, strict=True):
            if view.size:
                row[:] = described(view)
        return rows


def described(view: Bgr) -> Floats32:
    """(165,) of unit length: the colours of one person's picture (h, w, 3) BGR."""
    small = cv2.resize(view, SIZE, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB)[:, MIDDLE[0] : MIDDLE[1]].astype(np.float32)
    light = np.minimum(lab[..., 0] * (LIGHT / 256), LIGHT - 1).astype(np.intp)
    hue = np.clip((lab[..., 1:] - 128 + REACH) * (HUES / (2 * REACH)), 0, HUES - 1).astype(np.intp)
    mixed = hue[..., 0] * HUES + hue[..., 1]
    parts = [np.concatenate([_shares(light[top:end], LIGHT), _shares(mixed[top:end], HUES * HUES)]) for top, end in BANDS]
    return np.asarray(np.sqrt(np.concatenate(parts) / (2 * len(BANDS))), np.float32)


def _shares(bins: NDArray[np.intp], count: int) -> Floats64:
    """(count,) how often each bin occurs, as a share."""
    found = np.bincount(bins.ravel(), minlength=count)
    return np.asarray(found / found.sum(), np.float64)
