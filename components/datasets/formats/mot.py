"""MOTChallenge: sequences with img1/, gt/gt.txt and seqinfo.ini, and seqmaps, in the layout that TrackEval reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import numpy as np

from components.contracts import InputError, SplitName
from components.datasets.samples import Encoded, StoredSamples

Records = Callable[[], Iterator[dict[str, Any]]]

BENCHMARK = "wardflow"
GAP = 10_000_000_000  # ns without a frame after which another sequence begins
STEP = 65_536  # frames that are looked at at once


class Mot:
    """A sequence is one camera without a long gap. Frames are numbered from 1; frames.csv says the fleet time of each."""

    read = "TrackEval's MotChallenge2DBox with GT_FOLDER={folder} BENCHMARK=wardflow SPLIT_TO_EVAL=train"

    def __init__(self) -> None:
        self._begins: dict[SplitName, list[int]] = {}

    def begin(self, split: SplitName, samples: StoredSamples) -> None:
        """Find where sequences begin."""
        begins, last = [], (-1, -GAP)
        for first in range(0, len(samples), STEP):
            records = samples.index.read(first, first + STEP)
            cameras = np.concatenate([[last[0]], records["camera"]])
            times = np.concatenate([[last[1]], records["time"]])
            begins += (np.flatnonzero((np.diff(cameras) != 0) | (np.diff(times) > GAP)) + first).tolist()
            last = int(cameras[-1]), int(times[-1])
        self._begins[split] = begins

    def path(self, split: SplitName, position: int, frame: Encoded, suffix: str) -> str:
        number = bisect_right(self._begins[split], position) - 1
        name = f"{frame.place.camera}-{number:04d}"
        return f"{BENCHMARK}-{split}/{name}/img1/{position - self._begins[split][number] + 1:06d}.{suffix}"

    def end(self, folder: Path, records: dict[SplitName, Records]) -> None:
        for split, read in records.items():
            names = [
                _sequence(folder, name, group) for name, group in groupby(read(), lambda record: Path(record["file"]).parts[1])
            ]
            target = folder / "seqmaps" / f"{BENCHMARK}-{split}.txt"
            target.parent.mkdir(exist_ok=True)
            target.write_text("\n".join(["name", *names, ""]))


def _sequence(folder: Path, name: str, records: Iterator[dict[str, Any]]) -> str:
    """Write the files of one sequence beside its pictures."""
    first = next(records)
    home = folder / Path(first["file"]).parents[1]
    (home / "gt").mkdir(exist_ok=True)
    numbers: dict[str, int] = {}
    times: list[int] = []
    with (home / "gt" / "gt.txt").open("w") as truth, (home / "frames.csv").open("w") as frames:
        frames.write("frame,time\n")
        for frame, record in enumerate(_all(first, records), 1):
            times.append(record["time"])
            frames.write(f"{frame},{record['time']}\n")
            _write(truth, frame, record, numbers)
    _write_about(home, name, first, times)
    return name


def _all(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _write(truth: IO[str], frame: int, record: dict[str, Any], numbers: dict[str, int]) -> None:
    """frame, id, x, y, width, height, 1: counts, 1: pedestrian, visibility."""
    if len(record["people"]) != len(record["boxes"]):
        raise InputError(
            f"frame {record['camera']}-{record['time']}: its label does not say who is who, as MOT needs; export to=coco instead"
        )
    for person, (x1, y1, x2, y2), visible in zip(record["people"], record["boxes"], record["visibility"], strict=True):
        number = numbers.setdefault(person, len(numbers) + 1)
        truth.write(f"{frame},{number},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,1,{visible:.4f}\n")


def _write_about(home: Path, name: str, first: dict[str, Any], times: list[int]) -> None:
    rate = 1e9 / float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    values = {
        "name": name, "imDir": "img1", "frameRate": max(1, round(rate)), "seqLength": len(times),
        "imWidth": first["width"], "imHeight": first["height"], "imExt": Path(first["file"]).suffix,
    }  # fmt: skip
    (home / "seqinfo.ini").write_text("\n".join(["[Sequence]", *(f"{key}={value}" for key, value in values.items()), ""]))
