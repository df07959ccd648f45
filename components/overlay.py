"""Videos of what was seen: each frame as the detector got it, with boxes, track ids, identities, camera and time."""

from __future__ import annotations

import colorsys
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from components.contracts import UNKNOWN, Bgr, Frame, Sighting
from components.pixels import picture_boxes

MILLISECOND = 1_000_000  # ns
FONT, INK, PAPER = cv2.FONT_HERSHEY_SIMPLEX, (255, 255, 255), (40, 40, 40)  # BGR
STEP = 0.618  # of the circle of colours from one track to the next: neighbours differ


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without footage."""

    start: int  # fleet time, ns
    end: int
    reason: str


@dataclass(slots=True)
class Reel:
    """One video while it is made."""

    path: Path
    pauses: list[Pause]
    container: OutputContainer
    stream: VideoStream
    size: tuple[int, int]  # width, height
    last: int = -1  # ms since the beginning
    frames: int = 0
    sightings: int = 0
    people: set[str] = field(default_factory=set)


class Overlay:
    """A store of sightings that writes a video (H.264 in MP4) per camera into `folder`, in fleet time from `since` on.

    Times without footage (`pauses`, by camera) are a page that says so. A video gets its name when it is whole.
    """

    def __init__(
        self, folder: Path, *, since: int, pauses: Mapping[str, Sequence[Pause]], name: str,
        seen: Callable[[str, int], object] = lambda _camera, _time: None,
    ) -> None:  # fmt: skip
        self._folder, self._since, self._name, self._seen = folder, since, name, seen
        self._pauses = {camera: list(found) for camera, found in pauses.items()}
        self.reels: dict[str, Reel] = {}
        self._lock = threading.Lock()

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        image = drawn(frame, sightings)
        with self._lock:
            reel = self.reels.get(frame.camera.id) or self._begun(frame.camera.id, image)
            while reel.pauses and reel.pauses[0].start < frame.time:
                pause = reel.pauses.pop(0)
                self._add(reel, _page(reel.size, frame.camera.id, pause), pause.start)
            self._add(reel, image, frame.time)
            reel.frames, reel.sightings = reel.frames + 1, reel.sightings + len(sightings)
            reel.people |= {sighting.person for sighting in sightings}
        self._seen(frame.camera.id, frame.time)

    def close(self) -> None:
        """Every video to its end, under its own name."""
        for camera, reel in self.reels.items():
            for pause in reel.pauses:
                for time in (pause.start, pause.end):
                    self._add(reel, _page(reel.size, camera, pause), time)
            reel.container.mux(reel.stream.encode(None))
            reel.container.close()
            _part(reel.path).replace(reel.path)

    def _begun(self, camera: str, image: Bgr) -> Reel:
        self._folder.mkdir(parents=True, exist_ok=True)
        path, size = self._folder / f"{camera}-{self._name}.mp4", (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
        container = av.open(str(_part(path)), "w", format="mp4")
        stream = container.add_stream("libx264", options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        reel = self.reels[camera] = Reel(path, self._pauses.get(camera, []), container, stream, size)
        return reel

    def _add(self, reel: Reel, image: Bgr, time: int) -> None:
        width, height = reel.size
        if image.shape[1] < width or image.shape[0] < height:  # the camera was changed
            image = np.asarray(cv2.resize(image, reel.size), np.uint8)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="bgr24")
        reel.last = max(reel.last + 1, (time - self._since) // MILLISECOND)
        picture.pts, picture.time_base = reel.last, Fraction(1, 1000)
        reel.container.mux(reel.stream.encode(picture))


def drawn(frame: Frame, sightings: Sequence[Sighting]) -> Bgr:
    """The frame's image, in colour, with what was seen in it."""
    image = np.array(cv2.cvtColor(frame.image, cv2.COLOR_GRAY2BGR) if frame.image.ndim == 2 else frame.image, np.uint8)
    scale = max(1, round(image.shape[1] / 1000))
    boxes = picture_boxes(frame, np.array([sighting.box for sighting in sightings]).reshape(-1, 4))
    for sighting, box in zip(sightings, np.nan_to_num(boxes).round().astype(int).tolist(), strict=True):
        colour, (x, y) = _colour(sighting.track), box[:2]
        cv2.rectangle(image, (x, y), (box[2], box[3]), colour, 2 * scale, cv2.LINE_AA)
        _words(image, said(sighting), (max(0, x), max(30 * scale, y - 4 * scale)), scale, colour)
    _words(image, f"{frame.camera.id}  {shown(frame.time)}", (4 * scale, 14 * scale), scale, PAPER)
    return image


def said(sighting: Sighting) -> str:
    """One person in a few words."""
    certain = [] if sighting.person == UNKNOWN else [f"{sighting.confidence:.2f}"]
    return " ".join([f"#{sighting.track}", sighting.person, *certain, *([] if sighting.role == UNKNOWN else [sighting.role])])


def shown(time: int) -> str:
    """A moment (ns) to a hundredth of a second."""
    moment = datetime.fromtimestamp(time // MILLISECOND / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 10_000:02d} UTC"


def _page(size: tuple[int, int], camera: str, pause: Pause) -> Bgr:
    page = np.full((size[1], size[0], 3), PAPER, np.uint8)
    lines = (camera, "no footage", f"from {shown(pause.start)}", f"to {shown(pause.end)}", pause.reason)
    for number, line in enumerate(lines):
        _words(page, line, (10, size[1] // 3 + 22 * number), max(1, round(size[0] / 1000)), PAPER)
    return page


def _words(image: Bgr, words: str, at: tuple[int, int], scale: int, colour: tuple[int, int, int]) -> None:
    """White on a strip of `colour`; fonts of OpenCV know ASCII alone."""
    plain, size = words.encode("ascii", "replace").decode(), 0.42 * scale
    (width, height), below = cv2.getTextSize(plain, FONT, size, scale)
    cv2.rectangle(image, (at[0], at[1] - height - 2), (at[0] + width, at[1] + below), colour, -1)
    cv2.putText(image, plain, at, FONT, size, INK, scale, cv2.LINE_AA)


def _colour(track: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(track * STEP % 1.0, 0.85, 0.7)
    return round(255 * blue), round(255 * green), round(255 * red)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
