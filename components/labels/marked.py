"""What an export of another tool says, whichever tool it is: pictures with boxes around people."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.contracts import UNKNOWN, Floats64, InputError

OCCLUDED = 0.5  # visibility of somebody who is marked as partly hidden, where nobody says how much
SLACK = 1.0  # px, or share of a picture in thousandths, by which a box may reach out of the picture: tools round


@dataclass(frozen=True, slots=True)
class Box:
    """One person in one picture."""

    xyxy: tuple[float, float, float, float]
    person: str = UNKNOWN
    role: str = UNKNOWN
    visibility: float = 1.0
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Marked:
    """One picture that somebody, or something, has looked at."""

    where: str  # file and entry, for messages
    name: str  # of the picture, without folder and suffix; empty where the export counts frames
    boxes: tuple[Box, ...]
    number: int = -1  # of the frame in its footage, from 0; -1 where the picture has a name
    size: tuple[int, int] = (0, 0)  # width and height of the picture that the boxes are in; (0, 0): the export does not say
    shares: bool = False  # boxes are shares of the picture, 0..1, and not pixels


@dataclass(frozen=True, slots=True)
class Export:
    """What a reader made of an export."""

    pictures: tuple[Marked, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)  # what is no person's box, and how often it stands there


def read_text(path: Path, expected: str) -> str:
    """The text of a file. Raises InputError for what cannot be read, or is packed."""
    try:
        content = path.read_bytes()
        if content[:2] == b"PK":
            raise InputError(f"labels {path}: it is a ZIP archive; expected {expected}: unpack it, and give the file or folder")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"labels {path}: {error.strerror}; expected {expected}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"labels {path}: byte {error.start} is {error.object[error.start]:#x}; expected {expected}") from error


def read_json(path: Path, expected: str) -> Any:
    try:
        return json.loads(read_text(path, expected))
    except json.JSONDecodeError as error:
        raise InputError(f"labels {path}, line {error.lineno}: {error.msg}; expected {expected}") from error
    except RecursionError as error:
        raise InputError(f"labels {path}: nested too deep; expected {expected}") from error


def files(path: Path, patterns: Sequence[str], expected: str) -> list[Path]:
    """`path` itself where it is a file, else what is in the folder under the first pattern that anything matches."""
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"labels {path}: no such file or folder; expected {expected}")
    for pattern in patterns:
        if found := sorted(path.glob(pattern)):
            return found
    raise InputError(f"labels {path}: nothing in this folder matches {' or '.join(patterns)}; expected {expected}")


def member(where: str, record: Any, key: str, kinds: type | tuple[type, ...], expected: str) -> Any:
    """`record[key]`. Raises InputError where it is not there, or of another kind."""
    if not isinstance(record, Mapping):
        raise InputError(f"labels {where}: {shortened(record)}; expected {expected}")
    value = record.get(key)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise InputError(f"labels {where}: {key} is {shortened(value)}; expected {expected}")
    return value


def number(where: str, name: str, value: Any, expected: str = "a finite number") -> float:
    """`value` as a number. Raises InputError for what is none."""
    try:
        found = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise InputError(f"labels {where}: {name} is {shortened(value)}; expected {expected}")
    return found


def share(where: str, name: str, value: Any) -> float:
    """`value` as a number from 0 to 1."""
    found = number(where, name, value, "a number from 0 to 1")
    if not 0 <= found <= 1:
        raise InputError(f"labels {where}: {name} is {shortened(value)}; expected a number from 0 to 1")
    return found


def count(where: str, name: str, value: Any, *, least: int = 0) -> int:
    """`value` as a whole number of at least `least`."""
    found = number(where, name, value, f"a whole number of at least {least}")
    if found < least or found % 1:
        raise InputError(f"labels {where}: {name} is {shortened(value)}; expected a whole number of at least {least}")
    return int(found)


def inside(where: str, box: Sequence[float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """An xyxy box, cut at the picture's edge. Raises InputError for one without size, or that lies outside of the picture.

    A size of (0, 0) is not known: then the box may reach anywhere.
    """
    x1, y1, x2, y2 = box
    if not x2 > x1 or not y2 > y1:
        raise InputError(f"labels {where}: the box is {_shown(box)} (x1, y1, x2, y2); expected x2 > x1 and y2 > y1")
    if not all(size):
        return x1, y1, x2, y2
    if x1 >= size[0] or y1 >= size[1] or x2 <= 0 or y2 <= 0:
        raise InputError(f"labels {where}: the box {_shown(box)} lies outside of its picture of {size[0]}x{size[1]}")
    cut = np.clip(box, 0, [*size, *size]).tolist()
    return cut[0], cut[1], cut[2], cut[3]


def enclosing(box: Sequence[float], degrees: float, *, around: Literal["middle", "corner"]) -> tuple[float, float, float, float]:
    """The upright box around an xyxy `box` that is turned clockwise, as it is seen, around its middle or upper left corner."""
    x1, y1, x2, y2 = box
    if not degrees:
        return x1, y1, x2, y2
    angle, pivot = math.radians(degrees), np.array([(x1 + x2) / 2, (y1 + y2) / 2] if around == "middle" else [x1, y1])
    corners: Floats64 = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64) - pivot
    turned = corners @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) + pivot
    (a, b), (c, d) = turned.min(axis=0).tolist(), turned.max(axis=0).tolist()
    return a, b, c, d


def tally(words: Iterable[str]) -> dict[str, int]:
    """How often each word stands there, in order of the words."""
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))


def stem(name: str) -> str:
    """The name of a picture without folders, address and suffix."""
    last = name.split("?", 1)[0].replace("\\", "/").rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[0] if "." in last else last


def shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _shown(box: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in box) + ")"
