"""Tells a role from what somebody wears."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime as ort
from annotated_types import Ge
from numpy.typing import NDArray

from components.contracts import Floats32, Frame, InputError, Observation, Pace, Tracks
from components.crops import crops, fitted

PACE = Pace(unknown=0.5, known=5.0, alike=5.0)
SMALL = 12  # px: a narrower picture of somebody shows no uniform
TRAIN = "train one with python -m flows.train model=role_resnet18"


class Uniform:
    """The role classifier in the file `weights`, as Evidence; one instance per camera.

    `weights` is a model.onnx that `flows.train model=role_...` has written, with its model.json beside it. What the network
    says of a role, against a role drawn by lot, counts for at most `limit` nats a look, however sure it is. All tracks that are
    due in a frame go through the network at once. Raises InputError where the file is missing or is no such network.
    """

    def __init__(self, weights: str, *, limit: float = 3.0, threads: Annotated[int, Ge(1)] = 1, pace: Pace = PACE) -> None:
        if limit <= 0:
            raise InputError(f"uniform: limit is {limit}, expected more than 0 nats")
        self.pace, self._limit = pace, limit
        card = _card(Path(weights))
        self.roles: tuple[str, ...] = tuple(card["classes"])
        self._size = (card["input"]["width"], card["input"]["height"])
        self._session = _session(Path(weights), threads)
        self._input = self._session.get_inputs()[0].name
        if (shape := self.shares(np.zeros((1, *self._size[::-1], 3), np.uint8)).shape) != (1, len(self.roles)):
            raise InputError(
                f"weights {weights}: one person gives {shape}, expected (1, {len(self.roles)}) as in model.json; {TRAIN}"
            )

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]:
        """One observation for each row of `due` that is large enough in the picture."""
        views = list(crops(frame, tracks.boxes[list(due)]))
        rows = [i for i, view in enumerate(views) if min(view.shape[:2]) >= SMALL]
        if not rows:
            return []
        shares = self.shares(np.stack([fitted(views[i], *self._size) for i in rows]))
        return [self._said(due[i], share) for i, share in zip(rows, shares, strict=True)]

    def shares(self, pictures: NDArray[np.uint8]) -> Floats32:
        """The probability (n, roles) of each role, of `pictures` (n, height, width, 3) BGR."""
        blob = np.ascontiguousarray(pictures[..., ::-1].transpose(0, 3, 1, 2), np.float32) / np.float32(255)
        return np.asarray(self._session.run(None, {self._input: blob})[0], np.float32)

    def _said(self, row: int, share: Floats32) -> Observation:
        logs = np.clip(np.log(np.maximum(share, 1e-9) * len(self.roles)), -self._limit, self._limit)
        best = int(share.argmax())
        roles = dict(zip(self.roles, logs.tolist(), strict=True))
        return Observation(row, f"uniform of {self.roles[best]}", roles=roles, score=float(share[best]))


def _card(weights: Path) -> dict[str, Any]:
    """What the training wrote beside its weights."""
    path = weights.with_name("model.json")
    if not weights.is_file() or not path.is_file():
        raise InputError(f"weights {weights}: there is no such file, or no model.json beside it; {TRAIN}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        whole = card["format"] == "roles" and len(card["classes"]) > 1 and card["input"]["width"] and card["input"]["height"]
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise InputError(f"{path}: not the card of a role classifier (format roles, classes, input.width and height); {TRAIN}")
    return dict(card)


def _session(weights: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads starve whatever shares the cores
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no narrower class
        raise InputError(f"weights {weights}: not an ONNX file that ONNX Runtime can open; {TRAIN}") from error
