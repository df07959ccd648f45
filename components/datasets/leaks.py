"""What must not stand on both sides of a border between splits: a track of one person, and pictures that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from components.contracts import UNKNOWN, Floats32, InputError, Ints, SplitName

NAMES: tuple[SplitName, ...] = ("train", "val", "test")
Codes = NDArray[np.int8]  # positions in NAMES, or one of these:
OUT, TRACK, ALIKE = -1, -2, -3
REASONS = {
    TRACK: "straddles a split: its track goes on in another",
    ALIKE: "straddles a split: nearly the same picture in another",
}
STILL = 0.05  # of its height: a box that moved less between two pictures stands where it stood
LINKED = 0.3  # intersection over union from which two boxes of somebody without a name are one person
FIRST = 5  # leaks that are named; the others are counted
BLOCK = 1 << 22  # pairs of pictures that are compared at once


@dataclass(frozen=True, slots=True)
class Leaks:
    """What counts as a leak, and what becomes of it; part of every strategy.

    A track is a stretch in which one person (by label; somebody without a name: by overlap) is in view of one camera, and out of
    view for at most `gap` seconds. Two labelled pictures of a camera are nearly the same where their difference hashes differ in
    at most `bits` of 64, and everybody stands where somebody stood. With leave_out, a track stays where most of it is, a picture
    in the smallest split (test before val before train); frames elsewhere are left out, and the manifest says why. With refuse
    any leak ends the build.
    """

    gap: Annotated[float, Interval(ge=0, le=3600)] = 1.0  # s
    bits: Annotated[int, Interval(ge=0, le=16)] = 2
    straddling: Literal["leave_out", "refuse"] = "leave_out"


@dataclass(frozen=True, slots=True)
class Seen:
    """The labelled and kept frames of one camera, in order of time. Row i of every column is frame i."""

    camera: str
    times: Ints  # (n,) ns
    phash: Ints  # (n,)
    names: Sequence[Sequence[str]]  # who is in it
    boxes: Sequence[Floats32]  # (k, 4) xyxy each, native pixels


def apart(seen: Seen, codes: Codes, leaks: Leaks) -> Codes:
    """`codes`, with TRACK and ALIKE for those frames that have to be left out. Raises InputError where a leak is refused."""
    found = codes.copy()
    tracks = [frames for _, frames in tracks_of(seen, leaks.gap)]
    for frames in tracks:
        sides = np.bincount(codes[frames], minlength=3)
        if np.count_nonzero(sides) > 1:
            found[frames[codes[frames] != int(np.argmax(sides))]] = TRACK
    for losers in _alike(seen, found, leaks.bits):
        found[losers] = ALIKE
    if leaks.straddling == "refuse" and (found < 0).any():
        refuse(seen, codes, leaks)
    return found


def refuse(seen: Seen, codes: Codes, leaks: Leaks) -> None:
    """Raise InputError with the names and times of all leaks, where there is any."""
    found = [_said(seen, codes, name, frames) for name, frames in tracks_of(seen, leaks.gap) if _sides(codes, frames) > 1]
    pairs = sum(len(losers) for losers in _alike(seen, np.where(codes < 0, OUT, codes).astype(np.int8), leaks.bits))
    if pairs:
        found.append(f"{pairs} pictures are nearly the same as one in another split")
    if found:
        more = f", and {len(found) - FIRST} more" if len(found) > FIRST else ""
        raise InputError(
            f"splits: {len(found)} leaks of camera {seen.camera}: {'; '.join(found[:FIRST])}{more}. Leave such frames out with "
            "splits.leaks.straddling=leave_out, or hold whole cameras out with splits=by_camera"
        )


def tracks_of(seen: Seen, gap: float) -> Iterator[tuple[str, Ints]]:
    """Every track with its person's name and the frames it is in; somebody who has no name is followed by overlap."""
    limit, open_, done = round(gap * 1e9), list[_Track](), list[_Track]()
    for frame, (time, names, boxes) in enumerate(zip(seen.times.tolist(), seen.names, seen.boxes, strict=True)):
        ended = [track for track in open_ if time - track.time > limit]
        done += ended
        open_ = [track for track in open_ if time - track.time <= limit]
        free = list(open_)
        for name, box in zip(names, boxes, strict=True):
            if track := _continued(free, name, box):
                free.remove(track)
            else:
                track = _Track(name, [])
                open_.append(track)
            track.frames.append(frame)
            track.time, track.box = time, box
    for track in [*done, *open_]:
        yield track.name, np.array(track.frames, np.int64)


