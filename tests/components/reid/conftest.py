"""A small re-identification network: its feature is the mean of each channel that it is fed, so every figure can be foretold."""

import json

import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture
def network(tmp_path):
    """Writes the network, with `model.json` beside it where there is a card; the first axis is free or 1."""

    def make(*, batch="n", height=8, width=4, channels=3, flat=True, kind=TensorProto.FLOAT, card=None):
        images = helper.make_tensor_value_info("images", kind, [batch, channels, height, width])
        features = helper.make_tensor_value_info("features", kind, None)
        nodes = [helper.make_node("ReduceMean", ["images"], ["features"], axes=[2, 3], keepdims=0 if flat else 1)]
        graph = helper.make_graph(nodes, "means", [images], [features])
        path = tmp_path / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        if card is not None:
            (tmp_path / "model.json").write_text(card if isinstance(card, str) else json.dumps(card))
        return str(path)

    return make
