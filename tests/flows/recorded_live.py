"""What `flows.ingest` made of cameras that number their pictures: held against the numbers, one by one."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.flows.ward import segments, table
from tests.switch import sent

SECOND = 1_000_000_000
LEAST = 0.5  # s without footage that are a gap
NEAR = 0.35  # s: how well a gap's ends are known where a camera was away


@dataclass(frozen=True)
class Gap:
    """A time without footage, s since 1970."""

    start: float
    end: float
    reason: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Verdict:
    """Of one camera: what is in its segments, and what the database says is not."""

    camera: str
    frames: int
    segments: int
    unreadable: list[str]
    doubled: int
    missing: list[Gap]  # by the numbers in the pictures
    reported: list[Gap]  # by the database

    def wrong(self) -> list[str]:
        """What does not hold; [] where all does."""
        found = [f"unreadable: {name}" for name in self.unreadable]
        found += [f"{self.doubled} pictures are there twice or in disorder"] * bool(self.doubled)
        long = [gap for gap in self.missing if gap.seconds > LEAST + NEAR]
        found += [f"not reported: {gap}" for gap in long if not any(_same(gap, other) for other in self.reported)]
        found += [
            f"reported, and pictures are there: {gap}" for gap in self.reported if not any(_same(gap, o) for o in self.missing)
        ]
        return found


def verdict(runs: Path, camera: str, fps: float) -> Verdict:
    """Reads every segment of `camera`."""
    rows = sorted((row for row in segments(runs) if row[0] == camera), key=lambda row: row[3])
    paths = [runs / "store" / str(row[8]) for row in rows]
    unreadable = [path.name for path, row in zip(paths, rows, strict=True) if _frames(path) != row[5]]
    numbers = [number for path in paths for number, _ in sent(path)]
    holes = [(before, after) for before, after in pairwise(numbers) if after > before + 1]
    missing = [Gap((before + 1) / fps, after / fps) for before, after in holes]
    said = table(runs, 'SELECT camera, start, "end", reason FROM gaps ORDER BY camera, start')
    reported = [Gap(row[1] / SECOND, row[2] / SECOND, row[3]) for row in said if row[0] == camera]
    doubled = sum(after <= before for before, after in pairwise(numbers))
    return Verdict(camera, len(numbers), len(rows), unreadable, doubled, missing, reported)


def shown(verdicts: list[Verdict]) -> str:
    """A table."""
    lines = [f"{'camera':8} {'segments':>8} {'frames':>7} {'double':>6} {'bad':>4}  missing by the numbers | reported"]
    for one in verdicts:
        missing = " ".join(f"{gap.seconds:.1f}s" for gap in one.missing)
        reported = ", ".join(f"{gap.seconds:.1f}s {gap.reason}" for gap in one.reported)
        head = f"{one.camera:8} {one.segments:8} {one.frames:7} {one.doubled:6} {len(one.unreadable):4}"
        lines.append(f"{head}  {missing or '-'} | {reported or '-'}")
    return "\n".join(lines)


def _same(one: Gap, other: Gap) -> bool:
    return abs(one.start - other.start) < NEAR and abs(one.end - other.end) < NEAR


def _frames(path: Path) -> int:
    """As ffprobe counts packets; -1 where it cannot read to the end."""
    count = ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v", "-show_entries", "stream=nb_read_packets"]
    done = subprocess.run([*count, "-of", "csv=p=0", str(path)], capture_output=True, text=True, check=False)
    return int(done.stdout.strip().strip(",") or -1) if done.returncode == 0 else -1
