"""Opens an ONNX file, finds out what it wants and how it answers, and runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from components.contracts import PERSON, Floats32, InputError
from components.detectors import decoding

EXPECTED = (
    "YOLOX (batch, cells, 5 + classes), YOLOv8 (batch, 4 + classes, n), or outputs named boxes, scores and labels, "
    "for one input (1 or free, 3, height, width) of float32"
)
PIXELS = {"yolox": ("bgr", 1.0), "yolov8": ("rgb", 1 / 255), "boxes": ("rgb", 1 / 255)}  # what each family is trained on

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Entrance:
    """The one input of a network."""

    name: str
    free: bool  # whether several pictures go in at once
    width: int
    height: int


class Network:
    """A detection network: pictures in, candidates out. Raises InputError where `weights` is none that we can read."""

    def __init__(self, weights: Path, *, format: str, threads: int, providers: tuple[str, ...]) -> None:
        self._session = _session(weights, threads, providers)
        self._outputs = [output.name for output in self._session.get_outputs()]
        card = _card(weights.with_name("model.json"))
        self.entrance = _entrance(weights, self._session, card)
        wanted = card.get("format", "auto") if format == "auto" else format
        self._format = self._known(weights, wanted)
        color, scale = PIXELS[self._format]
        pixels, classes = card.get("input", {}), card.get("classes", [])
        self._color, self._scale = pixels.get("color", color), np.float32(pixels.get("scale", scale))
        self._person = classes.index("person") if "person" in classes else PERSON

    def see(self, pictures: NDArray[np.uint8]) -> Iterator[decoding.Candidates]:
        """Who may be in each of `pictures` (n, height, width, 3) BGR of the entrance's size, in their pixels."""
        channels = pictures[..., ::-1] if self._color == "rgb" else pictures
        blob = np.ascontiguousarray(channels.transpose(0, 3, 1, 2), np.float32) * self._scale
        for batch in [blob] if self.entrance.free else np.split(blob, len(blob)):
            outputs = self._run(batch)
            for i in range(len(batch)):
                yield self._read({name: array[i] for name, array in outputs.items()})

    def _read(self, outputs: Arrays) -> decoding.Candidates:
        if self._format == "boxes":
            return decoding.boxes(outputs["boxes"], outputs["scores"], outputs["labels"], self._person)
        (output,) = outputs.values()
        if self._format == "yolox":
            return decoding.yolox(output, self._person, self.entrance.width, self.entrance.height)
        return decoding.yolov8(output, self._person)

    def _run(self, batch: Floats32) -> Arrays:
        """The outputs, each with the batch as its first axis."""
        arrays = dict(zip(self._outputs, self._session.run(self._outputs, {self.entrance.name: batch}), strict=True))
        people_first = arrays["labels"].ndim == 1 if "labels" in arrays else False  # the outputs of one picture
        return {name: array[None] for name, array in arrays.items()} if people_first else arrays

    def _known(self, weights: Path, wanted: str) -> decoding.Format:
        """How the network answers, found out by asking it once."""
        width, height = self.entrance.width, self.entrance.height
        try:
            shapes = {name: array.shape for name, array in self._run(np.zeros((1, 3, height, width), np.float32)).items()}
        except Exception as error:  # ONNX Runtime's errors share no narrower class
            raise InputError(f"weights {weights}: it does not run on a picture of {width}x{height} ({_said(error)})") from error
        known = decoding.guess(shapes, width, height)
        if known is None or wanted not in ("auto", known):
            found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise InputError(f"weights {weights}: the outputs are {found}, which do not read as {wanted}; expected {EXPECTED}")
        return known


def _session(weights: Path, threads: int, providers: tuple[str, ...]) -> ort.InferenceSession:
    if not weights.is_file():
        raise InputError(f"weights {weights}: no such file; give detector.weights the path of an .onnx file")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads starve whatever shares the cores
    options.log_severity_level = 4
    missing = [name for name in providers if name not in ort.get_available_providers()]
    if missing:
        raise InputError(f"providers {missing}: not in this ONNX Runtime, which has {ort.get_available_providers()}")
    try:
        return ort.InferenceSession(str(weights), options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's errors share no narrower class
        raise InputError(f"weights {weights}: not an ONNX file that ONNX Runtime can open ({_said(error)})") from error


def _said(error: Exception) -> str:
    return str(error).splitlines()[0].rpartition(":")[2].strip()


def _card(path: Path) -> dict[str, Any]:
    """What the training wrote beside its weights; {} for weights of other people."""
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); it describes the weights beside it: mend it or take it away") from error
    if not isinstance(card, dict):
        raise InputError(f"{path}: a {type(card).__name__}, expected an object with format, input and classes")
    return card


def _entrance(weights: Path, session: ort.InferenceSession, card: dict[str, Any]) -> Entrance:
    inputs = session.get_inputs()
    shape = inputs[0].shape
    batch, channels = shape[:2] if len(shape) == 4 else (None, None)
    fixed = isinstance(batch, int)
    if len(inputs) != 1 or channels != 3 or (fixed and batch != 1) or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
        raise InputError(f"weights {weights}: the inputs are {found}; expected {EXPECTED}")
    said = card.get("input", {})
    height, width = (
        axis if isinstance(axis, int) else said.get(key) for axis, key in zip(shape[2:], ("height", "width"), strict=True)
    )
    if not isinstance(width, int) or not isinstance(height, int):
        raise InputError(
            f"weights {weights}: the input {shape} has no fixed size; put input.width and input.height into model.json beside it"
        )
    outputs = {output.name: output.shape for output in session.get_outputs()}
    one_by_one = fixed or len(outputs.get("labels", (0, 0))) == 1
    return Entrance(inputs[0].name, not one_by_one, width, height)
