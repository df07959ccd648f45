"""A dataset as a folder that other tools read: pictures first, label files at last, and again from where it was interrupted."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from components.contracts import InputError, Progress, SplitName
from components.datasets.catalogue import asked
from components.datasets.dataset import SPLITS, StoredDataset
from components.datasets.formats.coco import Coco
from components.datasets.formats.fiftyone import FiftyOne
from components.datasets.formats.mot import Mot
from components.datasets.formats.yolo import Yolo
from components.datasets.picture import read_head
from components.datasets.samples import Encoded, StoredSamples

To = Literal["coco", "yolo", "mot", "fiftyone"]
MARK, NOTES = "export.json", ".notes"  # what makes a folder ours, and where an export that is not finished keeps its labels
PORTION = 512  # frames that are begun again where an export was interrupted
UNLABELLED = "SELECT count(*) AS frames FROM frames WHERE reason = 'kept' AND NOT labelled"

Records = Callable[[], Iterator[dict[str, Any]]]


class Format(Protocol):
    """One layout of folders and files. A record has split, position, file, camera, time, width, height, boxes (xyxy, pixels),
    people, roles and visibility."""

    read: str  # how the folder is read, for people

    def begin(self, split: SplitName, samples: StoredSamples) -> None: ...  # before any picture of a split

    def path(self, split: SplitName, position: int, frame: Encoded, suffix: str) -> str: ...  # of a picture, inside the folder

    def end(self, folder: Path, records: dict[SplitName, Records]) -> None: ...  # writes everything but pictures


LAYOUTS: dict[To, Callable[[], Format]] = {"coco": Coco, "yolo": Yolo, "mot": Mot, "fiftyone": FiftyOne}


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has written."""

    format: str
    folder: str
    frames: int
    boxes: int
    unlabelled: int  # frames that nobody labelled: left out, as they would pass for empty
    read: str
    news: bool  # False where it was finished before


def export(dataset: StoredDataset, *, to: To, folder: Path, progress: Progress = lambda _done, _total: None) -> Exported:
    """Write the labelled frames of `dataset` into `folder`, which has to be new, empty, or of the same export."""
    layout = LAYOUTS[to]()
    mark = {"dataset": dataset.digest, "format": to}
    if known := _claimed(folder, mark):
        return Exported(**{**known, "news": False})
    splits = {name: dataset.split(name) for name in SPLITS}
    total, done = sum(map(len, splits.values())), 0
    records: dict[SplitName, Records] = {}
    for name, samples in splits.items():
        layout.begin(name, samples)
        notes = [_portion(folder, layout, name, samples, first) for first in _steps(samples, done, total, progress)]
        done += len(samples)
        if notes:
            records[name] = _records(notes)
    layout.end(folder, records)
    boxes = sum(len(record["boxes"]) for read in records.values() for record in read())
    unlabelled = asked(dataset.rows, UNLABELLED, ["reason", "labelled"])[0]["frames"]
    result: dict[str, Any] = {"format": to, "folder": str(folder), "frames": total, "boxes": boxes, "unlabelled": unlabelled}
    result["read"] = layout.read.format(folder=folder)
    write(folder / MARK, json.dumps({**mark, "finished": result}, indent=2))
    shutil.rmtree(folder / NOTES, ignore_errors=True)
    return Exported(**result, news=True)


def write(path: Path, content: str | bytes) -> None:
    """A file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        partial.write_bytes(content if isinstance(content, bytes) else content.encode())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _claimed(folder: Path, mark: dict[str, str]) -> dict[str, Any] | None:
    """Make `folder` ours; what is known of the export where it is finished. Raises InputError where it is somebody else's."""
    try:
        found = json.loads((folder / MARK).read_text()) if (folder / MARK).is_file() else {}
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and {k: found.get(k) for k in mark} != mark:
            whose = f"an export of dataset {found['dataset'][:12]} to {found['format']}" if found.get("dataset") else "not ours"
            raise InputError(f"folder={folder} is not empty, and {whose}; choose a new folder, or empty it")
        if not found:
            write(folder / MARK, json.dumps(mark))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(f"folder={folder}: {error}; choose a folder that you may write") from error
    finished: dict[str, Any] | None = found.get("finished")
    return finished


def _steps(samples: StoredSamples, done: int, total: int, progress: Progress) -> Iterator[int]:
    for first in range(0, len(samples), PORTION):
        yield first
        progress(done + min(first + PORTION, len(samples)), total)


def _portion(folder: Path, layout: Format, split: SplitName, samples: StoredSamples, first: int) -> Path:
    """Write some pictures, and then a note of their labels: where there is a note, there is nothing left to do."""
    note = folder / NOTES / f"{split}-{first:09d}.jsonl"
    if not note.is_file():
        records = []
        for position, frame in enumerate(samples.walk(first, first + PORTION), first):
            path = layout.path(split, position, frame, read_head(frame.picture).format)
            write(folder / path, bytes(frame.picture))
            records.append(_record(split, position, path, frame))
        write(note, "".join(f"{json.dumps(record)}\n" for record in records))
    return note


def _record(split: SplitName, position: int, path: str, frame: Encoded) -> dict[str, Any]:
    label, place = frame.labels(), frame.place
    return {
        "split": split, "position": position, "file": path, "camera": place.camera, "time": place.time,
        "width": place.width, "height": place.height, "boxes": [[round(v, 3) for v in box] for box in label.boxes.tolist()],
        "people": label.people, "roles": label.roles, "visibility": [round(v, 4) for v in label.visibility.tolist()],
    }  # fmt: skip


def _records(notes: Sequence[Path]) -> Records:
    def read() -> Iterator[dict[str, Any]]:
        for note in notes:
            with note.open() as file:
                yield from map(json.loads, file)

    return read
