"""When a live picture was taken, as far as that can be known."""

from __future__ import annotations

import struct
from collections import deque
from typing import TypeAlias

import av
from av.video.stream import VideoStream

from components.clocks.clock import Clock
from components.clocks.verdict import FAR
from components.sources.unbroken import Unbroken

Packet: TypeAlias = "av.Packet[VideoStream]"  # generic in the stubs only

SECOND = 1_000_000_000  # ns
MICROSECOND = 1000  # ns
WINDOW = 30 * SECOND  # how long the quickest way through the network counts
JUMP = 5 * SECOND  # a step of the stream's own time against ours that makes it another time
PAUSE = SECOND // 4  # between two packets: the end of a burst
AWAITED = 20 * SECOND  # cameras send a report every few seconds
ERA = 2**32 * SECOND  # ns that NTP counts
YEAR = 366 * 86_400 * SECOND  # ns
REMEMBERED = 64  # packets that a decoder may hold


class Arrival:
    """Turns the times of one connection's packets into fleet time.

    A stream's own time runs evenly but from an arbitrary zero, and packets come late now and then. The packet with the least
    delay of the last 30 s, which took as long as `clock` takes for granted, says how the two fit together, so jitter does not
    reach the times, and a packet's delay against that one says how far behind the reader is. A camera that says when a picture
    was taken (producer reference time, which FFmpeg makes of RTCP sender reports) is believed while that is within `trusted`
    seconds of the time found here; a clock that is more wrong is corrected by what `clock` has learned of it.
    Where the stream's time means nothing (`paced` is false: MJPEG), a picture was taken when it came. Where packets come in
    `bursts` (HLS: pieces of several seconds), the last one of each is the quickest: nothing is known before the first is over.
    """

    def __init__(self, *, trusted: float, paced: bool, bursts: bool = False, clock: Clock | None = None) -> None:
        self._trusted, self.paced, self._bursts, self._clock = round(trusted * SECOND), paced, bursts, clock or Clock()
        self._latency = round(self._clock.latency * SECOND)  # of the quickest packet
        self.settled = not bursts  # whether the times mean anything
        self._moved = 0  # ns that fleet time was moved by now
        self._unbroken = Unbroken()
        self._connected = self._before = 0  # when the first packet, and the one before, came
        self._offsets: deque[tuple[int, int]] = deque()  # (arrival, arrival - own time), offsets rising: a sliding minimum
        self._taken: dict[int, int] = {}  # own time of a packet -> when it was taken
        self._newest, self._unit = 0, 0.0
        self._agrees = False  # the camera with what is found here
        self.told: int | None = None  # what the camera said of the newest packet, ns since 1970
        self.correction = 0  # fleet time minus the camera's, of the newest packet; 0 where it is believed, or says nothing

    @property
    def moment(self) -> int:
        """The fleet time (ns, whole microseconds) of the newest packet."""
        return self._newest // MICROSECOND * MICROSECOND

    def see(self, packet: Packet, now: int, moved: int = 0) -> float:
        """Note a packet that came at `now` (ns); by how many seconds it is late. `moved`: as of `components.clocks.own.Time`.

        Where the stream's own time begins anew, that of the packet is moved so that it goes on.
        """
        self._moved = moved
        if packet.pts is None or not packet.size or not self.paced:
            self._newest, self.told, self.correction = now - self._latency, None, 0
            return 0.0
        self.settled = self.settled or 0 < self._before < now - PAUSE
        self._before, self._connected = now, self._connected or now
        self._unbroken.mend(packet, now - moved)
        self._unit = self._unit or float(packet.time_base or 0)  # the same for all of a connection
        own = round(packet.pts * self._unit * SECOND)
        reached = own + self._quickest(own, now)
        taken = reached - self._latency
        self.told = told = _told(packet, now)
        self._newest = taken if told is None else self._agreed(told, taken, now)
        self.correction = 0 if told is None else self._newest - told
        self._taken[packet.pts] = self._newest
        while len(self._taken) > REMEMBERED:
            del self._taken[next(iter(self._taken))]
        return 0.0 if self._bursts else (now - reached) / SECOND

    @property
    def awaiting(self) -> bool:
        """Whether a better time comes soon: the camera used to say when its pictures were taken, and has not said so yet, or they
        come so late, over a link that has just come back, that it cannot be believed."""
        young = self._before - self._connected < AWAITED
        return young and self.paced and not self._agrees and self._clock.estimate() is not None

    @classmethod
    def of(cls, format_name: str, *, trusted: float, clock: Clock) -> Arrival:
        """For a connection of a format of FFmpeg's, such as rtsp, mpjpeg or hls."""
        return cls(trusted=trusted, paced="jpeg" not in format_name, bursts="hls" in format_name, clock=clock)

    def taken(self, picture: av.VideoFrame) -> int:
        """The fleet time (ns, whole microseconds) of a decoded picture."""
        time = self._taken.get(picture.pts, self._newest) if picture.pts is not None else self._newest
        return time // MICROSECOND * MICROSECOND

    def _agreed(self, told: int, taken: int, now: int) -> int:
        """What the camera says, as it is or corrected, while that agrees with when the picture came; else the latter."""
        self._clock.see(now, told, self._moved)
        self._agrees = True
        if abs(told - taken) <= self._trusted:
            return told
        corrected = self._clock.corrected(told)
        self._agrees = abs(told - taken) <= FAR * SECOND and abs(corrected - taken) <= self._trusted
        return corrected if self._agrees else taken

    def _quickest(self, own: int, now: int) -> int:
        """The least of `arrival - own time` in the window, ns."""
        now -= self._moved
        offset = now - own
        if self._offsets and abs(offset - self._offsets[-1][1]) > JUMP + (now - self._offsets[-1][0]):
            self._offsets.clear()  # the camera has begun to count anew
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((now, offset))
        while self._offsets[0][0] < now - WINDOW:
            self._offsets.popleft()
        return self._offsets[0][1] + self._moved


def _told(packet: Packet, now: int) -> int | None:
    """What the camera says of the moment, ns since 1970; None where it says nothing. NTP counts from 0 again in 2036."""
    if not packet.has_sidedata("prft"):
        return None
    (microseconds,) = struct.unpack_from("<q", bytes(packet.get_sidedata("prft")))
    told = int(microseconds) * MICROSECOND
    return told + ERA if told < 0 and abs(told + ERA - now) < YEAR else told
