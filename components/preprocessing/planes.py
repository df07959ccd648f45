"""Pictures without colour are one plane of luma, seen three times: steps work on the plane."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr

Plane = NDArray[np.uint8]  # (h, w)


def colourless(image: Bgr) -> bool:
    """Whether the three channels of `image` are one and the same memory; such a picture cannot be written to."""
    return image.strides[2] == 0


def luma(image: Bgr) -> Plane:
    """(h, w) the luma of BT.601; of a colourless picture its plane itself, without a copy."""
    return image[..., 0] if colourless(image) else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def seen_thrice(plane: Plane) -> Bgr:
    """(h, w, 3) a view of `plane` as a picture, read-only."""
    return np.broadcast_to(plane[..., None], (*plane.shape, 3))


def each(image: Bgr, work: Callable[[NDArray[np.uint8]], object]) -> Bgr:
    """What `work`, which treats all channels alike, makes of `image`; of a colourless one its plane only, three times cheaper."""
    if colourless(image):
        return seen_thrice(np.asarray(work(image[..., 0]), np.uint8))
    return np.asarray(work(image), np.uint8)


def relit(image: Bgr, work: Callable[[Plane], object]) -> Bgr:
    """`image` with another luma, made by `work`, and its colours as they were."""
    if colourless(image):
        return each(image, work)
    planes = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    planes[..., 0] = np.asarray(work(np.ascontiguousarray(planes[..., 0])), np.uint8)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2BGR), np.uint8)
