"""One picture out of recorded footage."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from components.contracts import InputError
from components.sources.decoding import BROKEN, SECOND, opened, reason

QUALITY = 80  # of the JPEG, 0..100


def still(path: Path, since: int) -> bytes:
    """The frame of `path` that is shown `since` ns after its first one, as JPEG; after the end the last frame.

    Decodes from the key frame before it on. Raises InputError where the file cannot be read.
    """
    with opened(path) as (container, stream):
        base = float(stream.time_base or 0)
        begin = stream.start_time or 0
        wanted = begin + round(since / SECOND / base)
        try:
            container.seek(max(wanted, begin), stream=stream, backward=True)
            picture = None
            for frame in container.decode(stream):
                if picture is not None and frame.pts is not None and frame.pts > wanted:
                    break
                picture = frame
        except BROKEN as error:
            raise InputError(f"{path} cannot be read at {since / SECOND:.1f} s: {reason(error)}") from error
    if picture is None:
        raise InputError(f"{path} has no picture at {since / SECOND:.1f} s; expected a moment inside the footage")
    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
