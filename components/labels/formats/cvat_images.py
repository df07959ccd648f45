"""CVAT for images 1.1: annotations.xml with an <image> for every picture (https://docs.cvat.ai/docs/manual/advanced/xml_format/)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from components.labels.formats.cvat import EXPECTED, attribute, box_of, parsed
from components.labels.marked import Export, Marked, count, files, stem, tally


def read(path: Path, *, classes: Sequence[str]) -> Export:
    """The file, or the folder with annotations.xml; `classes` are the names of labels that are people. Raises InputError."""
    pictures, left_out = list[Marked](), list[str]()
    for file in files(path, ("annotations.xml", "*.xml"), EXPECTED):
        for at, image in enumerate(parsed(file, "image").iter("image")):
            where = f"{file}, image {image.get('id', at)}"
            size = (
                count(where, "width", attribute(where, image, "width"), least=1),
                count(where, "height", attribute(where, image, "height"), least=1),
            )
            left_out += [reason for shape in image if (reason := _strange(shape, classes))]
            mine = [shape for shape in image if not _strange(shape, classes)]
            boxes = tuple(box_of(f"{where}, {shape.tag} {i}", shape, shape, size) for i, shape in enumerate(mine))
            pictures.append(Marked(where, stem(attribute(where, image, "name")), boxes, size=size))
    return Export(tuple(pictures), tally(left_out))


def _strange(shape: Element, classes: Sequence[str]) -> str:
    """Why a shape is no person's box; empty where it is one."""
    if shape.get("label") not in classes:
        return f"{shape.get('label') or shape.tag}, no person"
    return "" if shape.tag == "box" else f"{shape.tag}, no box"
