"""Label Studio: the JSON export, a list of tasks with their annotations (https://labelstud.io/guide/export)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from components.contracts import UNKNOWN, InputError
from components.labels.marked import (
    Box,
    Export,
    Marked,
    count,
    enclosing,
    files,
    inside,
    member,
    number,
    read_json,
    share,
    stem,
    tally,
)

EXPECTED = "Label Studio's JSON export: a list of tasks with data and annotations"
UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of a file that was uploaded
REGION = "x, y, width and height in percent of the picture"
SAID = ("person", "role", "visibility")  # names of controls for each region
KINDS = ("text", "choices", "number")  # of controls


def read(path: Path, *, classes: Sequence[str]) -> Export:
    """The file, or the folder with it; `classes` are the names of rectangle labels that are people. Raises InputError.

    The newest annotation of a task counts, without those that were cancelled; a task without annotation has not been labelled.
    Controls of a region that are named person, role and visibility say so.
    """
    pictures, left_out = list[Marked](), list[str]()
    for file in files(path, ("*.json",), EXPECTED):
        whole = read_json(file, EXPECTED)
        if not isinstance(whole, list):
            raise InputError(f"labels {file}: it is a JSON {type(whole).__name__}; expected {EXPECTED}")
        for at, task in enumerate(whole):
            where = f"{file}, task {task.get('id', at) if isinstance(task, Mapping) else at}"
            annotations = [
                entry for entry in member(where, task, "annotations", list, EXPECTED)
                if isinstance(entry, Mapping) and not entry.get("was_cancelled")
            ]  # fmt: skip
            if not annotations:
                left_out.append("task without annotation")
                continue
            newest = max(annotations, key=lambda entry: str(entry.get("updated_at") or entry.get("created_at") or ""))
            marked, strange = _picture(where, task, newest, classes)
            pictures.append(marked)
            left_out += strange
    return Export(tuple(pictures), tally(left_out))


def _picture(
    where: str, task: Mapping[str, Any], annotation: Mapping[str, Any], classes: Sequence[str]
) -> tuple[Marked, list[str]]:
    results = member(where, annotation, "result", list, "a list of regions")
    said = _said(results)
    boxes, strange, size = list[Box](), list[str](), (0, 0)
    for at, region in enumerate(results):
        here = f"{where}, result[{at}]"
        if member(here, region, "type", str, "the kind of a region") != "rectanglelabels":
            strange += [] if region.get("from_name") in SAID else [f"{region['type']}, no box"]
            continue
        size = tuple(count(here, name, region.get(name), least=1) for name in ("original_width", "original_height"))  # type: ignore[assignment]
        value = member(here, region, "value", Mapping, REGION)
        names = member(here, value, "rectanglelabels", list, "the label of the rectangle")
        if not set(map(str, names)) & set(classes):
            strange.append(f"{', '.join(map(str, names)) or 'without label'}, no person")
        else:
            boxes.append(_box(here, value, size, said.get(region.get("id"), {}), region.get("score")))
    return Marked(where, _name(where, task), tuple(boxes), size=size), strange


def _name(where: str, task: Mapping[str, Any]) -> str:
    """The name of the task's picture: the only file in its data, or the one under `image`."""
    data = member(where, task, "data", Mapping, "data with the address of the picture")
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    address = texts.get("image") or (next(iter(texts.values())) if len(texts) == 1 else None)
    if not address:
        raise InputError(f"labels {where}: data is {dict(data)!r:.80}; expected image: with the address of the picture")
    path = address.partition("/local-files/?d=")[2] or address  # a file of the machine that Label Studio runs on
    return UPLOADED.sub("", stem(unquote(path)))


def _said(results: Sequence[Any]) -> dict[Any, dict[str, str]]:
    """What controls say of each region, by its id."""
    found: dict[Any, dict[str, str]] = {}
    for region in results:
        if isinstance(region, Mapping) and region.get("from_name") in SAID and isinstance(region.get("value"), Mapping):
            values = next(
                iter(region["value"].get(kind) for kind in ("text", "choices", "number") if kind in region["value"]), None
            )
            word = values[0] if isinstance(values, list) and values else values
            if word not in (None, "", []):
                found.setdefault(region.get("id"), {})[region["from_name"]] = str(word)
    return found


def _box(where: str, value: Mapping[str, Any], size: tuple[int, int], said: Mapping[str, str], score: Any) -> Box:
    x, y, width, height = (number(where, name, value.get(name), REGION) for name in ("x", "y", "width", "height"))
    x1, y1 = x / 100 * size[0], y / 100 * size[1]
    box = (x1, y1, x1 + width / 100 * size[0], y1 + height / 100 * size[1])
    degrees = number(where, "rotation", value.get("rotation") or 0)
    return Box(
        inside(where, enclosing(box, degrees, around="corner"), size), said.get("person", UNKNOWN), said.get("role", UNKNOWN),
        share(where, "visibility", said.get("visibility", 1.0)), share(where, "score", 1.0 if score is None else score),
    )  # fmt: skip
