"""Turns a trained network into the folder that serves it: model.onnx, weights.safetensors, model.json."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from components.contracts import file_digest
from components.networks import Network
from components.signature import signature
from components.training.keeper import save_weights
from components.training.lessons import lesson_of


def export(network: Network, folder: Path, *, size: tuple[int, int], card: dict[str, Any]) -> dict[str, Any]:
    """Write `folder`, whole or not at all, and return what its model.json says: `card` and how to feed and read the graph.

    Raises RuntimeError where the graph answers otherwise than the network.
    """
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    network = network.eval().to("cpu")
    save_weights(network.body, part / "weights.safetensors")
    write_onnx(network, part / "model.onnx", size=size)
    card = card | lesson_of(network).card(size) | {"parity": _parity(network, part / "model.onnx", size)}
    card |= {"signature": signature(onnx.load(part / "model.onnx", load_external_data=False))}
    card |= {"onnx": file_digest(part / "model.onnx"), "weights": file_digest(part / "weights.safetensors")}
    (part / "model.json").write_text(json.dumps(card, indent=2, sort_keys=True) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return card


def write_onnx(network: Network, path: Path, *, size: tuple[int, int]) -> None:
    """`images` (batch, 3, h, w) -> `output` (batch, ...); the batch is free, the sides are `size` (width, height)."""
    width, height = size
    axes = {"images": {0: "batch"}, "output": {0: "batch"}}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls its own proven exporter legacy, and the tracer comments on constants
        torch.onnx.export(
            network, (torch.zeros(2, 3, height, width),), str(path), dynamo=False, opset_version=17,
            input_names=["images"], output_names=["output"], dynamic_axes=axes,
        )  # fmt: skip


def _parity(network: Network, path: Path, size: tuple[int, int]) -> dict[str, float]:
    """The largest difference between graph and network over a batch of three noise pictures."""
    images = np.random.default_rng(0).random((3, 3, size[1], size[0]), dtype=np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (graph,) = session.run(None, {"images": images})
    with torch.no_grad():
        eager = network(torch.from_numpy(images)).numpy()
    return lesson_of(network).parity(graph, eager)
