"""What a camera sees when nobody is there: the middle of several pictures, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Camera

Gray = NDArray[np.uint8]  # (h, w)


def gray(image: Bgr) -> Gray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def background(pictures: Sequence[Gray]) -> Gray:
    """The median of pictures of one size: what moves is gone, and noise with it."""
    return np.asarray(np.median(np.stack(pictures), axis=0), np.uint8)


def straightened(picture: Gray, camera: Camera) -> Gray:
    """The picture with the distortion of the camera's lens undone, in the same pixels as far as the lens matrix goes."""
    known = camera.calibration
    if known is None or not any(known.distortion):
        return picture
    return np.asarray(cv2.undistort(picture, np.array(known.matrix), np.array(known.distortion)), np.uint8)
