"""What is kept or deleted as a whole, and the time that it is of, as far as its path says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

SECOND = 1_000_000_000  # ns
HOUR, DAY = 3600 * SECOND, 86_400 * SECOND
CERTIFICATES = "certificates"  # where proofs are exported to: no rule reaches them

FOOTAGE = re.compile(r"raw/camera=(?P<camera>[^/]+)/date=[^/]+/hour=\d\d/(?P<start>\d{10,19})-[0-9a-f]{12}(?P<rest>\.[^/]+)")
HOURLY = re.compile(r"[^/]+/date=(?P<date>\d{4}-\d\d-\d\d)/hour=(?P<hour>\d\d)/(?:camera=(?P<camera>[^/]+)/)?[^/]+")
DAILY = re.compile(r"[^/]+/(?:[^/]+/)*date=(?P<date>\d{4}-\d\d-\d\d)/[^/]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of fleet time (ns, until before `end`) of one camera; camera "" is the whole site."""

    camera: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """What is kept or deleted as a whole: a file, or a dataset with all its files."""

    path: str  # of the file, or of the dataset's folder
    files: tuple[str, ...]  # in the order in which they have to go
    spans: tuple[Span, ...]  # (): nobody knows of what time it is
    bytes: int  # of all of them
    sha256: str = ""  # of a single file, where the database knows it

    @property
    def end(self) -> int:
        """Fleet time just after the newest that is in it: its age counts from there."""
        return max(span.end for span in self.spans)

    @property
    def dataset(self) -> str:
        """Its digest, where it is a dataset."""
        return self.path.removeprefix("datasets/") if self.path.startswith("datasets/") else ""


def span_of(path: str, end_of: Callable[[int], int] = lambda start: start // HOUR * HOUR + HOUR) -> Span | None:
    """The time that a path (components/storage/layout.py) says it is of; where it names an hour or a day, all of that.

    `end_of` gives the end of footage that begins at a time. None where the path does not say.
    """
    if match := FOOTAGE.fullmatch(path):
        start = int(match["start"])
        return Span(match["camera"], start, end_of(start))
    if match := HOURLY.fullmatch(path):
        day = _midnight(match["date"])
        if day is None or int(match["hour"]) > 23:
            return None
        start = day + int(match["hour"]) * HOUR
        return Span(match["camera"] or "", start, start + HOUR)
    if match := DAILY.fullmatch(path):
        day = _midnight(match["date"])
        return None if day is None else Span("", day, day + DAY)
    return None


def _midnight(date: str) -> int | None:
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * SECOND
    except ValueError:
        return None
