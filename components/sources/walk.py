"""Walks through the frames of a file: decodes what sampling needs, and makes a picture only of what it keeps."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from components.contracts import Camera, Frame, InputError, Moment, Pixels, Sampler
from components.sources.decoding import BROKEN, SECOND, opened, raw_packets, reason
from components.sources.pictures import Converter
from components.sources.structure import SCANNED, Flags, Reader, Structure, Unit, structure

FLAGLESS = ("mjpeg",)  # decoders that mend a picture without saying so
HIDING = ("vp8", "vp9", "av1")  # codecs with packets that show nothing
PLACEHOLDER = 8  # bytes; an MPEG-4 packet up to this size only says that nothing is new

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Film:
    """A file, and what is known of it from elsewhere."""

    path: Path
    camera: Camera
    start: int  # fleet time of its first frame, ns
    segment: str  # sha256
    pace: float = 1.0  # fleet seconds per second of media time
    first: int = 0  # index of its first frame


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which rows of a file's structure are frames, which of those are wanted, and which have to be decoded."""

    rows: dict[int, int]  # pts -> number of the frame, of those that sampling kept or has to look at
    key: dict[int, bool]
    feed: Flags
    origin: int
    ask: bool  # sampling looks at the pictures before it decides


@dataclass(frozen=True, slots=True)
class _Picture:
    """What the decoder gives."""

    content: av.VideoFrame
    damaged: bool  # mended where data is missing, or made from such a picture


