"""Opens footage with PyAV, and tells what there is before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from components.contracts import InputError

SECOND = 1_000_000_000  # ns
VideoPacket: TypeAlias = "av.Packet[VideoStream]"  # generic in the stubs only


BROKEN = (av.FFmpegError, IndexError)  # the latter where a stream comes up on the way that the header does not know


@dataclass(frozen=True, slots=True)
class Footage:
    """What a look through all packets of a file, without decoding them, tells."""

    codec: str
    fps: float  # as the header declares it
    frames: int
    width: int
    height: int


def probe(path: Path) -> Footage:
    """Read the whole file once. Raises InputError for what is missing, no video, turned, or ends before its header says so."""
    with opened(path) as (container, stream):
        shown = [(shown_at(packet), packet.is_keyframe) for packet in whole(path, container, stream)]
        return Footage(stream.codec_context.name, rate(stream), _reachable(shown), stream.width, stream.height)


def rate(stream: VideoStream) -> float:
    """Frames per second, as the header declares them; 0 where it does not."""
    return float(stream.average_rate or stream.guessed_rate or 0)


def promised(stream: VideoStream) -> int:
    """Frames, as the header promises them or its duration lets expect; 0 where it says nothing."""
    return stream.frames or round(_promised(stream) * rate(stream))


def whole(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """The packets of a file, each with its presentation time.

    Raises InputError where the first picture is not as the header says, or not to be shown as it is, and behind the last packet
    of a file that ends before its header says so.
    """
    count = low = high = 0
    for packet in _begins(path, packets(path, container, stream), stream):
        count, time = count + 1, shown_at(packet)
        if time > high:
            high = time
        elif time < low:
            low = time
        yield packet
    _ended(path, stream, count, high - low)


def _reachable(shown: list[tuple[int, bool]]) -> int:
    """How many frames can be decoded: not those that are shown before the keyframe with which the file begins."""
    return sum(time >= shown[0][0] for time, _ in shown) if shown[0][1] else len(shown)


def _begins(path: Path, walk: Iterator[VideoPacket], stream: VideoStream) -> Iterator[VideoPacket]:
    """The packets of `walk`; raises InputError unless the first picture is as the header says, and to be shown as it is."""
    seen: list[VideoPacket] = []
    stream.codec_context.thread_type, stream.codec_context.thread_count = "NONE", 1
    try:
        for packet in walk:
            seen.append(packet)
            if picture := next(iter(stream.codec_context.decode(packet)), None):
                break
        else:
            picture = next(iter(stream.codec_context.decode(None)), None)
    except av.FFmpegError as error:
        raise InputError(
            f"{path} cannot be decoded: {error.strerror}; expected a whole file, with a codec such as H.264"
        ) from error
    if seen:
        _as_said(path, picture, stream)
    yield from seen
    yield from walk


def _as_said(path: Path, picture: av.VideoFrame | None, stream: VideoStream) -> None:
    """Raise InputError unless the first picture is as the header says, and to be shown as it is."""
    size = (stream.width, stream.height)
    if picture is None:
        raise InputError(f"{path} has no frame that can be decoded; copy it again from where it was recorded")
    if (picture.width, picture.height) != size:
        raise InputError(
            f"{path} says that its pictures are {size[0]}x{size[1]}, they are {picture.width}x{picture.height}; "
            "remux it, as ffmpeg -i FILE -c copy new.mkv does"
        )
    if picture.rotation:
        raise InputError(
            f"{path} is to be shown turned by {picture.rotation} degrees, of which its pixels, and so the camera's calibration, "
            "know nothing; turn the pixels themselves, as ffmpeg -i FILE -crf 18 new.mp4 does"
        )


def reason(error: Exception) -> str:
    """What is wrong, in the words of those who found it."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def raw_packets(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """The packets of a file that carry something, with the times that the container gives."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except BROKEN as error:
        raise InputError(
            f"{path} cannot be read to its end: {reason(error)}; copy it again from where it was recorded"
        ) from error


def packets(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """The packets of a file that carry something, each with its presentation time."""
    for packet in raw_packets(path, container, stream):
        packet.pts = packet.dts if packet.pts is None else packet.pts  # AVI has no presentation times
        if packet.pts is None:
            raise InputError(f"{path} has no times; put it into a container, as ffmpeg -r 25 -i FILE -c copy new.mkv does")
        yield packet


def shown_at(packet: VideoPacket) -> int:
    """The presentation time of a packet that `packets` gave, in units of its stream."""
    assert packet.pts is not None, "packets() gives none without"
    return packet.pts


def _ended(path: Path, stream: VideoStream, count: int, length: int) -> None:
    """Raise InputError for what has no frames, or fewer than its header says, or is shorter; `length` is in units of `stream`."""
    if not count:
        raise InputError(f"{path} is a video with no frames in it; record it again, or leave this camera out")
    promised, seconds = _promised(stream), float(length * (stream.time_base or 0))
    held = stream.container.format.name == "avi" and promised - seconds < 2 * seconds / count  # AVI counts frames that last
    if (stream.frames > count and not held) or promised - seconds > 1 + 0.02 * promised:
        raise InputError(
            f"{path} is cut off: its header promises {stream.frames or f'{promised:.1f} s of'} frames, {count} are there; "
            "copy it again from where it was recorded, or remux it to keep what is left"
        )


def _promised(stream: VideoStream) -> float:
    """The duration in the header, in seconds; 0 where there is none."""
    if stream.duration:
        return float(stream.duration * (stream.time_base or 0))
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")  # Matroska, such as 00:00:06.000000000
    minutes, _, seconds = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file's container and its first video stream; all errors as InputError."""
    if not path.is_file():
        raise InputError(f"{path} {'is not a file' if path.exists() else 'does not exist'}; expected a video file")
    try:
        container = av.open(str(path), metadata_errors="replace")
    except av.FFmpegError as error:
        raise InputError(
            f"{path} is not a readable video: {error.strerror}; expected a file such as .mp4, .mkv or .avi"
        ) from error
    with container:
        if not container.streams.video:
            raise InputError(f"{path} has no video in it; expected a file with a video stream")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise InputError(f"{path} is in a codec that is not known here, or its header is damaged; expected one such as H.264")
        yield container, stream
