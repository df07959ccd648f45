"""Turns decoded pictures into what the contract calls an image, with as little work as the consumer's wish allows."""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from components.contracts import Bgr, Pixels, Plane
from components.glance import small

EIGHT_BITS = frozenset(
    {"yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv440p", "yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "nv12", "nv21"}
)  # the first plane is luma, a byte each
STRETCHED = np.clip(np.floor((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)  # limited range to full
FULL = 2  # AVCOL_RANGE_JPEG
BT601 = frozenset({2, 5, 6})  # AVColorSpace: nobody said, which swscale takes for BT.601; BT470BG; SMPTE170M


class Converter:
    """Makes images. With `pixels` luma the picture's own luma is seen three times, without work on chroma.

    That is done where the luma of the stream is that of BT.601, which grey means in this project; elsewhere, and for more than
    eight bits, the picture has its colours. Levels are stretched to 0-255, rounded down: that is within a level of the grey of
    the picture with colours (99.8 % of pixels), except where its colours are beyond what BGR can say, and had to be cut off.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels, self._reformatter = pixels, VideoReformatter()

    def image(self, picture: av.VideoFrame) -> Bgr:
        """(h, w, 3) uint8; of a picture without colour a read-only view."""
        if self._pixels == "luma" and picture.format.name in EIGHT_BITS and picture.colorspace in BT601:
            plane = _stretched(picture)
            return np.broadcast_to(plane[..., None], (*plane.shape, 3))
        return np.asarray(self._reformatter.reformat(picture, format="bgr24").to_ndarray(), np.uint8)

    def small(self, picture: av.VideoFrame) -> Plane:
        """(h, w) uint8 luma as it is coded, at most SMALL wide."""
        if picture.format.name in EIGHT_BITS:
            return small(_luma(picture))
        return small(np.asarray(self._reformatter.reformat(picture, format="gray").to_ndarray(), np.uint8))


def _luma(picture: av.VideoFrame) -> Plane:
    """(h, w) a view of the decoder's own memory."""
    plane = picture.planes[0]
    return np.asarray(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: picture.height, : picture.width]


def _stretched(picture: av.VideoFrame) -> Plane:
    """(h, w) luma of 0-255. In the limited range 16 is black and 235 is white; what is below or above is cut off."""
    plane = _luma(picture)
    if picture.color_range == FULL or picture.format.name.startswith("yuvj"):
        return plane
    return np.asarray(cv2.LUT(plane, STRETCHED), np.uint8)
