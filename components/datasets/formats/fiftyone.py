"""FiftyOneImageDetectionDataset: one folder for each split, with data/ and labels.json, boxes relative to the picture.

https://docs.voxel51.com/user_guide/import_datasets.html#fiftyoneimagedetectiondataset
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from components.contracts import SplitName
from components.datasets.samples import Encoded, StoredSamples

Records = Callable[[], Iterator[dict[str, Any]]]


class FiftyOne:
    """Labels carry visibility, person and role as attributes."""

    read = (
        "python -c \"import fiftyone as fo; fo.Dataset.from_dir(dataset_dir='{folder}/train', "
        'dataset_type=fo.types.FiftyOneImageDetectionDataset)"'
    )

    def begin(self, split: SplitName, samples: StoredSamples) -> None:
        """Nothing to count first."""

    def path(self, split: SplitName, position: int, frame: Encoded, suffix: str) -> str:  # noqa: ARG002 - files have names of their own
        return f"{split}/data/{frame.place.camera}-{frame.place.time}.{suffix}"

    def end(self, folder: Path, records: dict[SplitName, Records]) -> None:
        for split, read in records.items():
            target = folder / split / "labels.json"
            partial = target.with_name(f".{target.name}")
            with partial.open("w") as file:
                file.write('{"classes": ["person"], "labels": {\n')
                for i, record in enumerate(read()):
                    name = Path(record["file"]).stem
                    file.write(f"{',' if i else ''}{json.dumps(name)}: {json.dumps(_detections(record))}\n")
                file.write("}}\n")
            partial.replace(target)


def _detections(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [_detection(record, i) for i in range(len(record["boxes"]))]


def _detection(record: dict[str, Any], i: int) -> dict[str, Any]:
    (x1, y1, x2, y2), width, height = record["boxes"][i], record["width"], record["height"]
    who = {name: record[column][i] for name, column in (("person", "people"), ("role", "roles")) if record[column]}
    box = [round(v, 6) for v in (x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height)]
    return {"label": 0, "bounding_box": box, "attributes": {"visibility": record["visibility"][i], **who}}
