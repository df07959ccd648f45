"""A teacher proposes labels: what a detector sees, as a table for people to review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from components.contracts import UNKNOWN, Detections, Detector, Frame
from components.labels.table import BOX, SCHEMA, ordered

BATCH = 8  # frames that go through the detector at once


def proposed(frames: Iterable[Frame], detector: Detector, *, least: float) -> pa.Table:
    """Everybody whom the detector sees with a score of at least `least`; frames with nobody are in it too."""
    rows: list[dict[str, Any]] = []
    walk = iter(frames)
    while batch := list(islice(walk, BATCH)):
        for frame, seen in zip(batch, detector.detect(batch), strict=True):
            rows += _rows(frame, seen, least)
    return ordered(pa.Table.from_pylist(rows, schema=SCHEMA))


def _rows(frame: Frame, seen: Detections, least: float) -> Iterator[dict[str, Any]]:
    about = {"camera": frame.camera.id, "camera_version": frame.camera.version, "time": frame.time}
    boxes = [(box, score) for box, score in zip(seen.boxes.tolist(), seen.scores.tolist(), strict=True) if score >= least]
    if not boxes:
        yield {**about, "person": "", "role": "", **dict.fromkeys((*BOX, "visibility", "score"), 0.0)}
    for box, score in boxes:
        corners = {name: round(value, 2) for name, value in zip(BOX, box, strict=True)}
        yield {**about, "person": UNKNOWN, "role": UNKNOWN, **corners, "visibility": 1.0, "score": round(score, 4)}
