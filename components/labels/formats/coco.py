"""COCO: one JSON file with images, annotations and categories (https://cocodataset.org/#format-data)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.contracts import UNKNOWN, InputError
from components.labels.marked import (
    OCCLUDED,
    Box,
    Export,
    Marked,
    count,
    files,
    inside,
    member,
    number,
    read_json,
    share,
    stem,
    tally,
)

EXPECTED = "a COCO file of detections: a JSON object with images, annotations and categories"
FILES = ("**/labels.json", "**/instances*.json", "*.json")
PEOPLE = ("person", "track_id")  # where an annotation says who it is: our own export, CVAT's attributes


def read(path: Path, *, classes: Sequence[str]) -> Export:
    """A file, or a folder with several; `classes` are the names of categories that are people. Raises InputError."""
    exports = [_read(file, classes) for file in files(path, FILES, EXPECTED)]
    left_out = tally(word for export in exports for word, times in export.left_out.items() for _ in range(times))
    return Export(tuple(picture for export in exports for picture in export.pictures), left_out)


def _read(file: Path, classes: Sequence[str]) -> Export:
    whole = read_json(file, EXPECTED)
    parts = {name: member(str(file), whole, name, list, EXPECTED) for name in ("images", "annotations", "categories")}
    names = _categories(file, parts["categories"])
    pictures = _pictures(file, parts["images"])
    boxes: dict[int, list[Box]] = {number: [] for number in pictures}
    left_out = []
    for at, entry in enumerate(parts["annotations"]):
        where = f"{file}, annotations[{at}]"
        category = _known(where, entry, "category_id", names)
        picture = _known(where, entry, "image_id", pictures)
        if names[category] not in classes:
            left_out.append(f"{names[category]}, no person")
        elif entry.get("iscrowd"):
            left_out.append("crowd")
        else:
            boxes[picture].append(_box(where, entry, pictures[picture].size))
    marked = [Marked(old.where, old.name, tuple(boxes[number]), size=old.size) for number, old in pictures.items()]
    return Export(tuple(marked), tally(left_out))


def _categories(file: Path, entries: Sequence[Any]) -> dict[int, str]:
    names: dict[int, str] = {}
    for at, entry in enumerate(entries):
        where = f"{file}, categories[{at}]"
        names[member(where, entry, "id", int, "a whole number")] = member(where, entry, "name", str, "the name of a class")
    return names


def _pictures(file: Path, entries: Sequence[Any]) -> dict[int, Marked]:
    found: dict[int, Marked] = {}
    for at, entry in enumerate(entries):
        where = f"{file}, images[{at}]"
        key = member(where, entry, "id", int, "a whole number")
        name = stem(member(where, entry, "file_name", str, "the file of a picture"))
        if key in found:
            raise InputError(f"labels {where}: id is {key}, as in {found[key].where}; expected an id of its own")
        size = count(where, "width", entry.get("width", 0)), count(where, "height", entry.get("height", 0))
        found[key] = Marked(where, name, (), size=size)
    return found


def _known(where: str, entry: Any, key: str, known: Mapping[int, Any]) -> int:
    value: int = member(where, entry, key, int, "a whole number")
    if value not in known:
        kind = {"category_id": "categories", "image_id": "images"}[key]
        raise InputError(f"labels {where}: {key} is {value}; expected an id of one of the {len(known)} {kind}")
    return value


def _box(where: str, entry: Mapping[str, Any], size: tuple[int, int]) -> Box:
    bbox = member(where, entry, "bbox", list, "bbox: [x, y, width, height] in pixels")
    if len(bbox) != 4:
        raise InputError(f"labels {where}: bbox is {bbox}; expected [x, y, width, height] in pixels")
    x, y, width, height = (number(where, f"bbox[{i}]", value) for i, value in enumerate(bbox))
    attributes = entry.get("attributes")
    said = {**(attributes if isinstance(attributes, Mapping) else {}), **entry}
    hidden = OCCLUDED if said.get("occluded") is True else 1.0
    return Box(
        inside(where, (x, y, x + width, y + height), size),
        person=next((str(said[key]) for key in PEOPLE if said.get(key) not in (None, "")), UNKNOWN),
        role=str(said.get("role") or UNKNOWN),
        visibility=share(where, "visibility", said.get("visibility", hidden)),
        score=share(where, "score", said.get("score", 1.0)),
    )
