"""A page that is held before a camera: it shows the time, so that what is recorded of the camera can be compared with it."""

from __future__ import annotations

import time
from typing import Annotated

import cv2
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel

from components.clocks.shown import MILLISECOND, PERIOD, text
from components.dashboard.access import STATIC

AHEAD = 60  # codes in one answer: six seconds


class Code(BaseModel):
    """What is shown from a moment on."""

    at: int  # ms since 1970
    rows: list[str]  # of 0 and 1, 1 is black


class Codes(BaseModel):
    """The server's time as it answers, and codes of the seconds to come."""

    now: float  # ms since 1970
    period: int  # ms
    codes: list[Code]


def shown() -> APIRouter:
    """`GET /clock`, and the codes that it shows."""
    router = APIRouter()
    encoder = cv2.QRCodeEncoder.create()

    @router.get("/clock", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(STATIC / "shown.html")

    @router.get("/api/clock")
    def codes(after: Annotated[int, Query(ge=0, le=10**14)] = 0, count: Annotated[int, Query(ge=0, le=AHEAD)] = AHEAD) -> Codes:
        """Codes after `after` (ms since 1970), or after now where that is later; `count` may be 0, for the time alone."""
        first = max(after * MILLISECOND, time.time_ns()) // PERIOD + 1
        moments = [(first + i) * PERIOD for i in range(count)]
        made = [Code(at=moment // MILLISECOND, rows=_rows(encoder, text(moment))) for moment in moments]
        return Codes(now=time.time_ns() / MILLISECOND, period=PERIOD // MILLISECOND, codes=made)

    return router


def _rows(encoder: cv2.QRCodeEncoder, said: str) -> list[str]:
    return ["".join("1" if pixel == 0 else "0" for pixel in row) for row in encoder.encode(said).tolist()]
