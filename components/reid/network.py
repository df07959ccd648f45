"""Opens an ONNX file that turns pictures of people into features, finds out what it wants, and runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from components.contracts import Floats32, InputError

EXPECTED = "one input (1 or free, 3, height, width) of float32 and one output (1 or free, length of the features)"
SIZE = (256, 128)  # height and width of a person's picture in Torchreid, OSNet (Zhou 2019) and most others
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB
LEAST = 1e-6  # a shorter feature says nothing


class Network:
    """A re-identification network: pictures of people in, features out. Raises InputError where `weights` is none.

    `model.json` beside the weights may say under `input`: width and height where the graph leaves them free, color (rgb or
    bgr), scale (of pixels 0..255), mean and std (per channel, after scaling).
    """

    def __init__(self, weights: Path, *, threads: int, providers: tuple[str, ...]) -> None:
        self._session = _session(weights, threads, providers)
        said = _card(weights.with_name("model.json")).get("input", {})
        self._input, self._free, self.height, self.width = _entrance(weights, self._session, said)
        self._rgb = said.get("color", "rgb") == "rgb"
        mean, deviation = np.float32(said.get("mean", MEAN)), np.float32(said.get("std", DEVIATION))
        self._gain = (np.float32(said.get("scale", 1 / 255)) / deviation).reshape(1, 3, 1, 1)
        self._offset = (mean / deviation).reshape(1, 3, 1, 1)
        self.length = self._ask(weights)

    def see(self, pictures: NDArray[np.uint8]) -> Floats32:
        """Features (n, length) of unit length, of `pictures` (n, height, width, 3) BGR; 0 where the network says nothing."""
        channels = pictures[..., ::-1] if self._rgb else pictures
        blob = np.ascontiguousarray(channels.transpose(0, 3, 1, 2), np.float32)
        blob *= self._gain
        blob -= self._offset
        raw = np.concatenate([self._run(part) for part in ([blob] if self._free else np.split(blob, len(blob)))])
        size = np.linalg.norm(raw, axis=1, keepdims=True)
        unit = np.divide(raw, size, out=np.zeros_like(raw), where=np.isfinite(size) & (size > LEAST))
        return np.asarray(unit, np.float32)

    def _run(self, blob: Floats32) -> Floats32:
        return np.asarray(self._session.run(None, {self._input: blob})[0], np.float32)

    def _ask(self, weights: Path) -> int:
        """The length of a feature, found out by looking at two grey pictures, or one."""
        pictures = np.full((2 if self._free else 1, 3, self.height, self.width), 0, np.float32)
        try:
            outputs = self._session.run(None, {self._input: pictures})
        except Exception as error:  # ONNX Runtime's errors share no narrower class
            raise InputError(
                f"weights {weights}: it does not run on pictures of {self.width}x{self.height} ({_said(error)})"
            ) from error
        shapes = [np.shape(output) for output in outputs]
        if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][0] != len(pictures):
            raise InputError(f"weights {weights}: the outputs for {len(pictures)} people are {shapes}; expected {EXPECTED}")
        return int(shapes[0][1])


def _session(weights: Path, threads: int, providers: tuple[str, ...]) -> ort.InferenceSession:
    if not weights.is_file():
        raise InputError(f"weights {weights}: no such file; give reid.weights the path of an .onnx file")
    missing = [name for name in providers if name not in ort.get_available_providers()]
    if missing:
        raise InputError(f"providers {missing}: not in this ONNX Runtime, which has {ort.get_available_providers()}")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads starve whatever shares the cores
    options.log_severity_level = 4
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
    if not isinstance(card, dict) or not isinstance(card.get("input", {}), dict):
        raise InputError(f"{path}: expected an object whose input is an object with width, height, color, scale, mean and std")
    return card


def _entrance(weights: Path, session: ort.InferenceSession, said: dict[str, Any]) -> tuple[str, bool, int, int]:
    """The input's name, whether several pictures go in at once, height and width."""
    inputs = session.get_inputs()
    shape = inputs[0].shape
    batch, channels = shape[:2] if len(shape) == 4 else (None, None)
    fixed = isinstance(batch, int)
    if len(inputs) != 1 or channels != 3 or (fixed and batch != 1) or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
        raise InputError(f"weights {weights}: the inputs are {found}; expected {EXPECTED}")
    free = (said.get("height", SIZE[0]), said.get("width", SIZE[1]))
    height, width = (axis if isinstance(axis, int) else int(other) for axis, other in zip(shape[2:], free, strict=True))
    return inputs[0].name, not fixed, height, width