@dataclass(slots=True, eq=False)
class _Track:
    name: str
    frames: list[int]
    time: int = 0
    box: Floats32 | None = None


def _continued(free: Sequence[_Track], name: str, box: Floats32) -> _Track | None:
    """The track that goes on with this box; None where it begins one."""
    if name and name != UNKNOWN:
        return next((track for track in free if track.name == name), None)
    nameless = [(overlap(track.box, box), i) for i, track in enumerate(free) if track.name == name and track.box is not None]
    best, at = max(nameless, default=(0.0, -1))
    return free[at] if best >= LINKED else None


def overlap(a: Floats32, b: Floats32) -> float:
    """Intersection over union of two xyxy boxes."""
    size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(size[0] * size[1]) if (size > 0).all() else 0.0
    both = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - shared
    return shared / both if both > 0 else 0.0


def _alike(seen: Seen, codes: Codes, bits: int) -> Iterator[Ints]:
    """Frames that have to go because one in a smaller split is nearly the same; test before val before train."""
    people = np.array([len(boxes) for boxes in seen.boxes], np.int64)
    hashes = seen.phash.astype(np.uint64)
    for count in np.unique(people).tolist():
        for keeping, losing in ((2, 1), (2, 0), (1, 0)):
            mine, others = (np.flatnonzero((people == count) & (codes == code)) for code in (keeping, losing))
            if len(mine) and len(others):
                yield _near(hashes, _standing(seen, mine, count), _standing(seen, others, count), mine, others, bits)


def _near(hashes: NDArray[np.uint64], here: Floats32, there: Floats32, mine: Ints, others: Ints, bits: int) -> Ints:
    """Which of `others` are nearly the same as one of `mine`."""
    lost = np.zeros(len(others), bool)
    step = max(1, BLOCK // len(others))
    for first in range(0, len(mine), step):
        rows = mine[first : first + step]
        near = np.bitwise_count(hashes[rows][:, None] ^ hashes[others][None, :]) <= bits
        if not here.shape[1]:
            lost |= near.any(axis=0)
            continue
        for i in np.flatnonzero(near.any(axis=1)).tolist():
            candidates = np.flatnonzero(near[i] & ~lost)
            lost[candidates[_stood(here[first + i], there[candidates])]] = True
    return others[lost]


def _standing(seen: Seen, frames: Ints, count: int) -> Floats32:
    """(n, count, 4) the boxes of frames, each from left to right."""
    if not count:
        return np.zeros((len(frames), 0, 4), np.float32)
    boxes = [np.asarray(seen.boxes[frame], np.float32) for frame in frames.tolist()]
    return np.stack([box[np.lexsort((box[:, 1], box[:, 0]))] for box in boxes])


def _stood(here: Floats32, there: Floats32) -> NDArray[np.bool_]:
    """(n,) in which pictures everybody stands where somebody stood: (count, 4) against (n, count, 4)."""
    height = np.maximum(here[:, 3] - here[:, 1], 1)[:, None]
    return np.asarray((np.abs(there - here) <= STILL * height).all(axis=(1, 2)), np.bool_)


def _sides(codes: Codes, frames: Ints) -> int:
    return len(np.unique(codes[frames][codes[frames] >= 0]))


def _said(seen: Seen, codes: Codes, name: str, frames: Ints) -> str:
    inside = frames[codes[frames] >= 0]
    parts = [
        f"{int((codes[inside] == code).sum())} frames in {split}"
        for code, split in enumerate(NAMES)
        if (codes[inside] == code).any()
    ]
    times = seen.times[inside]
    return f"{name or 'somebody'} from {_moment(int(times[0]))} to {_moment(int(times[-1]))} ({', '.join(parts)})"


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
