"""A camera whose footage is a video file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av

from components.contracts import Frame, InputError, Matrix3, Pixels, Recording, Sampler
from components.sources.calibration import fits, placed
from components.sources.decoding import SECOND, Footage, VideoPacket, opened, packets, probe, shown_at
from components.sources.walk import Film, frames


class Video:
    """Footage in the file `uri`, whose first frame was taken at `start`.

    `fps` is the real rate where the header is wrong. `homography` takes the native pixel of a foot point to floor
    metres: three rows of three numbers, or a text file of them. `calibration` is a file with the lens and the camera's place,
    from which the homography follows (see `components.sources.calibration`). Raises InputError for what cannot be read.
    """

    live = False

    def __init__(
        self, camera: str, *, uri: str, location: str = "", start: str = "1970-01-01T00:00:00+00:00",
        fps: float | None = None, homography: Matrix3 | str | None = None, calibration: str | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(uri).expanduser()
        self.start = _nanoseconds(start, camera)
        if fps is not None and fps <= 0:
            raise InputError(f"camera {camera}: fps is {fps}; expected a positive rate, or null for the one in the file")
        self._fps = fps
        self.camera = placed(camera, location, homography=homography, calibration=calibration)

    @cached_property
    def _footage(self) -> Footage:
        footage = probe(self.path)
        fits(self.camera, (footage.width, footage.height))
        return footage

    @property
    def footage(self) -> str:
        """sha256 of the file."""
        return self._footage.sha256

    @property
    def total(self) -> int:
        """Number of frames in the file."""
        return self._footage.frames

    @property
    def pace(self) -> float:
        """Fleet seconds per second of media time."""
        return self._footage.fps / self._fps if self._fps and self._footage.fps else 1.0

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        yield from frames(Film(self.path, self.camera, self.start, self.footage, self.pace), sampler, pixels)

    def record(self, folder: Path, seconds: float) -> Iterator[Recording]:
        """The packets of the file as they are, in Matroska pieces of at least `seconds` that begin with a keyframe.

        Matroska keeps times to the millisecond; the start of each piece is exact.
        """
        codec, pace = self._footage.codec, Fraction(self.pace).limit_denominator(10**6)
        with opened(self.path) as (container, stream):
            walk = packets(self.path, container, stream)
            pieces = _pieces(walk, float(stream.time_base or 1), seconds / self.pace)
            unit, origin = Fraction(stream.time_base or 1) * pace, 0
            for number, piece in enumerate(pieces):
                first, last = min(map(shown_at, piece)), max(shown_at(packet) + (packet.duration or 0) for packet in piece)
                origin = origin if number else first
                path = folder / f"{number:06d}.mkv"
                _remux(piece, stream, path, first, unit)
                begin, end = (self.start + round((pts - origin) * unit * SECOND) for pts in (first, last))
                yield Recording(path, begin, end, len(piece), codec, ())


def _pieces(walk: Iterator[VideoPacket], unit: float, seconds: float) -> Iterator[list[VideoPacket]]:
    """Packets in groups that begin with a keyframe and last at least `seconds`; none is shown before its group's keyframe.

    Such a picture (of an open group) would need footage from before the cut, and be lost.
    """
    group: list[VideoPacket] = []
    cut = 0  # where the group may end, if what comes next allows it
    for packet in walk:
        if cut and not packet.is_keyframe and shown_at(packet) < shown_at(group[cut]):
            cut = 0
        if cut:
            yield group[:cut]
            group, cut = group[cut:], 0
        late = bool(group) and (shown_at(packet) - shown_at(group[0])) * unit >= seconds - unit / 2
        group.append(packet)
        cut = len(group) - 1 if late and packet.is_keyframe else 0
    if cut:
        yield group[:cut]
        group = group[cut:]
    if group:
        yield group


def _remux(piece: list[VideoPacket], stream: av.VideoStream, path: Path, first: int, unit: Fraction) -> None:
    """Write packets to `path`, times counted from `first`. The same packets give the same bytes."""
    with av.open(str(path), "w", format="matroska", options={"fflags": "+bitexact"}) as out:
        target = out.add_stream_from_template(stream)
        for packet in piece:
            packet.stream = target
            packet.pts = shown_at(packet) - first
            packet.dts = None if packet.dts is None else packet.dts - first
            packet.time_base = unit
            out.mux(packet)


def _nanoseconds(text: str, camera: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"camera {camera}: start is {text!r}; expected a time such as 2026-03-02T10:00:00+00:00") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) * 1_000_000
