"""YOLO: images/, labels/ and data.yaml, as ultralytics reads them (https://docs.ultralytics.com/datasets/detect/)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from components.contracts import SplitName
from components.datasets.samples import Encoded, StoredSamples

Records = Callable[[], Iterator[dict[str, Any]]]


class Yolo:
    """One line per person: class, then centre, width and height as shares of the picture. Nobody: an empty file."""

    read = "yolo detect train data={folder}/data.yaml model=yolov8n.yaml"

    def begin(self, split: SplitName, samples: StoredSamples) -> None:
        """Nothing to count first."""

    def path(self, split: SplitName, position: int, frame: Encoded, suffix: str) -> str:  # noqa: ARG002 - files have names of their own
        return f"images/{split}/{frame.place.camera}-{frame.place.time}.{suffix}"

    def end(self, folder: Path, records: dict[SplitName, Records]) -> None:
        for split, read in records.items():
            (folder / "labels" / split).mkdir(parents=True, exist_ok=True)
            for record in read():
                (folder / "labels" / split / f"{Path(record['file']).stem}.txt").write_text(_lines(record))
        there = list(records) or ["train"]
        # train and val have to be there: a split without frames is read from one that has some
        sources = {name: name if name in records else there[0] for name in ("train", "val", *records)}
        lines = [f"{name}: images/{source}" for name, source in sources.items()]
        (folder / "data.yaml").write_text("\n".join([*lines, "names:", "  0: person", ""]))


def _lines(record: dict[str, Any]) -> str:
    width, height = record["width"], record["height"]
    lines = []
    for x1, y1, x2, y2 in record["boxes"]:
        if x2 > x1 and y2 > y1:
            shares = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
            lines.append(f"0 {' '.join(f'{share:.6f}' for share in shares)}\n")
    return "".join(lines)
