"""Labels with their pictures as a folder that people correct in CVAT or Label Studio; what they export is imported again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import cv2
import numpy as np
import pyarrow as pa

from components.contracts import UNKNOWN, Floats64, Frame, InputError, Moment
from components.geometry import transform_boxes
from components.labels.table import BOX

Tool = Literal["cvat_images", "label_studio"]
CLOSE = 2_000_000  # ns; a container may round the time of a frame to its own unit
QUALITY = 95  # of JPEG
ATTRIBUTES = ("person", "role", "visibility", "score")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture to look at: its file's name, size, and the boxes in its pixels with what is said of them."""

    name: str
    width: int
    height: int
    boxes: Floats64  # (n, 4) xyxy
    said: tuple[dict[str, str], ...]


class Wanted:
    """A Sampler that keeps the frames of a set of labels."""

    needs: Literal["times"] = "times"

    def __init__(self, times: Iterable[int]) -> None:
        self._times = np.array(sorted(set(times)), np.int64)

    def keep(self, moment: Moment) -> bool:
        at = int(np.searchsorted(self._times, moment.time - CLOSE))
        return at < len(self._times) and abs(int(self._times[at]) - moment.time) <= CLOSE


def write(frames: Iterable[Frame], table: pa.Table, folder: Path, tool: Tool) -> int:
    """Pictures in `folder`/images and their labels beside it; how many. Raises InputError where it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"folder={folder} is not empty; choose a new folder, or empty it")
    (folder / "images").mkdir(parents=True)
    sheets = list(_sheets(frames, _by_picture(table), folder / "images"))
    if not sheets:
        raise InputError("none of the frames of that set of labels is there any more; was their footage deleted?")
    if tool == "cvat_images":
        _write_cvat(folder / "annotations.xml", sheets)
    else:
        _write_label_studio(folder, sheets)
    return len(sheets)


def _by_picture(table: pa.Table) -> dict[tuple[str, int], list[dict[str, Any]]]:
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault((row["camera"], row["time"]), []).append(row)
    return found


def _sheets(
    frames: Iterable[Frame], labels: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]], folder: Path
) -> Iterator[Sheet]:
    times = {camera: np.array(sorted(time for name, time in labels if name == camera)) for camera, _ in labels}
    for frame in frames:
        known = times.get(frame.camera.id, np.zeros(0))
        at = int(np.searchsorted(known, frame.time - CLOSE))
        if at == len(known) or abs(int(known[at]) - frame.time) > CLOSE:
            continue
        rows = [row for row in labels[frame.camera.id, int(known[at])] if row["person"]]
        height, width = frame.image.shape[:2]
        native = np.array([[row[name] for name in BOX] for row in rows], np.float64).reshape(-1, 4)
        boxes = np.clip(transform_boxes(np.linalg.inv(frame.to_native), native), 0, [width, height] * 2)
        sheet = Sheet(f"{frame.camera.id}-{int(known[at])}.jpg", width, height, boxes, tuple(map(_said, rows)))
        cv2.imwrite(str(folder / sheet.name), frame.image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        yield sheet


def _said(row: Mapping[str, Any]) -> dict[str, str]:
    known = {name: row[name] for name in ATTRIBUTES if row[name] != UNKNOWN}
    return {name: value if isinstance(value, str) else f"{value:.4f}" for name, value in known.items()}


def _write_cvat(file: Path, sheets: Sequence[Sheet]) -> None:
    """CVAT for images 1.1, of a label `person` with attributes."""
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    for number, sheet in enumerate(sheets):
        about = {"id": str(number), "name": sheet.name, "width": str(sheet.width), "height": str(sheet.height)}
        image = SubElement(root, "image", about)
        for box, said in zip(sheet.boxes.tolist(), sheet.said, strict=True):
            corners = {name: f"{value:.2f}" for name, value in zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True)}
            shape = SubElement(image, "box", {"label": "person", "source": "auto", "occluded": "0", **corners, "z_order": "0"})
            for name, value in said.items():
                SubElement(shape, "attribute", {"name": name}).text = value
    indent(root)
    ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _write_label_studio(folder: Path, sheets: Sequence[Sheet]) -> None:
    """tasks.json with predictions, and the labelling interface that they are for."""
    (folder / "interface.xml").write_text(
        '<View>\n  <Image name="image" value="$image"/>\n  <RectangleLabels name="label" toName="image">\n'
        '    <Label value="person"/>\n  </RectangleLabels>\n'
        '  <TextArea name="person" toName="image" perRegion="true"/>\n  <TextArea name="role" toName="image" perRegion="true"/>\n'
        "</View>\n"
    )
    (folder / "tasks.json").write_text(json.dumps([_task(folder, sheet) for sheet in sheets], indent=1))


def _task(folder: Path, sheet: Sheet) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for number, (box, said) in enumerate(zip(sheet.boxes.tolist(), sheet.said, strict=True)):
        about = {
            "id": f"box{number}", "to_name": "image", "original_width": sheet.width, "original_height": sheet.height,
            "image_rotation": 0,
        }  # fmt: skip
        label = {**about, "from_name": "label", "type": "rectanglelabels", "value": _percent(box, sheet)}
        results.append(label | {"score": float(said["score"])})
        results += [
            {**about, "from_name": name, "type": "textarea", "value": {**_corners(box, sheet), "text": [said[name]]}}
            for name in ("person", "role") if name in said
        ]  # fmt: skip
    address = f"/data/local-files/?d={folder.name}/images/{sheet.name}"
    return {"data": {"image": address}, "predictions": [{"model_version": "wardflow", "result": results}]}


def _corners(box: Sequence[float], sheet: Sheet) -> dict[str, float]:
    (x1, y1, x2, y2), width, height = box, sheet.width / 100, sheet.height / 100
    values = {"x": x1 / width, "y": y1 / height, "width": (x2 - x1) / width, "height": (y2 - y1) / height, "rotation": 0.0}
    return {name: round(value, 6) for name, value in values.items()}


def _percent(box: Sequence[float], sheet: Sheet) -> dict[str, Any]:
    return {**_corners(box, sheet), "rectanglelabels": ["person"]}
