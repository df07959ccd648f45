"""COCO: one folder for each split, with data/ and labels.json (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from components.contracts import SplitName
from components.datasets.samples import Encoded, StoredSamples

Records = Callable[[], Iterator[dict[str, Any]]]


class Coco:
    """pycocotools reads labels.json; torchvision's CocoDetection and FiftyOne's COCODetectionDataset the folder of a split."""

    read = "python -c \"from pycocotools.coco import COCO; COCO('{folder}/train/labels.json')\""

    def begin(self, split: SplitName, samples: StoredSamples) -> None:
        """Nothing to count first."""

    def path(self, split: SplitName, position: int, frame: Encoded, suffix: str) -> str:  # noqa: ARG002 - files have names of their own
        return f"{split}/data/{frame.place.camera}-{frame.place.time}.{suffix}"

    def end(self, folder: Path, records: dict[SplitName, Records]) -> None:
        for split, read in records.items():
            target = folder / split / "labels.json"
            partial = target.with_name(f".{target.name}")
            with partial.open("w") as file:
                _write(file, read)
            partial.replace(target)


def _write(file: IO[str], read: Records) -> None:
    """Record by record: an export may have more labels than memory."""
    file.write('{"info": {"description": "wardflow"}, "categories": [{"id": 1, "name": "person", "supercategory": "person"}],\n')
    file.write('"images": [\n')
    for number, record in enumerate(read(), 1):
        file.write(f"{',' if number > 1 else ''}{json.dumps(_image(number, record))}\n")
    file.write('], "annotations": [\n')
    entry = 0
    for number, record in enumerate(read(), 1):
        for i in range(len(record["boxes"])):
            entry += 1
            file.write(f"{',' if entry > 1 else ''}{json.dumps(_annotation(entry, number, record, i))}\n")
    file.write("]}\n")


def _image(number: int, record: dict[str, Any]) -> dict[str, Any]:
    size = {"width": record["width"], "height": record["height"]}
    return {
        "id": number,
        "file_name": record["file"].rsplit("/", 1)[-1],
        **size,
        "camera": record["camera"],
        "time": record["time"],
    }


def _annotation(entry: int, number: int, record: dict[str, Any], i: int) -> dict[str, Any]:
    x1, y1, x2, y2 = record["boxes"][i]
    width, height = round(x2 - x1, 3), round(y2 - y1, 3)
    who = {name: record[column][i] for name, column in (("person", "people"), ("role", "roles")) if record[column]}
    return {
        "id": entry, "image_id": number, "category_id": 1, "bbox": [x1, y1, width, height], "area": round(width * height, 3),
        "iscrowd": 0, "visibility": record["visibility"][i], **who,
    }  # fmt: skip
