"""Small networks in ONNX files, made on the spot: their answers are constants, so every figure can be foretold."""

import json

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from components.contracts import Camera, Frame

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


@pytest.fixture
def frame_of():
    def make(image, to_native=None):
        return Frame(CAMERA, 0, 0, "", 0, image, np.eye(3) if to_native is None else to_native)

    return make


@pytest.fixture
def pets_frames(pets):
    """Two real pictures, some seconds apart."""
    capture = cv2.VideoCapture(str(pets / "vtest.avi"))
    images = [np.asarray(capture.read()[1], np.uint8) for _ in range(61)]
    return [images[0], images[60]]


@pytest.fixture
def network(tmp_path):
    """Writes a network of one input that answers every picture with the given arrays (first axis: the batch of 1)."""

    def make(outputs, *, height=64, width=96, batch=1, card=None, kind=TensorProto.FLOAT, channels=3):
        nodes, infos, constants = [], [], []
        for name, array in outputs.items():
            constants.append(numpy_helper.from_array(np.asarray(array), f"{name}_value"))
            shape = [batch if batch == "n" and len(array.shape) > 1 else array.shape[0], *array.shape[1:]]
            dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
            infos.append(helper.make_tensor_value_info(name, dtype, shape))
            if batch == "n":  # as many answers as pictures
                nodes += [
                    helper.make_node("Shape", ["images"], [f"{name}_n"], start=0, end=1),
                    helper.make_node("Concat", [f"{name}_n", f"{name}_rest"], [f"{name}_shape"], axis=0),
                    helper.make_node("Expand", [f"{name}_value", f"{name}_shape"], [name]),
                ]
                constants.append(numpy_helper.from_array(np.array(array.shape[1:], np.int64), f"{name}_rest"))
            else:
                nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
        images = helper.make_tensor_value_info("images", kind, [batch, channels, height, width])
        graph = helper.make_graph(nodes, "constant", [images], infos, constants)
        path = tmp_path / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        if card is not None:
            (tmp_path / "model.json").write_text(json.dumps(card))
        return str(path)

    return make
