"""YOLO: a text file per picture, a line per box (https://docs.ultralytics.com/datasets/detect/).

Names of classes stand in data.yaml (ultralytics, CVAT), classes.txt (Label Studio, LabelImg) or obj.names (Darknet, CVAT).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from components.contracts import InputError
from components.labels.marked import SLACK, Box, Export, Marked, count, inside, number, read_text, share, tally

EXPECTED = "a YOLO folder: labels/ with a text file per picture, and data.yaml, classes.txt or obj.names"
LABELS = ("labels/**/*.txt", "obj_*_data/**/*.txt", "*/labels/**/*.txt")
LINE = "class, centre x, centre y, width and height, as shares of the picture, and perhaps a score"


def read(path: Path, *, classes: Sequence[str]) -> Export:
    """The folder, or its data.yaml. A picture without a file has not been labelled; an empty file says that nobody is there."""
    folder = path.parent if path.is_file() else path
    if not folder.is_dir():
        raise InputError(f"labels {path}: no such folder; expected {EXPECTED}")
    names = _names(folder, path)
    found = next((files for pattern in LABELS if (files := sorted(folder.glob(pattern)))), [])
    if not found:
        raise InputError(f"labels {folder}: there are no text files in {' or '.join(LABELS)}; expected {EXPECTED}")
    pictures, left_out = [], []
    for file in found:
        boxes = []
        for at, line in enumerate(read_text(file, EXPECTED).splitlines(), 1):
            if line.strip():
                kind, box = _box(f"{file}, line {at}", line, names)
                if names[kind] in classes:
                    boxes.append(box)
                else:
                    left_out.append(f"{names[kind]}, no person")
        pictures.append(Marked(str(file), file.stem, tuple(boxes), shares=True))
    return Export(tuple(pictures), tally(left_out))


def _names(folder: Path, path: Path) -> dict[int, str]:
    """The names of the classes by their number."""
    for file in [path] if path.is_file() else [folder / name for name in ("data.yaml", "data.yml")]:
        if file.is_file() and file.suffix in {".yaml", ".yml"}:
            return _of_yaml(file)
    for file in (folder / "classes.txt", folder / "obj.names"):
        if file.is_file():
            return {i: line.strip() for i, line in enumerate(read_text(file, EXPECTED).splitlines()) if line.strip()}
    raise InputError(f"labels {folder}: nothing says what the classes are; expected {EXPECTED}")


def _of_yaml(file: Path) -> dict[int, str]:
    try:
        names = (yaml.safe_load(read_text(file, EXPECTED)) or {}).get("names")
    except (yaml.YAMLError, AttributeError) as error:
        raise InputError(f"labels {file}: {str(error).splitlines()[0]}; expected names: with the name of every class") from error
    if isinstance(names, Mapping):
        return {count(str(file), "names", key): str(name) for key, name in names.items()}
    if isinstance(names, list) and names:
        return {i: str(name) for i, name in enumerate(names)}
    raise InputError(f"labels {file}: names is {names!r}; expected a list, or a number and a name for every class")


def _box(where: str, line: str, names: Mapping[int, str]) -> tuple[int, Box]:
    words = line.split()
    if len(words) not in (5, 6):
        raise InputError(f"labels {where}: {len(words)} values; expected {LINE}")
    kind = count(where, "the class", words[0])
    if kind not in names:
        raise InputError(f"labels {where}: class {kind} has no name; expected one of {', '.join(map(str, names))}")
    x, y, width, height = (
        number(where, name, word) for name, word in zip(("x", "y", "width", "height"), words[1:], strict=False)
    )
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if min(box) < -SLACK / 1000 or max(box) > 1 + SLACK / 1000:
        raise InputError(f"labels {where}: {' '.join(words[1:5])} reaches out of the picture; expected {LINE}, from 0 to 1")
    score = share(where, "score", words[5]) if len(words) == 6 else 1.0
    return kind, Box(inside(where, box, (1, 1)), score=score)
