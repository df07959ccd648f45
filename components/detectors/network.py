"""A detection network: finds out how it answers, feeds it pictures, and reads where people may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from components.contracts import PERSON, Bgr, Floats32, InputError
from components.detectors import decoding, graph

STRIDE = 32  # px: the sides of an input are multiples of it
PIXELS = {"yolox": ("bgr", 1.0), "yolov8": ("rgb", 1 / 255), "boxes": ("rgb", 1 / 255)}  # what each family is trained on

Arrays = dict[str, NDArray[Any]]
Run = Callable[[str, Floats32], Arrays]  # the input's name, a batch (n, 3, height, width) -> the outputs by name
Engine = Callable[[bytes], Run]  # what runs an ONNX file's content
Sides = Literal["fitted", "whole"]


class Network:
    """A detection network: pictures in, candidates out. Raises InputError where `weights` is none that we can read.

    With `sides` fitted, a network that takes pictures of any size is given no more padding than its stride needs.
    """

    def __init__(self, weights: Path, engine: Engine, *, format: str, sides: Sides) -> None:
        model, card = graph.load(weights), graph.card_of(weights)
        graph.check(weights, model, card)
        self._weights, self._entrance = weights, graph.entrance(weights, model, card)
        self._several, self._fitted = self._entrance.several, False
        free = _if_free(engine, model, self._entrance) if sides == "fitted" else None
        if free:
            self._run, self._several, self._fitted = free, True, True
        else:
            self._run = _opened(weights, engine, model.SerializeToString())
        self._format = self._known(card.get("format", "auto") if format == "auto" else format)
        color, scale = PIXELS[self._format]
        pixels, classes = card.get("input", {}), card.get("classes", [])
        self._flipped, self._scale = pixels.get("color", color) == "rgb", np.float32(pixels.get("scale", scale))
        self._person = classes.index("person") if "person" in classes else PERSON

    def size(self, image: Bgr) -> tuple[int, int]:
        """The width and height that a picture is letterboxed to."""
        width, height = self._entrance.width, self._entrance.height
        if not self._fitted:
            return width, height
        h, w = image.shape[:2]
        scale = min(width / w, height / h)
        return min(width, _whole(w * scale)), min(height, _whole(h * scale))

    def see(self, pictures: Sequence[Bgr], least: float) -> Iterator[decoding.Candidates]:
        """Who may be in each of `pictures`, all of one size, in their pixels, with a score of `least` or more."""
        height, width = pictures[0].shape[:2]
        for blob in self._blobs(pictures):
            outputs = self._answers(blob)
            for i in range(len(blob)):
                yield self._read({name: array[i] for name, array in outputs.items()}, width, height, least)

    def _blobs(self, pictures: Sequence[Bgr]) -> Iterator[Floats32]:
        for start in range(0, len(pictures), step := len(pictures) if self._several else 1):
            group = pictures[start : start + step]
            blob = np.empty((len(group), 3, *group[0].shape[:2]), np.float32)
            for i, picture in enumerate(group):
                blob[i] = (picture[..., ::-1] if self._flipped else picture).transpose(2, 0, 1)
            if self._scale != 1:
                blob *= self._scale
            yield blob

    def _read(self, outputs: Arrays, width: int, height: int, least: float) -> decoding.Candidates:
        if self._format == "boxes":
            return decoding.boxes(outputs["boxes"], outputs["scores"], outputs["labels"], self._person)
        (output,) = outputs.values()
        if self._format == "yolox":
            return decoding.yolox(output, self._person, width, height, least)
        return decoding.yolov8(output, self._person, least)

    def _answers(self, blob: Floats32) -> Arrays:
        """The outputs, each with the batch as its first axis."""
        arrays = self._run(self._entrance.name, blob)
        people_first = arrays["labels"].ndim == 1 if "labels" in arrays else False  # the outputs of one picture
        return {name: array[None] for name, array in arrays.items()} if people_first else arrays

    def _known(self, wanted: str) -> decoding.Format:
        """How the network answers, found out by asking it once."""
        width, height = self._entrance.width, self._entrance.height
        try:
            shapes = {name: array.shape for name, array in self._answers(np.zeros((1, 3, height, width), np.float32)).items()}
        except Exception as error:  # what runs networks raises classes of its own
            raise InputError(
                f"weights {self._weights}: it does not run on a picture of {width}x{height} ({graph.said(error)})"
            ) from error
        known = decoding.guess(shapes, width, height)
        if known is None or wanted not in ("auto", known):
            found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise InputError(
                f"weights {self._weights}: the outputs are {found}, which do not read as {wanted}; expected {graph.EXPECTED}"
            )
        return known


def free_form(weights: Path, engine: Engine) -> bytes:
    """The network in `weights` (ONNX) for any batch and size where it takes them, else as it is."""
    model, card = graph.load(weights), graph.card_of(weights)
    free = _if_free(engine, model, graph.entrance(weights, model, card))
    return graph.freed(model) if free else bytes(model.SerializeToString())


def _opened(weights: Path, engine: Engine, content: bytes) -> Run:
    try:
        return engine(content)
    except InputError:
        raise
    except Exception as error:  # what runs networks raises classes of its own
        raise InputError(f"weights {weights}: not an ONNX file that can be run ({graph.said(error)})") from error


def _if_free(engine: Engine, model: Any, entrance: graph.Entrance) -> Run | None:
    """The network for any batch and size, if it really answers two smaller pictures cell by cell."""
    width, height = (max(STRIDE, side - STRIDE) for side in (entrance.width, entrance.height))
    try:
        run = engine(graph.freed(model))
        shapes = [array.shape for array in run(entrance.name, np.zeros((2, 3, height, width), np.float32)).values()]
    except InputError:
        raise
    except Exception:  # it was made for one size
        return None
    cells = decoding.cells(width, height)
    return run if len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][0] == 2 and cells in shapes[0][1:] else None


def _whole(side: float) -> int:
    """The multiple of the stride that holds this many pixels."""
    return -(-max(1, round(side)) // STRIDE) * STRIDE
