"""Where things stand in the store: the one place that spells its paths."""

from __future__ import annotations

from datetime import UTC, datetime


def raw(camera: str, start: int, sha256: str, suffix: str) -> str:
    """Raw footage: under the hour (UTC) in which it begins."""
    moment = _moment(start)
    return f"{raw_of(camera)}/date={moment:%Y-%m-%d}/hour={moment:%H}/{start}-{sha256[:12]}{suffix}"


def raw_of(camera: str) -> str:
    """All raw footage of one camera."""
    return f"raw/camera={camera}"


def truth(segment: str) -> str:
    """What is known about the people in a raw segment, beside it."""
    return f"{segment.rsplit('.', 1)[0]}.truth.parquet"


def dataset(digest: str) -> str:
    return f"datasets/{digest}"


def labels(digest: str) -> str:
    """A set of labels."""
    return f"labels/{digest}/labels.parquet"


def background(camera: str, version: str) -> str:
    """What one version of a camera sees when nobody is there: what later pictures are compared with."""
    return f"backgrounds/camera={camera}/{version}.png"


def part(key: str) -> str:
    """Work in progress of one camera's part of a dataset."""
    return f"parts/{key}"


def sightings(camera: str, time: int, run: str) -> str:
    """Sightings of one camera and run that begin at `time`."""
    moment = _moment(time)
    return f"sightings/date={moment:%Y-%m-%d}/hour={moment:%H}/camera={camera}/{run}-{time}.parquet"


def frames(camera: str, time: int, run: str) -> str:
    """Which frames one camera and run have looked at, beginning at `time`."""
    return sightings(camera, time, run).replace("sightings/", "frames/", 1)


def features(camera: str, time: int, run: str) -> str:
    """What the tracks of one camera and run look like, beginning at `time`."""
    return sightings(camera, time, run).replace("sightings/", "features/", 1)


def positions(time: int, run: str) -> str:
    """Where everybody of a site was in one run, beginning at `time`."""
    moment = _moment(time)
    return f"positions/date={moment:%Y-%m-%d}/hour={moment:%H}/{run}-{time}.parquet"


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time // 1_000_000_000, UTC)
