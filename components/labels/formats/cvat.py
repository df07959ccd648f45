"""What both of CVAT's XML formats have in common."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from components.contracts import UNKNOWN, InputError
from components.labels.marked import OCCLUDED, Box, enclosing, inside, number, read_text, share

EXPECTED = "annotations.xml of CVAT 1.1"
KINDS = {"image": "cvat_images", "track": "cvat_video"}


def parsed(file: Path, kind: str) -> Element:
    """The root of the file. Raises InputError for what is no XML of CVAT, or of its other kind."""
    text = read_text(file, EXPECTED)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # CVAT writes none, and entities can grow without end
        raise InputError(f"labels {file}: it declares a DOCTYPE or an ENTITY; expected {EXPECTED}, which has none")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"labels {file}, line {error.position[0]}: {error}; expected {EXPECTED}") from error
    if root.tag != "annotations":
        raise InputError(f"labels {file}: the root is <{root.tag}>; expected <annotations>: {EXPECTED}")
    other = next(name for name in KINDS if name != kind)
    if root.find(kind) is None and root.find(other) is not None:
        raise InputError(f"labels {file}: it has <{other}> and no <{kind}>; give format={KINDS[other]}")
    return root


def attribute(where: str, element: Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise InputError(f"labels {where}: <{element.tag}> has no {name}; expected {EXPECTED}")
    return value


def box_of(where: str, shape: Element, about: Element, size: tuple[int, int]) -> Box:
    """A <box>; `about` is the element whose <attribute>s, besides its own, say who it is: `person`, `role`, `visibility`."""
    x1, y1, x2, y2 = (number(where, name, attribute(where, shape, name)) for name in ("xtl", "ytl", "xbr", "ybr"))
    turned = number(where, "rotation", shape.get("rotation", 0))
    said = {entry.get("name"): (entry.text or "").strip() for element in (about, shape) for entry in element.findall("attribute")}
    person = said.get("person") or said.get("track_id") or (f"track {about.get('id')}" if about.tag == "track" else UNKNOWN)
    hidden = OCCLUDED if shape.get("occluded") == "1" else 1.0
    return Box(
        inside(where, enclosing((x1, y1, x2, y2), turned, around="middle"), size), person, said.get("role") or UNKNOWN,
        share(where, "visibility", said.get("visibility") or hidden), share(where, "score", said.get("score") or 1.0),
    )  # fmt: skip
