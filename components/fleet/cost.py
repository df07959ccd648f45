"""What a camera costs: from what it is measured or said to send, else from what such cameras usually send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from components.contracts import Needs
from components.fleet.declared import Declared
from components.fleet.measured import Measured

Basis = Literal["measured", "declared", "estimated", "assumed"]  # estimated: from a declared picture; assumed: nobody said which

USUAL = (1920, 1080, 25.0)  # what a camera is assumed to send where nobody says
MEGABIT_DAY = 10.8  # gigabytes a day of one megabit a second
BITS = {"h264": 0.10, "h265": 0.06, "mjpeg": 0.8}  # of a pixel; real indoor H.264 of 1288x728 at 10 fps: 0.08-0.12
DECODING = {"h264": 4.5e-9, "h265": 6e-9, "mjpeg": 4e-9}  # s of one core for a pixel; that footage, PyAV, one thread: 4.1-6.0
MEMORY = {"h264": 23.0, "h265": 32.0, "mjpeg": 15.0}  # bytes for a pixel: decoder, pictures on their way; 720p to 2160p alike


@dataclass(frozen=True, slots=True)
class Sent:
    """What a camera sends, and how that is known."""

    width: int
    height: int
    fps: float
    codec: str
    megabits: float  # a second
    decoding: float  # s of one core for one picture
    basis: Basis  # of the megabits


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one camera that is recorded and looked at."""

    camera: str
    group: str
    sent: Sent
    frames_per_second: float  # after sampling
    gigabytes_per_day: float  # of recording
    memory_gigabytes: float  # to look at it; recording alone decodes nothing, and takes a few megabytes
    cores: float  # of decoding


FIGURES = ("frames_per_second", "gigabytes_per_day", "memory_gigabytes", "cores")
Figure = Literal["frames_per_second", "gigabytes_per_day", "memory_gigabytes", "cores"]


def sent(declared: Declared, measured: Measured | None = None) -> Sent:
    """What was measured, else what is declared, else what is usual."""
    if measured is not None:
        return Sent(
            measured.width, measured.height, measured.fps, measured.codec, measured.megabits, measured.decoding, "measured"
        )
    width, height, fps = declared.width or USUAL[0], declared.height or USUAL[1], declared.fps or USUAL[2]
    codec = declared.codec or "h264"
    megabits = declared.megabits or width * height * fps * BITS[codec] / 1e6
    known = declared.width and declared.height and declared.fps
    basis: Basis = "declared" if declared.megabits else "estimated" if known else "assumed"
    return Sent(width, height, fps, codec, megabits, width * height * DECODING[codec], basis)


def cost(camera: str, group: str, sent: Sent, *, kept: float, needs: Needs) -> Cost:
    """`kept`: frames a second that sampling lets through; only keyframes can be had without decoding those in between."""
    pixels = sent.width * sent.height
    return Cost(
        camera, group, sent, kept, sent.megabits * MEGABIT_DAY, pixels * MEMORY.get(sent.codec, MEMORY["h264"]) / 1e9,
        sent.decoding * (kept if needs == "keyframes" else sent.fps),
    )  # fmt: skip
