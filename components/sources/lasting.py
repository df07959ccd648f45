"""A camera at work: asked for its pictures again and again, whatever happens to it or to the way there."""

from __future__ import annotations

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from components.clocks.clock import Clock
from components.clocks.own import Time, course
from components.contracts import Camera, Frame, Moment, Needs, Pixels, Recording, Sampler, digest_of
from components.sources.arrival import Arrival, Packet
from components.sources.calibration import fits
from components.sources.decoding import BROKEN
from components.sources.pictures import Converter
from components.sources.remux import Cut, kept

BEHIND = 1.0  # s; a picture that comes so late is skipped, with those after it, until the stream has caught up
CAUGHT_UP = 0.3  # s
HUNG = 2.5  # times its timeout that a connection is waited for on which something comes, and no picture
SKIPPED: dict[Needs, Literal["NONKEY", "NONREF"]] = {
    "keyframes": "NONKEY",
    "cheap times": "NONREF",
}  # what a decoder may leave out

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Heard:
    """When the newest packet came (monotonic, s); 0: not connected."""

    at: float = 0.0


class Lasting(ABC):
    """A camera that is lost and found again; `address` is how people are told of it, without any password.

    A connection that does not open, or stays silent for `timeout` seconds, or ends, is made again: after `retry_first` seconds,
    then ever less often, at least every `retry_longest` seconds, for ever.
    """

    live = True
    advice = "check the camera"

    def __init__(
        self, camera: Camera, *, address: str, timeout: float, retry_first: float, retry_longest: float, clock_error: float,
        latency: float,
    ) -> None:  # fmt: skip
        self.camera, self.clock_error, self._address, self._timeout = camera, clock_error, address, timeout
        self._first, self._longest = retry_first, max(retry_first, retry_longest)
        self.clock = Clock(latency=latency)
        self.problem, self.reason, self.skipped, self.packets = "", "", 0, 0
        self._watched, self._heard = False, _Heard()
        self.expected = 0.0  # pictures per second, as the camera declares them; 0: it does not

    @abstractmethod
    def opened(self, *, watched: bool = True) -> InputContainer:
        """A new connection. Raises what PyAV raises where there is none.

        One that is `watched` also ends where something comes, and it is no picture, which takes as much time as reading does.
        """

    def hung(self) -> bool:
        """Whether `keep` waits for a picture for too long, though something else may come; its next connections are watched."""
        silent = time.monotonic() - self._heard.at if self._heard.at else 0.0
        if silent < HUNG * self._timeout:
            return False
        self._heard.at, self._watched = 0.0, True
        self._away(f"no picture came for {silent:.0f} s")
        return True

    @property
    def footage(self) -> str:
        """Digest of where the pictures come from; they are never the same again."""
        return digest_of([self.camera.version, self._address])

    @property
    def total(self) -> int:
        """Nobody knows."""
        return 0

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        """Pictures as they come; after a disconnection their numbers and times go on.

        Pictures that sampling does not need to be shown are not decoded, and have no number.
        """
        wait, walk = self._first, Walk(self, sampler, pixels)
        while True:
            seen = walk.index
            try:
                with self.opened() as container:
                    yield from walk.through(container)
                self._away("the stream ended")
            except (*BROKEN, OSError) as error:
                self._away(self._said(error))
            wait = self._first if walk.index > seen else min(2 * wait, self._longest)
            time.sleep(wait * random.uniform(0.5, 1.0))  # so that not all cameras of a switch come back at the same moment

    def keep(self, folder: Path, seconds: float, stop: threading.Event) -> Iterator[Recording]:
        """The packets as they come, undecoded, in files of about `seconds` below `folder`, until `stop` is set."""
        wait, cut, after = self._first, Cut(folder, seconds), "recording began"
        heard = self._heard = _Heard()  # who was given up may still be at it, with its own
        while not stop.is_set():
            seen = self.packets
            try:
                with self.opened(watched=self._watched) as container:
                    arrival = Arrival.of(container.format.name, trusted=self.clock_error, clock=self.clock)
                    self.expected = _declared(_pictures(container))
                    times, heard.at = course(), time.monotonic()
                    for recording in kept(container, arrival, cut, stop, after=after, times=times):
                        heard.at = time.monotonic()
                        self.packets += recording is None
                        self.is_back()
                        if recording is not None:
                            after = ""
                            yield recording
                if not stop.is_set():
                    self._away(times.leapt or "the stream ended")
            except (*BROKEN, OSError) as error:
                self._away(self._said(error))
            heard.at, after = 0.0, after or self.reason
            wait = self._first if self.packets > seen else min(2 * wait, self._longest)
            stop.wait(wait * random.uniform(0.5, 1.0))

    def is_back(self) -> None:
        if self.problem:
            _LOG.warning("camera %s: %s is back", self.camera.id, self._address)
        self.problem = ""

    def _said(self, error: Exception) -> str:
        """What went wrong; the rest of the error's words may hold the password of the address."""
        if isinstance(error, av.error.ExitError):
            return f"nothing came for {self._timeout:g} s"
        return getattr(error, "strerror", None) or type(error).__name__

    def _away(self, reason: str) -> None:
        self.reason = reason
        if not self.problem:
            _LOG.warning("camera %s: %s: %s; trying again", self.camera.id, self._address, reason)
        self.problem = f"{self._address}: {reason}; {self.advice}"


