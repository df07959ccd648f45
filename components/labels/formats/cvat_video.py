"""CVAT for video 1.1: annotations.xml with a <track> for everybody (https://docs.cvat.ai/docs/manual/advanced/xml_format/)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

from components.contracts import InputError
from components.labels.formats.cvat import EXPECTED, attribute, box_of, parsed
from components.labels.marked import Box, Export, Marked, count, files, tally


def read(path: Path, *, classes: Sequence[str]) -> Export:
    """The file, or the folder with annotations.xml; `classes` are the names of labels that are people. Raises InputError.

    Frames are counted as in the video. Between two boxes of a track that do not follow each other everybody walks straight on;
    all frames of the task count as looked at.
    """
    pictures, left_out = list[Marked](), list[str]()
    for file in files(path, ("annotations.xml", "*.xml"), EXPECTED):
        root = parsed(file, "track")
        size, frames = _size(file, root), _frames(file, root)
        found: dict[int, list[Box]] = {frame: [] for frame in frames}
        for at, track in enumerate(root.iter("track")):
            name = f"{file}, track {track.get('id', at)}"
            if track.get("label") not in classes:
                left_out.append(f"track of {track.get('label')}, no person")
                continue
            left_out += [f"{shape.tag}, no box" for shape in track if shape.tag not in {"box", "attribute"}]
            for frame, box in _walk(name, track, size, frames.step):
                found.setdefault(frame, []).append(box)
        pictures += [Marked(f"{file}, frame {frame}", "", tuple(boxes), frame, size) for frame, boxes in sorted(found.items())]
    return Export(tuple(pictures), tally(left_out))


def _walk(where: str, track: Element, size: tuple[int, int], step: int) -> Iterator[tuple[int, Box]]:
    """Every frame in which the track is in the picture."""
    shown: dict[int, Box | None] = {}
    for shape in track.iter("box"):
        frame = count(where, "frame", attribute(where, shape, "frame"))
        if frame in shown:
            raise InputError(f"labels {where}: frame {frame} is there twice; expected one box for each frame of a track")
        here = f"{where}, frame {frame}"
        shown[frame] = None if shape.get("outside") == "1" else box_of(here, shape, track, size)
    ordered = sorted(shown.items())
    for (frame, box), (following, other) in pairwise([*ordered, (-1, None)]):
        if box is None:
            continue
        yield frame, box
        for between in range(frame + step, following, step) if other else ():
            assert other is not None
            share = (between - frame) / (following - frame)
            x1, y1, x2, y2 = (a + (b - a) * share for a, b in zip(box.xyxy, other.xyxy, strict=True))
            yield between, Box((x1, y1, x2, y2), box.person, box.role, box.visibility, box.score)


def _frames(file: Path, root: Element) -> range:
    """The frames of the task, in the numbers of the video; none where the file does not say."""
    said = {name: root.findtext(f".//meta//{name}") for name in ("start_frame", "stop_frame")}
    start, stop = (count(str(file), name, value) if value else None for name, value in said.items())
    rule = (root.findtext(".//meta//frame_filter") or "").replace(" ", "")
    if rule and not rule.startswith("step="):
        raise InputError(f"labels {file}: frame_filter is {rule!r}; expected step=N")
    step = count(str(file), "frame_filter", rule.removeprefix("step="), least=1) if rule else 1
    return range(start or 0, stop + 1 if stop is not None else 0, step)


def _size(file: Path, root: Element) -> tuple[int, int]:
    """Width and height of the video; (0, 0) where the file does not say."""
    said = {name: root.findtext(f".//meta//original_size/{name}") for name in ("width", "height")}
    width, height = (count(str(file), name, value, least=1) if value else 0 for name, value in said.items())
    return (width, height) if width and height else (0, 0)
