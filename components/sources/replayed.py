"""Recorded footage as if it came from its camera now: packet by packet, at any pace, the way that live pictures take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from components.clocks.clock import Clock
from components.contracts import Camera, Frame, InputError, Moment, Needs, Pixels, Sampler, Segment, digest_of
from components.sources.arrival import Packet
from components.sources.decoding import BROKEN, SECOND, reason
from components.sources.lasting import Walk
from components.storage.storage import Storage

LATE = 0.1  # s; less is how exactly a machine wakes up


class Pace:
    """How the fleet time of then passes now, for all cameras of a replay: `speed` times as fast, or as fast as it goes."""

    def __init__(self, since: int, speed: float | None) -> None:
        self._since, self._speed, self._begun = since, speed, 0.0
        self._lock = threading.Lock()

    def wait(self, due: int) -> int:
        """Until it is `due` (ns); what time it is then: later where the reader is behind."""
        if self._speed is None or due <= self._since:
            return due
        with self._lock:
            self._begun = self._begun or time.monotonic()
        behind = time.monotonic() - self._begun - (due - self._since) / SECOND / self._speed
        if behind < 0:
            time.sleep(-behind)
        return due + round(behind * self._speed * SECOND) if behind > LATE else due


class Replayed:
    """The segments of one camera between `since` and `until` (fleet time, ns), at a `pace`.

    What was recorded before `since` in the first one is decoded, as later pictures need it, and not shown.
    """

    live = True
    moved, leapt = 0, ""  # nobody sets the clock of what was recorded

    def __init__(self, *, segments: Sequence[Segment], storage: Storage, since: int, until: int, pace: Pace) -> None:
        self.segments = sorted(segments, key=lambda segment: (segment.start, segment.sha256))
        self._storage, self._since, self._until, self._pace = storage, since, until, pace
        self.camera: Camera = self.segments[0].camera
        self.clock, self.clock_error, self.expected = Clock(), 0.5, 0.0
        self.problem, self.skipped, self.packets, self._now = "", 0, 0, 0

    @property
    def footage(self) -> str:
        """Digest of the segments' digests and of the interval."""
        return digest_of([[segment.sha256 for segment in self.segments], self._since, self._until])

    @property
    def total(self) -> int:
        """Nobody knows."""
        return 0

    def is_back(self) -> None:
        """Footage is never away."""

    def now(self) -> int:
        """When the newest packet has come, ns."""
        return self._now

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        """Pictures at their pace. Raises InputError where a segment is not to be had, or is damaged."""
        walk = Walk(self, _Within(sampler, self._since, self._until), pixels, course=lambda: self)
        for segment in self.segments:
            self.camera = segment.camera  # it may have been moved in between
            path = self._storage.fetch(segment.path, sha256=segment.sha256)
            try:
                with av.open(str(path)) as container:
                    yield from walk.through(_Paced(container, self, segment.start))  # type: ignore[arg-type]
            except BROKEN as error:
                raise InputError(f"{segment.path} is damaged: {reason(error)}; replay what is before or after it") from error

    def come(self, due: int) -> bool:
        """Wait until a packet is due; False where the interval is over."""
        if due >= self._until:
            return False
        self._now = self._pace.wait(due)
        return True


class _Paced:
    """A file whose packets come when they are due."""

    def __init__(self, container: InputContainer, source: Replayed, start: int) -> None:
        self._container, self._source, self._start = container, source, start
        self.streams, self.format = container.streams, container.format

    def demux(self, stream: VideoStream) -> Iterator[Packet]:
        first: int | None = None
        for packet in self._container.demux(stream):
            if packet.pts is not None and packet.size:
                first = packet.pts if first is None else first
                since = round((packet.pts - first) * float(packet.time_base or 0) * SECOND)
                if not self._source.come(self._start + since):
                    return
            yield packet


class _Within:
    """A sampler that is only asked about an interval."""

    def __init__(self, sampler: Sampler, since: int, until: int) -> None:
        self._sampler, self._since, self._until = sampler, since, until

    @property
    def needs(self) -> Needs:
        return self._sampler.needs

    def keep(self, moment: Moment) -> bool:
        return self._since <= moment.time < self._until and self._sampler.keep(moment)


def missing(segments: Sequence[Segment], since: int, until: int, *, least: int = SECOND // 2) -> list[tuple[int, int]]:
    """From and until when (ns) there is no footage in the interval; less than `least` does not count."""
    found, at = [], since
    for segment in sorted(segments, key=lambda segment: segment.start):
        if segment.start - at >= least:
            found.append((at, min(segment.start, until)))
        at = max(at, segment.end)
    return [*found, *([(at, until)] if until - at >= least else [])]


def overlapping(segments: Sequence[Any], since: int, until: int) -> list[Any]:
    """Those with footage of the interval."""
    return [segment for segment in segments if segment.start < until and segment.end > since]
