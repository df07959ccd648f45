"""How a part of a picture is made unrecognisable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.contracts import Bgr, InputError

UNMASKED = "unmasked"  # the reason of a frame that was to be hidden in part, and could not be
How = Literal["fill", "pixelate", "blur"]
GREY = 114  # what is hidden by filling; the padding of networks, which they have learned to ignore


@dataclass(frozen=True, slots=True)
class Veil:
    """Hides parts of a picture: `fill` with grey, `pixelate` to `blocks` across the longer side, or `blur` as strongly as that.

    Only `fill` is safe against somebody who tries: networks recognise faces behind blocks and blur (McPherson 2016, Oh 2016).
    """

    how: How = "pixelate"
    blocks: int = 6

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 32:
            raise InputError(f"hiding with {self.blocks} blocks, expected 1 to 32; the fewer the less can be recognised")

    def over(self, image: Bgr, boxes: ArrayLike) -> Bgr:
        """A copy of `image` with the (n, 4) xyxy `boxes`, in its pixels, hidden; `image` itself where no box is in it."""
        inside = list(_inside(image, boxes))
        if not inside:
            return image
        hidden = image.copy()
        for x1, y1, x2, y2 in inside:
            hidden[y1:y2, x1:x2] = self._unrecognisable(image[y1:y2, x1:x2])
        return hidden

    def where(self, image: Bgr, mask: NDArray[np.bool_]) -> Bgr:
        """A copy of `image` with the pixels of (h, w) `mask` hidden; `image` itself where there are none."""
        if not mask.any():
            return image
        y, x = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        part = np.s_[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        hidden = image.copy()
        hidden[part] = np.where(mask[part][..., None], self._unrecognisable(image[part]), image[part])
        return hidden

    def _unrecognisable(self, part: Bgr) -> Bgr:
        if self.how == "fill":
            return np.full_like(part, GREY)
        h, w = part.shape[:2]
        block = max(h, w) / self.blocks
        if self.how == "pixelate":
            size = max(1, round(w / block)), max(1, round(h / block))
            small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_NEAREST), np.uint8).reshape(part.shape)
        return np.asarray(cv2.GaussianBlur(part, (0, 0), max(block / 2, 0.5), borderType=cv2.BORDER_REPLICATE), np.uint8)


def _inside(image: Bgr, boxes: ArrayLike) -> Iterator[tuple[int, int, int, int]]:
    """The whole pixels that the boxes touch, as far as they are in the picture."""
    h, w = image.shape[:2]
    for x1, y1, x2, y2 in np.nan_to_num(np.asarray(boxes, np.float64).reshape(-1, 4), posinf=1e6, neginf=-1e6).tolist():
        left, top, right, bottom = max(0, int(x1 // 1)), max(0, int(y1 // 1)), min(w, int(-(-x2 // 1))), min(h, int(-(-y2 // 1)))
        if left < right and top < bottom:
            yield left, top, right, bottom
