from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from components.contracts import InputError
from components.reid.network import Network

CPU = ("CPUExecutionProvider",)


def opened(path):
    return Network(Path(path), threads=1, providers=CPU)


def test_size_and_length_are_found_out(network):
    found = opened(network(height=8, width=4))
    assert (found.height, found.width, found.length) == (8, 4, 3)


def test_a_free_size_is_the_cards_or_that_of_torchreid(network):
    free = {"height": "h", "width": "w"}
    assert (opened(network(**free)).height, opened(network(**free)).width) == (256, 128)
    found = opened(network(**free, card={"input": {"height": 32, "width": 16}}))
    assert (found.height, found.width) == (32, 16)


def test_pixels_are_normalised_as_the_card_says_or_as_imagenet(network):
    picture = np.full((1, 8, 4, 3), [0, 128, 255], np.uint8)
    raw = (np.array([1, 128 / 255, 0]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert opened(network()).see(picture)[0] == pytest.approx(raw / np.linalg.norm(raw), abs=1e-5)
    card = {"input": {"color": "bgr", "scale": 1.0, "mean": [1, 1, 1], "std": [2, 2, 2]}}
    raw = np.array([-1, 127, 254]) / 2
    assert opened(network(card=card)).see(picture)[0] == pytest.approx(raw / np.linalg.norm(raw), abs=1e-5)


def test_a_feature_of_nothing_is_zero_and_not_a_fraction_by_zero(network):
    card = {"input": {"mean": [0, 0, 0], "std": [1, 1, 1]}}
    assert opened(network(card=card)).see(np.zeros((1, 8, 4, 3), np.uint8)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"channels": 1}, "the inputs are images .*expected one input"),
        ({"batch": 4}, "the inputs are images .*expected one input"),
        ({"kind": TensorProto.DOUBLE}, "the inputs are images .*double"),
        ({"flat": False}, r"the outputs for 2 people are \[\(2, 3, 1, 1\)\]; expected"),
        ({"card": "{"}, "model.json: not JSON"),
        ({"card": {"input": 3}}, "model.json: expected an object whose input"),
    ],
)
def test_what_is_no_such_network_is_refused(network, wrong, message):
    with pytest.raises(InputError, match=message):
        opened(network(**wrong))


def test_missing_files_other_files_and_unknown_providers_are_refused(tmp_path, network):
    with pytest.raises(InputError, match=r"no such file; give reid.weights"):
        opened(tmp_path / "nothing.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(InputError, match="not an ONNX file"):
        opened(tmp_path / "text.onnx")
    with pytest.raises(InputError, match=r"providers \['Imagined'\]: not in this ONNX Runtime"):
        Network(Path(network()), threads=1, providers=("Imagined",))
