"""What goes into a graph and what comes out, as the graph itself says."""

from onnx import TensorProto, helper

from components.signature import FREE, signature


def test_inputs_and_outputs_with_free_and_fixed_sides_and_no_constants():
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 64, 96])
    offset = helper.make_tensor_value_info("offset", TensorProto.FLOAT, [1])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 3, 64, 96])
    constant = helper.make_tensor("offset", TensorProto.FLOAT, [1], [0.5])
    graph = helper.make_graph(
        [helper.make_node("Add", ["images", "offset"], ["output"])], "g", [images, offset], [output], [constant]
    )
    side = {"shape": [FREE, 3, 64, 96], "dtype": "float32"}
    assert signature(helper.make_model(graph)) == {
        "inputs": [{"name": "images", **side}],
        "outputs": [{"name": "output", **side}],
    }
