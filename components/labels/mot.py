"""Reads ground truth in the format of MOTChallenge."""

from __future__ import annotations

import configparser
from pathlib import Path

import numpy as np

from components.contracts import UNKNOWN, Floats64, InputError, Truth

FORMAT = (
    "frame,id,left,top,width,height,flag,x,y,z (MOT15) or frame,id,left,top,width,height,flag,class,visibility (MOT16 and later)"
)
PEDESTRIAN = 1  # the class that MOTChallenge counts
DISTRACTORS = (
    2,
    7,
    8,
    12,
    13,
)  # people on vehicles, who sit or stand still, mannequins, reflections, crowds: nobody's fault when found
LEAST = 0.01  # visibility of a pedestrian who counts although nothing of him is seen
COVERED = 0.5  # least share of the footage that its own ground truth reaches into


def read_mot(path: Path, *, frames: int | None = None, size: tuple[int, int] | None = None) -> dict[int, Truth]:
    """Who is in each frame, by Frame.index, which is the file's frame number less one; frames without anybody included.

    `frames` is the number of frames of the footage and `size` its (width, height) in native pixels, as far as known: with them,
    truth that cannot be of this footage is refused. A box with flag 0 gets a visibility of 0: it need not be found.
    Columns 8 and 9 of MOT15 are metres on the floor; where they are -1, or in later formats, the floor is NaN. Boxes are
    taken as they stand, as TrackEval does, and clipped to the picture. The file says no time: it is 0. Raises InputError.
    """
    rows = _rows(path)
    problems = [*_length(rows, frames), *_picture(rows, size), *_sequence(path.resolve().parent.parent, frames, size)]
    if problems:
        raise InputError(
            f"ground truth {path} does not match this footage: {'; '.join(problems)}. Give the truth of the same sequence."
        )
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    numbers = np.arange(1, max(frames or 0, int(rows[-1, 0])) + 1)
    first, last = (np.searchsorted(rows[:, 0], numbers, side=side) for side in ("left", "right"))
    return {index: _truth(rows[a:b], size) for index, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True))}


def _rows(path: Path) -> Floats64:
    """(n, 9 or 10) the numbers of the file, people only."""
    if not path.is_file():
        raise InputError(f"ground truth {path}: no such file; give the path of a gt.txt of MOTChallenge")
    try:
        lines = path.read_text(encoding="utf-8").split()
        rows = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.zeros((0, 0))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(
            f"ground truth {path}: not a MOT file ({str(error).splitlines()[0]}); expected rows of {FORMAT}"
        ) from error
    if rows.shape[1] not in (9, 10) or not len(rows):
        raise InputError(f"ground truth {path}: {rows.shape[0]} rows of {rows.shape[1]} numbers; expected rows of {FORMAT}")
    wrong = np.flatnonzero(
        (rows[:, 0] < 1) | (rows[:, 0] % 1 != 0) | (rows[:, 4:6] <= 0).any(axis=1) | ~np.isfinite(rows).all(axis=1)
    )
    if len(wrong):
        raise InputError(
            f"ground truth {path}, row {wrong[0] + 1}: {rows[wrong[0]].tolist()}; frames count from 1 and boxes have a size"
        )
    pairs, counts = np.unique(rows[:, :2], axis=0, return_counts=True)
    if counts.max() > 1:
        frame, person = pairs[counts.argmax()].astype(int)
        raise InputError(
            f"ground truth {path}: {person} is twice in frame {frame}; is this a file of detections? Expected {FORMAT}"
        )
    people = np.isin(rows[:, 7], (PEDESTRIAN, *DISTRACTORS)) | (rows.shape[1] == 10)
    if not people.any():
        raise InputError(
            f"ground truth {path}: none of its {len(rows)} boxes is of a person; expected class {PEDESTRIAN} in column 8"
        )
    return np.asarray(rows[people], np.float64)


def _length(rows: Floats64, frames: int | None) -> list[str]:
    """What is wrong with the frame numbers for footage of so many frames."""
    last = int(rows[:, 0].max())
    if frames is None or COVERED * frames <= last <= frames:
        return []
    return [f"it ends at frame {last}, the footage has {frames}"]


def _picture(rows: Floats64, size: tuple[int, int] | None) -> list[str]:
    """What is wrong with the boxes for pictures of this (width, height); a box may reach out of the picture, not lie outside."""
    if size is None:
        return []
    left, top, right, bottom = rows[:, 2], rows[:, 3], rows[:, 2] + rows[:, 4], rows[:, 3] + rows[:, 5]
    outside = np.flatnonzero((right <= 0) | (bottom <= 0) | (left >= size[0]) | (top >= size[1]))
    first = f", such as that of {rows[outside[0], 1]:.0f} in frame {rows[outside[0], 0]:.0f}" if len(outside) else ""
    return [f"{len(outside)} of {len(rows)} boxes lie outside its {size[0]}x{size[1]} px{first}"] if len(outside) else []


def _sequence(folder: Path, frames: int | None, size: tuple[int, int] | None) -> list[str]:
    """What contradicts the seqinfo.ini that MOTChallenge puts beside a sequence."""
    info = configparser.ConfigParser()
    known = {"seqLength": frames, "imWidth": size[0] if size else None, "imHeight": size[1] if size else None}
    try:
        info.read(folder / "seqinfo.ini", encoding="utf-8")
        said = {key: info.getint("Sequence", key, fallback=value) for key, value in known.items() if value is not None}
    except (configparser.Error, ValueError) as error:
        return [f"{folder / 'seqinfo.ini'} cannot be read ({str(error).splitlines()[0]})"]
    return [
        f"{folder / 'seqinfo.ini'} says {key}={value}, the footage has {known[key]}"
        for key, value in said.items()
        if value != known[key]
    ]


def _truth(rows: Floats64, size: tuple[int, int] | None) -> Truth:
    """One frame's rows as truth."""
    boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)
    if size is not None:
        boxes = np.clip(boxes, 0, (*size, *size))
    old = rows.shape[1] == 10
    floor = np.where((rows[:, 7:9] == -1).all(axis=1)[:, None], np.nan, rows[:, 7:9]) if old else np.full((len(rows), 2), np.nan)
    visible = np.ones(len(rows)) if old else np.where(rows[:, 7] == PEDESTRIAN, np.maximum(rows[:, 8], LEAST), 0)
    return Truth(
        time=0,
        boxes=boxes.astype(np.float32),
        people=tuple(f"{person:.0f}" for person in rows[:, 1]),
        roles=(UNKNOWN,) * len(rows),
        floor=floor,
        visibility=np.where(rows[:, 6] == 0, 0, visible).astype(np.float32),
    )
