"""An encoded picture of a dataset: what is wrong with it is said before and after it is decoded."""

from __future__ import annotations

import struct
from typing import NamedTuple

import cv2
import numpy as np

from components.contracts import Bgr

Bytes = bytes | memoryview
PNG, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
JPEG, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of JPEG that say how large the picture is (ITU T.81, B.1)
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that nothing belongs to


class PictureError(ValueError):
    """Why a picture cannot be used; whoever knows its name says it."""


class Head(NamedTuple):
    """What an encoded picture says of itself."""

    format: str  # jpg or png
    width: int
    height: int
    bits: int  # per channel


def decoded(content: Bytes, *, width: int, height: int) -> Bgr:
    """The picture as (height, width, 3) uint8 BGR. PictureError unless it is whole, of that size, with 8 bits."""
    head = read_head(content)
    if head.bits != 8:
        raise PictureError(f"it has {head.bits} bits per channel; expected 8")
    if (head.width, head.height) != (width, height):  # before decoding: a few bytes can stand for gigabytes
        raise PictureError(f"it is {head.width}x{head.height}; the manifest says {width}x{height}")
    if not whole(content, head):
        raise PictureError(f"its {head.format} ends before its end: it was cut off")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise PictureError(f"it cannot be decoded: {error.err}") from error
    if image is None:
        raise PictureError("it cannot be decoded")
    return np.asarray(image, np.uint8)


def read_head(content: Bytes) -> Head:
    """Format, size and depth, without decoding. Raises PictureError where it is neither JPEG nor PNG, or has no head."""
    if not content:
        raise PictureError("it has no bytes")
    try:
        if content[:8] == PNG:
            width, height, bits = struct.unpack(">IIB", content[16:25])
            return Head("png", width, height, bits)
        if content[:3] == JPEG:
            return _jpeg(content)
    except (struct.error, IndexError):
        raise PictureError("it ends inside its head: it was cut off") from None
    raise PictureError(f"it is neither JPEG nor PNG: it begins with {bytes(content[:4]).hex(' ')}")


def whole(content: Bytes, head: Head) -> bool:
    """Whether the end of the picture is there; decoders fill what is missing with grey and say nothing."""
    return bytes(content[-8:]) == PNG_END if head.format == "png" else bytes(content[-2:]) == JPEG_END


def _jpeg(content: Bytes) -> Head:
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in FRAMES:
            bits, height, width = struct.unpack(">BHH", content[at + 4 : at + 9])
            return Head("jpg", width, height, bits)
        at += 2 if marker in ALONE else 1 if marker == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4])
    raise PictureError("its JPEG has no head: a marker is not where it should be")
