"""A camera whose footage is a video file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av

from components.contracts import Frame, InputError, Matrix3, Pixels, Recording, Sampler, digest_of, file_digest
from components.sources.calibration import fits, placed
from components.sources.decoding import SECOND, Footage, VideoPacket, opened, probe, promised, rate, shown_at, whole
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

    @cached_property
    def footage(self) -> str:
        """sha256 of the file."""
        _ = self._footage  # what is not a video fails here
        return file_digest(self.path)

    @property
    def mark(self) -> str:
        """Digest of which file it is, as the file system tells: reading all of it would cost as much as recording does."""
        known = self.path.stat() if self.path.is_file() else None
        about = [known.st_size, known.st_mtime_ns, known.st_ctime_ns] if known else []
        return digest_of([str(self.path.resolve()), *about, self.start, self._fps])

    @property
    def total(self) -> int:
        """Number of frames in the file."""
        return self._footage.frames

    @property
    def promised(self) -> int:
        """Number of frames that the header promises; 0: it does not say."""
        with opened(self.path) as (_, stream):
            return promised(stream)

    @property
    def pace(self) -> float:
        """Fleet seconds per second of media time."""
        return self._pace(self._footage.fps)

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        yield from frames(Film(self.path, self.camera, self.start, self.footage, self.pace), sampler, pixels)

    def record(self, folder: Path, seconds: float) -> Iterator[Recording]:
        """The packets of the file as they are, in Matroska pieces of at least `seconds` that begin with a keyframe.

        Matroska keeps times to the millisecond; the start of each piece is exact. The file is read once: of one that is cut off
        there are the pieces before the last one when InputError says so.
        """
        with opened(self.path) as (container, stream):
            fits(self.camera, (stream.width, stream.height))
            pace = self._pace(rate(stream))
            pieces = _pieces(whole(self.path, container, stream), float(stream.time_base or 1), seconds / pace)
            unit, origin = Fraction(stream.time_base or 1) * Fraction(pace).limit_denominator(10**6), 0
            for number, piece in enumerate(pieces):
                path = folder / f"{number:06d}.mkv"
                first, last = _remux(piece, stream, path, unit)
                origin = origin if number else first
                begin, end = (self.start + round((pts - origin) * unit * SECOND) for pts in (first, last))
                yield Recording(path, begin, end, len(piece), stream.codec_context.name, ())

    def _pace(self, fps: float) -> float:
        """`fps` as the header declares them."""
        return fps / self._fps if self._fps and fps else 1.0


def _pieces(walk: Iterator[VideoPacket], unit: float, seconds: float) -> Iterator[list[VideoPacket]]:
    """Packets in groups that begin with a keyframe and last at least `seconds`; none is shown before its group's keyframe.

    Such a picture (of an open group) would need footage from before the cut, and be lost.
    """
    group: list[VideoPacket] = []
    cut = 0  # where the group may end, if what comes next allows it
    least = seconds / unit - 0.5
    for packet in walk:
        if cut:
            if packet.is_keyframe or shown_at(packet) >= shown_at(group[cut]):
                yield group[:cut]
                group = group[cut:]
            cut = 0
        group.append(packet)
        if packet.is_keyframe and len(group) > 1 and shown_at(packet) - shown_at(group[0]) >= least:
            cut = len(group) - 1
    if cut:
        yield group[:cut]
        group = group[cut:]
    if group:
        yield group


def _remux(piece: list[VideoPacket], stream: av.VideoStream, path: Path, unit: Fraction) -> tuple[int, int]:
    """Write packets to `path`, times counted from when the first is shown; from when to when they are, in the stream's unit.

    The same packets give the same bytes.
    """
    first, last = min(map(shown_at, piece)), 0
    with av.open(str(path), "w", format="matroska", options={"fflags": "+bitexact"}) as out:
        target, mux = out.add_stream_from_template(stream), out.mux
        for packet in piece:
            shown, decoded = shown_at(packet), packet.dts
            if (end := shown + (packet.duration or 0)) > last:
                last = end
            packet.stream = target
            packet.pts = shown - first
            if decoded is not None:
                packet.dts = decoded - first
            packet.time_base = unit
            mux(packet)
    return first, last


def _nanoseconds(text: str, camera: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"camera {camera}: start is {text!r}; expected a time such as 2026-03-02T10:00:00+00:00") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) * 1_000_000
