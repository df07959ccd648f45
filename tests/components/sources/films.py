"""Small films of every kind, whose pictures carry their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream

SIZE = (96, 64)


def film(
    path: Path, *, frames: int = 40, codec: str = "libx264", options: Mapping[str, str] | None = None,
    size: tuple[int, int] = SIZE, pixels: str = "yuv420p", times: Sequence[int] | None = None, rotated: int = 0,
    colorspace: int | None = None,
) -> Path:  # fmt: skip
    """Write moving pictures with noise; `times` are hundredths of a second."""
    rng = np.random.default_rng(7)
    width, height = size
    room = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=25, options=dict(options or {})))
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.time_base = stream.time_base = Fraction(1, 100)
        stream.codec_context.thread_count = 1
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        if rotated:
            stream.set_display_rotation(rotated)
        for number in range(frames):
            image = np.roll(room, number, 1)[:height, :width].copy()
            image[:16, :16] = number * 5 % 256
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24").reformat(format=pixels)
            picture.pts, picture.time_base = times[number] if times else 4 * number, Fraction(1, 100)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path
