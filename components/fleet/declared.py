"""What a camera is said to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt, Interval

Codec = Literal["h264", "h265", "mjpeg"]


@dataclass(frozen=True, slots=True)
class Declared:
    """As the camera is set, or its maker says; null: nobody said."""

    width: Annotated[int, Interval(ge=16, le=16384)] | None = None  # pixels
    height: Annotated[int, Interval(ge=16, le=16384)] | None = None
    fps: Annotated[float, Interval(gt=0, le=1000)] | None = None
    codec: Codec | None = None
    megabits: Annotated[float, Gt(0)] | None = None  # a second
