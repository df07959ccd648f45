"""Raw footage becomes parts of a dataset: one for each camera and stretch of time, each on its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
import pyarrow as pa
from annotated_types import Interval

from components.contracts import KEPT, Frame, Labeller, Pixels, Progress, Rejected, Sampler, Segment, Step, Truth
from components.datasets.commit import PART, ROWS, UNKEPT
from components.datasets.contact_sheet import PACKED, ContactSheet
from components.datasets.likeness import phash
from components.datasets.manifest import Writer, key_of
from components.datasets.shards import ShardWriter
from components.pixels import picture_boxes
from components.preprocessing.chain import apply, hides
from components.preprocessing.demand import wanted
from components.preprocessing.planes import colourless, luma
from components.sources.recorded import Recorded
from components.storage import layout
from components.storage.storage import Storage

AT_ONCE = 512  # rows that wait as Python objects
MEGABYTE = 1_000_000
MINUTE = 60_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Picture:
    """How pictures are encoded in a dataset; the schema of `picture`."""

    format: Literal["jpg", "png"] = "jpg"
    quality: Annotated[int, Interval(ge=1, le=100)] = 95  # of JPEG

    def encode(self, frame: Frame) -> bytes:
        options = [cv2.IMWRITE_JPEG_QUALITY, self.quality] if self.format == "jpg" else []
        image = luma(frame.image) if colourless(frame.image) else frame.image  # a third of the work, and a smaller file
        return bytes(cv2.imencode(f".{self.format}", image, options)[1])


@dataclass(frozen=True, slots=True)
class Pieces:
    """How work and files are cut; the schema of `pieces`.

    A kill costs one camera `minutes` of footage at most. Sampling and preprocessing begin anew there, so `minutes` is part of
    what a dataset is. A shard that has `megabytes` is closed, and leaves this machine's disk.
    """

    minutes: Annotated[float, Interval(ge=0.01, le=100_000)] = 60.0
    megabytes: Annotated[float, Interval(gt=0, le=8000)] = 256.0

    def windows(self, segments: Sequence[Segment]) -> list[list[Stretch]]:
        """What there is of one camera, by the stretch of `minutes` in which it begins, in order of time.

        Footage that was recorded twice, maybe in pieces of other lengths, counts once.
        """
        found: dict[int, list[Stretch]] = {}
        first = covered = 0
        for segment in sorted(segments, key=lambda segment: (segment.start, -segment.end, segment.sha256)):
            half = (segment.end - segment.start) // max(1, 2 * segment.frames)  # of the time between two frames
            if segment.end > covered + half:
                window = found.setdefault(int(segment.start // (self.minutes * MINUTE)), [])
                window.append(Stretch(segment, covered - half, first))
                first, covered = first + segment.frames, max(covered, segment.end)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment of footage, and what of it is news."""

    segment: Segment
    since: int  # fleet time from which its frames were not in a segment before, ns
    first: int  # index of its first frame


def prepare_part(
    footage: Sequence[Stretch], *, key: str, sampling: Sampler, preprocessing: tuple[Step, ...], labels: Labeller,
    picture: Picture, pieces: Pieces, storage: Storage, progress: Progress = lambda _done, _total: None,
) -> dict[str, int]:  # fmt: skip
    """Write one camera's frames of one stretch of time below parts/`key`: shards, and at last their rows.

    `footage` is a window of `Pieces`; about one shard is on disk, and AT_ONCE rows in memory. Returns how many frames are kept.
    """
    home, kept = layout.part(key), 0
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder:

        def full(path: Path) -> None:
            storage.put(path, f"{home}/{path.name}")

        sheet = ContactSheet(footage[0].segment.camera.id, shown="kept" if hides(preprocessing) else "all")
        limit = round(pieces.megabytes * MEGABYTE)
        with (
            Rows(Path(folder, ROWS)) as rows,
            closing(ShardWriter(Path(folder), key[:16], limit=limit, full=full)) as shards,
        ):
            for segment, frame in _walk(footage, storage, sampling, wanted(preprocessing), progress):
                result = apply(preprocessing, frame)
                truth = labels.label(segment, frame) if isinstance(result, Frame) else result
                if isinstance(truth, Rejected):
                    measured = result.quality if isinstance(result, Frame) else truth.quality
                    rows.add(_row(segment, frame, reason=truth.reason, quality=measured))
                    sheet.see(frame, truth.reason)
                elif isinstance(result, Frame):
                    rows.add(_kept(segment, result, truth, labels.label_set, picture, shards))
                    sheet.see(result)
                    kept += 1
        storage.write(f"{home}/{PACKED}", sheet.pack())
        storage.put(rows.path, f"{home}/{ROWS}")
    return {"kept": kept, "rejected": rows.count - kept}


