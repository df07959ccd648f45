"""Keeps a stream as it comes: its packets, unchanged, in files that begin with a keyframe at a round time."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast

import av
from av.container import InputContainer, OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from components.clocks.own import Time
from components.contracts import InputError, Recording, Stamps
from components.sources.arrival import Arrival, Packet
from components.sources.decoding import BROKEN, SECOND

FRAGMENTED = "frag_keyframe+empty_moov+default_base_moof"  # what was written before a kill can be read
IN_MP4 = ("h264", "hevc", "mjpeg", "mpeg4")
PARAMETERS = {"h264": (7, 8), "hevc": (32, 33, 34)}  # types of the units that say how pictures are coded
PART = ".part"
HEAD = 65_536  # bytes of a packet in which parameters stand, if there are any: before the first picture
MICROSECONDS = Fraction(1, 1_000_000)  # s
TAIL = 16  # bytes of the box with which a fragmented MP4 ends
LEFT = "left-"  # begins the name of a part that is being copied
TOGETHER = SECOND  # ns of packets that are looked at together: being woken for each costs more than what is done with it
MISSING = SECOND // 2  # ns without a picture that are a gap, where pictures come at least twice as often


@dataclass(frozen=True, slots=True)
class Cut:
    """Where files end: at the first keyframe at or after every multiple of `seconds` of fleet time."""

    folder: Path
    seconds: float

    def number(self, moment: int) -> int:
        return moment // round(self.seconds * SECOND)


def kept(
    container: InputContainer, arrival: Arrival, cut: Cut, stop: threading.Event, *, after: str, times: Time
) -> Iterator[Recording | None]:
    """The files of one connection as they are finished, and None for every packet in between, so that the caller sees life.

    `after` is why there is nothing before the first. What was received is in a file when the connection breaks, which raises
    what PyAV raises. Nothing is decoded; where the parameters of the stream change, another file begins. `times` is the clock by
    which packets come; where it leaps, the connection is over.
    """
    stream = container.streams.video[0]
    pieces, trouble = _Pieces(stream, arrival, cut, after), None
    came: list[_Came] = []
    try:
        for packet in container.demux(stream):
            if packet.pts is None or not packet.size:
                continue
            came.append(_Came(packet, times.now(), time.monotonic_ns(), times.moved))
            yield None
            if stop.is_set():
                break
            if came[-1].at - came[0].at >= TOGETHER:
                yield from pieces.take(came)
                came.clear()
                if times.leapt:
                    break
    except (*BROKEN, OSError) as error:
        trouble = error
    yield from pieces.take(came)
    yield from pieces.closed()
    if trouble is not None:
        raise trouble


class _Came(NamedTuple):
    """A packet, and when it came."""

    packet: Packet
    at: int  # fleet time, ns
    even: int  # monotonic, ns
    moved: int  # ns that fleet time was moved by then


class _Pieces:
    """What is made of one connection's packets."""

    def __init__(self, stream: VideoStream, arrival: Arrival, cut: Cut, after: str) -> None:
        self._stream, self._arrival, self._cut, self._after = stream, arrival, cut, after
        self._parameters = _Parameters(stream.codec_context.name)
        self._shape: Shape | None = None
        self._piece: Piece | None = None

    def take(self, came: Iterable[_Came]) -> Iterator[Recording]:
        """The files that are finished by these packets."""
        arrival = self._arrival
        for one in came:
            packet = one.packet
            arrival.see(packet, one.at, one.moved)
            if not arrival.paced:
                packet.pts = packet.dts = arrival.moment // 1000
                packet.time_base = MICROSECONDS
            if packet.is_keyframe:
                if self._ends_before(packet):
                    yield from self.closed()
                if self._piece is None and arrival.settled:
                    self._piece, self._after = self._begun(one), ""
            if self._piece is not None:
                self._piece.add(packet, arrival.moment)

    def closed(self) -> Iterator[Recording]:
        """The file that is being made, if there is one."""
        piece, self._piece = self._piece, None
        if piece is not None:
            yield piece.closed()

    def _ends_before(self, packet: Packet) -> bool:
        """Whether a file ends before this keyframe: its time is over, or pictures are coded otherwise from here on."""
        changed = self._parameters.changed(bytes(memoryview(packet)[:HEAD]))
        self._shape = self._parameters.shape(packet) if changed else self._shape
        over = self._piece is not None and self._cut.number(self._arrival.moment) != self._cut.number(self._piece.start)
        return changed or (over and not self._arrival.awaiting)

    def _begun(self, one: _Came) -> Piece:
        arrival = self._arrival
        source, correction = (None, 0) if arrival.awaiting else (arrival.told, arrival.correction)
        stamps = Stamps(one.at, one.even, source, _media(one.packet), correction)
        return Piece(self._cut.folder, self._stream, arrival.moment, stamps, self._after, self._shape)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the pictures of a stream are coded."""

    width: int
    height: int
    parameters: bytes  # Annex B


class Piece:
    """One file while it is written."""

    def __init__(
        self, folder: Path, stream: VideoStream, start: int, stamps: Stamps | None, after: str, shape: Shape | None
    ) -> None:
        self.start, self._stamps, self._after = start, stamps, after
        self._begun = start  # as far as is known by the newest packet
        self._codec, self._unit = stream.codec_context.name, 0.0
        kind = "mp4" if self._codec in IN_MP4 else "matroska"
        self._path = folder / f"{start}.{'mp4' if kind == 'mp4' else 'mkv'}"
        options = {"flush_packets": "1", **({"movflags": FRAGMENTED} if kind == "mp4" else {})}
        try:
            folder.mkdir(exist_ok=True)  # who was here before may just have cleared up
            self._container: OutputContainer = av.open(f"{self._path}{PART}", "w", format=kind, options=options)
        except OSError as error:
            raise self._unkept(error) from error
        self._stream = self._container.add_stream_from_template(stream)
        if shape is not None:  # the stream has changed since it was opened
            self._stream.width, self._stream.height = shape.width, shape.height
            self._stream.codec_context.extradata = shape.parameters
        self._first: int | None = None
        self._last = -1
        self._shown: list[int] = []  # ns since the first picture

    def add(self, packet: Packet, moment: int = 0) -> None:
        """Times count from the first packet on; a packet that would be decoded before the one before it is moved behind that.

        `moment` is when it was taken, as far as is known by now (fleet time, ns); 0: nobody knows more than at the beginning.
        """
        assert packet.pts is not None, "who calls has looked"
        decoded = packet.pts if packet.dts is None else packet.dts
        self._first = decoded if self._first is None else self._first
        packet.pts, packet.dts = max(0, packet.pts - self._first), max(self._last + 1, decoded - self._first)
        packet.pts = max(packet.pts, packet.dts)
        self._last = packet.dts
        self._unit = self._unit or float(packet.time_base or 0)  # of the first packet, and of all
        self._shown.append(round(packet.pts * self._unit * SECOND))
        self._begun = moment - self._shown[-1] if moment else self._begun
        packet.stream = self._stream
        try:
            self._container.mux(packet)
        except OSError as error:
            raise self._unkept(error) from error

    def closed(self) -> Recording:
        """The whole file, under its own name. Raises InputError where it cannot be written to its end."""
        part = Path(f"{self._path}{PART}")
        try:
            self._container.close()
            if not self._ended(part):  # libraries do not tell what the disk said to their last words
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            part.replace(self._path)
        except OSError as error:
            raise self._unkept(error) from error
        shown = sorted(self._shown)
        steps = [later - before for before, later in pairwise(shown)]
        pace = sorted(steps)[len(steps) // 2] if steps else 0
        told = self._stamps is not None and self._stamps.source is not None  # else what came later says more
        start = self.start if told else self._begun + shown[0]
        times = [start + time - shown[0] for time in shown]
        holes = tuple(
            (before + pace, later) for before, later in pairwise(times) if later - before - pace > max(MISSING, 3 * pace)
        )
        return Recording(self._path, start, times[-1] + pace, len(times), self._codec, (), self._stamps, self._after, holes)

    def _ended(self, part: Path) -> bool:
        """Whether all that was added is in the file: what an MP4 ends with is there, another kind is read again."""
        if self._path.suffix == ".mp4":
            with part.open("rb") as file:
                file.seek(-TAIL, os.SEEK_END)
                return file.read(TAIL)[4:8] == b"mfro"
        try:
            with av.open(str(part)) as container:
                return sum(1 for packet in container.demux(video=0) if packet.size) == len(self._shown)
        except BROKEN:
            return False

    def _unkept(self, error: OSError) -> InputError:
        """What is on the disk of it is salvaged later."""
        return InputError(f"{self._path}: {error.strerror or error}; footage is kept again when it can be written")


def salvaged(folder: Path) -> Iterator[Recording]:
    """What a process that was killed has left in `folder`: the packets of every file that can be read, in one that is whole.

    Killed again in here, nothing is lost and nothing is there twice.
    """
    for left in sorted(folder.glob(f"{LEFT}*{PART}")):  # somebody was killed in here
        whole = left.with_name(left.name.removeprefix(LEFT))
        if whole.with_suffix("").exists():
            left.unlink()
        else:
            left.replace(whole)  # what was made of it is not finished
    for path in [path for path in folder.iterdir() if path.name[0].isdigit() and path.suffix != PART]:
        path.replace(path.with_name(f"{path.name}{PART}"))  # it was whole, and did not come further
    for part in sorted(folder.glob(f"[0-9]*{PART}")):
        left = part.with_name(f"{LEFT}{part.name}")
        part.replace(left)  # the whole file gets the name
        piece = _again(left, int(part.name.split(".", 1)[0]))
        found = piece.closed() if piece is not None else None
        left.unlink()
        if found is not None:
            yield found


def _again(path: Path, start: int) -> Piece | None:
    """A piece with the packets of `path`, up to where it breaks off; None where there are none."""
    piece = None
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size and not packet.is_corrupt:  # half a picture is none
                    piece = piece or Piece(path.parent, stream, start, None, "", None)
                    piece.add(packet)
    except BROKEN:  # it ends in the middle of something
        return piece
    return piece


class _Parameters:
    """What a stream says of how its pictures are coded, as far as it says so between them."""

    def __init__(self, codec: str) -> None:
        self._types, self._hevc = PARAMETERS.get(codec, ()), codec == "hevc"
        self._known: dict[int, list[bytes]] = {}  # by type

    def changed(self, packet: bytes) -> bool:
        """Whether `packet` (Annex B) brings other parameters than those before; some cameras send the same ones twice."""
        if not self._types or not packet.startswith((b"\0\0\1", b"\0\0\0\1")):
            return False
        found: dict[int, list[bytes]] = {}
        for unit in packet.split(b"\0\0\1")[1:]:
            if unit and (kind := self._type(unit)) in self._types and (bare := unit.rstrip(b"\0")) not in found.get(kind, ()):
                found.setdefault(kind, []).append(bare)
        before, self._known = self._known, {**self._known, **found}
        return bool(before) and any(unit not in before.get(kind, ()) for kind, units in found.items() for unit in units)

    def shape(self, packet: Packet) -> Shape:
        """Of the pictures from a keyframe on: the one picture that is decoded, as nothing else says how large it is."""
        context = cast(VideoCodecContext, VideoCodecContext.create(packet.stream.codec_context.name, "r"))
        pictures = [*context.decode(av.Packet(bytes(packet))), *context.decode(None)]
        known = pictures[0] if pictures else packet.stream
        units = [unit for kind in self._types for unit in self._known[kind]]
        return Shape(known.width, known.height, b"".join(b"\0\0\1" + unit for unit in units))

    def _type(self, unit: bytes) -> int:
        return (unit[0] >> 1) & 0x3F if self._hevc else unit[0] & 0x1F


def _media(packet: Packet) -> int:
    return round((packet.pts or 0) * float(packet.time_base or 0) * SECOND)
