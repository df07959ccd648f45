"""MOTChallenge: a folder per sequence with gt/gt.txt and seqinfo.ini; in our exports frames.csv has the time of each."""

from __future__ import annotations

import configparser
import csv
from collections.abc import Sequence
from pathlib import Path

from components.contracts import InputError, Truth
from components.labels.marked import Box, Export, Marked, count, files, inside, read_text
from components.labels.mot import read_mot

EXPECTED = "gt.txt of MOTChallenge, or a folder with sequences: <sequence>/gt/gt.txt"
FILES = ("gt.txt", "gt/gt.txt", "*/gt/gt.txt", "**/gt/gt.txt")


def read(path: Path, *, classes: Sequence[str]) -> Export:  # noqa: ARG001 - MOTChallenge has classes of its own, with numbers
    """Frames are counted, unless frames.csv beside gt/ says when each was taken, by the camera that the sequence is named after.

    What MOTChallenge does not count (flag 0, distractors) has visibility 0. Raises InputError.
    """
    return Export(tuple(marked for file in files(path, FILES, EXPECTED) for marked in _sequence(file)))


def _sequence(file: Path) -> list[Marked]:
    home = file.resolve().parent.parent
    times, size = _times(home / "frames.csv"), _size(home / "seqinfo.ini")
    text = read_text(file, EXPECTED)
    truths = read_mot(file) if text.strip() or not times else {}
    if times and truths and max(truths) >= len(times):
        raise InputError(
            f"labels {file}: it has frame {max(truths) + 1}; expected at most {len(times)}, as in {home / 'frames.csv'}"
        )
    numbers = range(len(times)) if times else sorted(truths)
    camera = home.name.rsplit("-", 1)[0]
    return [
        Marked(
            f"{file}, frame {number + 1}", f"{camera}-{times[number]}" if times else "",
            _boxes(f"{file}, frame {number + 1}", truths.get(number), size), -1 if times else number, size,
        )
        for number in numbers
    ]  # fmt: skip


def _boxes(where: str, truth: Truth | None, size: tuple[int, int]) -> tuple[Box, ...]:
    if truth is None:
        return ()
    rows = zip(truth.boxes.tolist(), truth.people, truth.visibility.tolist(), strict=True)
    return tuple(Box(inside(where, box, size), person, visibility=seen) for box, person, seen in rows)


def _times(file: Path) -> list[int]:
    """The fleet time (ns) of every frame, in order; [] where nobody says."""
    if not file.is_file():
        return []
    expected = "frame,time: a number from 1 on, and nanoseconds of fleet time"
    times: list[int] = []
    for at, row in enumerate(csv.reader(read_text(file, expected).splitlines()), 1):
        if at == 1 and row == ["frame", "time"]:
            continue
        where = f"{file}, line {at}"
        if len(row) != 2 or not row[1].isdigit() or count(where, "frame", row[0], least=1) != len(times) + 1:
            raise InputError(f"labels {where}: {','.join(row)}; expected {expected}, without a gap")
        times.append(int(row[1]))
    return times


def _size(file: Path) -> tuple[int, int]:
    """Width and height of the pictures; (0, 0) where nobody says."""
    info = configparser.ConfigParser()
    try:
        info.read(file, encoding="utf-8")
        return info.getint("Sequence", "imWidth", fallback=0), info.getint("Sequence", "imHeight", fallback=0)
    except (configparser.Error, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"labels {file}: {str(error).splitlines()[0]}; expected seqinfo.ini of MOTChallenge") from error