class Shown(Protocol):
    """What a walk asks of a camera, and tells it."""

    camera: Camera
    clock: Clock
    clock_error: float
    expected: float
    skipped: int
    packets: int

    def is_back(self) -> None: ...


class Walk:
    """The pictures of all connections of one camera; `course` gives each the clock by which its packets come."""

    def __init__(self, source: Shown, sampler: Sampler, pixels: Pixels, *, course: Callable[[], Time] = course) -> None:
        self._source, self._sampler, self._converter, self._course = source, sampler, Converter(pixels), course
        self.index, self._last = 0, 0

    def through(self, container: InputContainer) -> Iterator[Frame]:
        """The pictures of one connection. Raises av.FFmpegError or OSError where it breaks."""
        stream = _pictures(container)
        arrival = Arrival.of(container.format.name, trusted=self._source.clock_error, clock=self._source.clock)
        self._source.expected = _declared(stream)
        segment, begun, times = "", 0, self._course()
        for packet in container.demux(stream):
            self._source.packets += bool(packet.size)
            if times.leapt:
                raise OSError(0, times.leapt)
            late = arrival.see(packet, times.now(), times.moved)
            _hurry(stream, late, self._sampler.needs)
            for picture in _decoded(packet):
                if not arrival.settled:
                    continue
                moment = max(arrival.taken(picture), self._last + 1000)
                self._last, number = moment, self.index
                self.index += 1
                if not segment:
                    segment, begun = digest_of([self._source.camera.id, moment]), moment
                    fits(self._source.camera, (picture.width, picture.height))
                self._source.is_back()
                look = partial(self._converter.small, picture)
                if not self._sampler.keep(Moment(self._source.camera.id, moment, bool(picture.key_frame), look)):
                    continue
                if late > BEHIND:
                    self._source.skipped += 1
                    continue
                image, quality = self._converter.image(picture), {"damaged": 1.0} if picture.is_corrupt else {}
                yield Frame(self._source.camera, moment, number, segment, moment - begun, image, np.eye(3), quality)


def _pictures(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise OSError(0, "there is no video in it")
    stream = container.streams.video[0]
    stream.thread_type = "SLICE"  # threads over frames would each keep one back
    stream.codec_context.options = {"flags": "low_delay"}
    return stream


def _declared(stream: VideoStream) -> float:
    """Pictures per second, as the camera says; 0 where it does not."""
    return float(stream.codec_context.framerate or 0)


def _decoded(packet: Packet) -> list[av.VideoFrame]:
    """The pictures that a packet completes; none where it came damaged, which the next whole picture mends."""
    try:
        return list(packet.decode())
    except av.InvalidDataError:
        return []


def _hurry(stream: VideoStream, late: float, needs: Needs) -> None:
    """While the decoder is behind it decodes nothing but whole pictures, else what sampling needs."""
    if late > BEHIND:
        stream.codec_context.skip_frame = "NONKEY"
    elif late < CAUGHT_UP:
        stream.codec_context.skip_frame = SKIPPED.get(needs, "DEFAULT")