def frames(film: Film, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
    """Frames of one file in order of time; their fleet time is the film's start plus media time, stretched by its pace.

    Where the stream says which pictures others need (H.264, H.265, and codecs without such needs) and sampling goes by times, it
    is asked about all moments of the file first, and only what the kept frames need is decoded. A picture that the decoder
    could mend only in part carries `damaged` 1 in its quality. Raises InputError where a wanted frame is not to be had.
    """
    with opened(film.path) as (container, stream):
        known = look_through(film.path, container, stream)
    with opened(film.path) as (container, stream):
        stream.codec_context.thread_type, stream.codec_context.thread_count = "NONE", 1  # cameras run side by side, and equal
        if stream.codec_context.name in FLAGLESS:
            stream.codec_context.options = {"err_detect": "explode"}
        converter = Converter(pixels)
        if known is None:
            yield from _unplanned(film, sampler, converter, container, stream)
        else:
            plan = _planned(film, sampler, known, float(stream.time_base or 0))
            yield from _following(plan, film, sampler, converter, container, stream)


def look_through(path: Path, container: InputContainer, stream: VideoStream) -> Structure | None:
    """What the packets say; None where the codec's are not understood, or times are missing or double."""
    context = stream.codec_context
    if context.name not in SCANNED and not context.codec.intra_only:
        return None
    reader, units, pts, key = Reader(context.name, context.extradata), list[Unit](), array("q"), bytearray()
    for packet in raw_packets(path, container, stream):
        if packet.pts is None:
            return None
        units.append(reader.see(bytes(packet)))
        pts.append(packet.pts)
        key.append(packet.is_keyframe)
    times = np.array(pts, np.int64)
    return structure(units, times, np.array(key, np.bool_)) if len(np.unique(times)) == len(times) else None


def _planned(film: Film, sampler: Sampler, known: Structure, unit: float) -> _Plan:
    """Ask sampling about every moment that it needs to be shown."""
    order = known.order
    order = order[_leading(film.path, known) :]
    shown = {"keyframes": known.key, "cheap times": ~known.spare | known.first}.get(
        sampler.needs, np.ones(len(known.pts), np.bool_)
    )
    ask, wanted = sampler.needs == "pictures", np.zeros(len(known.pts), np.bool_)
    origin = int(known.pts[order[0]]) if len(order) else 0
    rows: dict[int, int] = {}
    for number, row in enumerate(order.tolist()):
        pts = int(known.pts[row])
        time = film.start + _since(pts, origin, unit, film)
        if shown[row] and (ask or sampler.keep(Moment(film.camera.id, time, bool(known.key[row])))):
            rows[pts], wanted[row] = number, True
    key = {pts: bool(flag) for pts, flag in zip(known.pts.tolist(), known.key.tolist(), strict=True)} if ask else {}
    return _Plan(rows, key, known.needed(wanted), origin, ask)


def _leading(path: Path, known: Structure) -> int:
    """How many pictures are shown before the first keyframe: they need footage from before the file; nobody can decode them."""
    count = int(np.count_nonzero(known.pts < known.pts[0])) if len(known.pts) and known.key[0] else 0
    if count:
        _LOG.warning("%s begins with %d frames that need footage from before it; they are left out", path, count)
    return count


def _since(pts: int, origin: int, unit: float, film: Film) -> int:
    return round((pts - origin) * unit * film.pace * SECOND)


def _following(
    plan: _Plan, film: Film, sampler: Sampler, converter: Converter, container: InputContainer, stream: VideoStream
) -> Iterator[Frame]:
    """Decode what the plan says; each wanted frame has to come, in its turn."""
    unit, waiting = float(stream.time_base or 0), iter(plan.rows.items())
    fed = (packet for packet, needed in zip(raw_packets(film.path, container, stream), plan.feed, strict=False) if needed)
    for picture in _pictures(film, fed, stream):
        if picture.content.pts not in plan.rows:
            continue
        pts, number = next(waiting)
        if pts != picture.content.pts:
            raise _missing(film, number)
        since = _since(pts, plan.origin, unit, film)
        moment = Moment(film.camera.id, film.start + since, plan.key.get(pts, True), partial(converter.small, picture.content))
        if not plan.ask or sampler.keep(moment):
            yield _frame(film, film.first + number, since, picture, converter)
    for _, number in waiting:
        raise _missing(film, number)


def _unplanned(
    film: Film, sampler: Sampler, converter: Converter, container: InputContainer, stream: VideoStream
) -> Iterator[Frame]:
    """Decode everything, and ask about each picture as it comes."""
    origin, unit, expected, number = None, float(stream.time_base or 0), 0, -1

    def fed() -> Iterator[av.Packet[VideoStream]]:
        nonlocal expected
        for packet in raw_packets(film.path, container, stream):
            expected += packet.size > PLACEHOLDER and stream.codec_context.name not in HIDING
            yield packet

    for number, picture in enumerate(_pictures(film, fed(), stream)):
        pts = number if picture.content.pts is None else picture.content.pts
        origin = pts if origin is None else origin
        since = _since(pts, origin, unit, film)
        moment = Moment(
            film.camera.id, film.start + since, bool(picture.content.key_frame), partial(converter.small, picture.content)
        )
        if sampler.keep(moment):
            yield _frame(film, film.first + number, since, picture, converter)
    if number + 1 < expected:
        raise InputError(
            f"{film.path} is damaged: {expected - number - 1} of {expected} frames cannot be decoded; "
            "copy it again from where it was recorded"
        )


def _frame(film: Film, index: int, since: int, picture: _Picture, converter: Converter) -> Frame:
    quality = {"damaged": 1.0} if picture.damaged else {}
    image = converter.image(picture.content)
    return Frame(film.camera, film.start + since, index, film.segment, since, image, np.eye(3), quality)


def _pictures(film: Film, fed: Iterator[av.Packet[VideoStream]], stream: VideoStream) -> Iterator[_Picture]:
    """What the decoder makes of packets, in order of time, and all of one size; damage lasts until the next keyframe."""
    count, size, damaged = 0, None, False
    try:
        for packet in chain(fed, [None]):
            for picture in stream.codec_context.decode(packet):
                size = _same_size(film, picture, size, count)
                damaged = bool(picture.is_corrupt) or (damaged and not picture.key_frame)
                yield _Picture(picture, damaged)
                count += 1
    except BROKEN as error:
        raise InputError(
            f"{film.path} is damaged after frame {count}: {reason(error)}; copy it again from where it was recorded"
        ) from error


def _same_size(film: Film, picture: av.VideoFrame, size: tuple[int, int] | None, count: int) -> tuple[int, int]:
    found = (picture.width, picture.height)
    if size is not None and found != size:
        raise InputError(
            f"{film.path}: pictures become {found[0]}x{found[1]} after frame {count}, they were {size[0]}x{size[1]}; "
            "expected one size, which the camera's calibration is for; cut the footage there"
        )
    return found


def _missing(film: Film, number: int) -> InputError:
    return InputError(f"{film.path} is damaged: frame {number} cannot be decoded; copy it again from where it was recorded")