class Rows:
    """Rows on their way into a local file."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._writer = Writer(path, PART)
        self._waiting: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self._waiting.append(row)
        self.count += 1
        if len(self._waiting) >= AT_ONCE:
            self._flush()

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write(pa.Table.from_pylist(self._waiting, schema=PART))
        self._waiting = []


def _walk(
    footage: Sequence[Stretch], storage: Storage, sampling: Sampler, pixels: Pixels, progress: Progress
) -> Iterator[tuple[Segment, Frame]]:
    """What sampling keeps of one camera's footage in order of time, each frame with its segment and the camera as it then was."""
    done, total = 0, sum(stretch.segment.frames for stretch in footage)
    for stretch in footage:
        segment = stretch.segment
        for frame in Recorded(segment.camera, segments=[segment], storage=storage).frames(sampling, pixels):
            if frame.time >= stretch.since:
                yield segment, replace(frame, index=stretch.first + frame.index)
            progress(done + frame.index + 1, total)
        done += segment.frames
        progress(done, total)


def _kept(
    segment: Segment, frame: Frame, truth: Truth | None, label_set: str, picture: Picture, shards: ShardWriter
) -> dict[str, Any]:
    row = _row(segment, frame, reason=KEPT, quality=frame.quality)
    name = row["key"]
    files = {f"{name}.{picture.format}": picture.encode(frame), f"{name}.json": _label(frame, truth)}
    image, label = shards.add(files)
    digests = [sha256(content).hexdigest() for content in files.values()]
    if truth:
        names = list(truth.people) or [""] * len(truth.boxes)
        row |= {
            "labelled": True,
            "label_set": label_set,
            "people": len(truth.boxes),
            "names": names,
            "boxes": truth.boxes.tolist(),
        }
    return row | {
        "phash": phash(frame.image), "sha256": digests[0], "label_sha256": digests[1], "shard": image.shard,
        "offset": image.offset, "size": image.size, "label_offset": label.offset, "label_size": label.size,
    }  # fmt: skip


def _row(segment: Segment, frame: Frame, *, reason: str, quality: Mapping[str, float]) -> dict[str, Any]:
    height, width = frame.image.shape[:2]
    return {
        "key": name_of(frame), "camera": frame.camera.id, "camera_version": frame.camera.version,
        "time": frame.time, "clock_correction": segment.clock_correction, "segment": frame.segment,
        "segment_time": frame.segment_time, "index": frame.index, "reason": reason, "split": "", "width": width, "height": height,
        "quality": sorted((name, float(value)) for name, value in quality.items()),
        "to_native": frame.to_native.ravel().tolist(), "names": [], "boxes": [], **UNKEPT,
    }  # fmt: skip


def name_of(frame: Frame) -> str:
    """The name of a sample."""
    return key_of(frame.camera.id, frame.time)


def _label(frame: Frame, truth: Truth | None) -> bytes:
    """The label file of a sample: boxes in native pixels, floor in metres."""
    content: dict[str, Any] = {"camera": frame.camera.id, "time": frame.time, "labelled": truth is not None}
    if truth:
        content |= {"boxes": _rounded(truth.boxes), "people": list(truth.people), "roles": list(truth.roles)}
        floor = [place if np.isfinite(place).all() else None for place in _rounded(truth.floor)]
        content |= {"floor": floor, "visibility": _rounded(truth.visibility)}
    if truth and frame.straight:  # what undoing the lens has made of them, which to_native alone does not say
        content["straight"] = _rounded(picture_boxes(frame, truth.boxes))
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def _rounded(array: Any) -> Any:
    return array.round(4).tolist()
