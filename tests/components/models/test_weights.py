"""Weights come from a local file, as tensors only, of the right architecture, or there is one clear message."""

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from components.contracts import InputError
from components.models.weights import Layout, load_weights


class Opener:
    """What an attacker would put into a pickle."""

    def __reduce__(self):
        return (open, ("/tmp/opened-by-a-weights-file", "w"))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


@pytest.fixture(params=["safetensors", "pt"])
def saved(request, tmp_path):
    """A function that saves a state dict in one of the two formats."""

    def save(state):
        path = tmp_path / f"weights.{request.param}"
        (save_file if request.param == "safetensors" else torch.save)(state, path)
        return str(path)

    return save


def test_every_tensor_arrives(saved):
    source, target = network(), network()
    nn.init.normal_(source[0].weight)
    load_weights(target, saved(source.state_dict()), Layout(name="net"))
    assert all(torch.equal(a, b) for a, b in zip(source.state_dict().values(), target.state_dict().values(), strict=True))


def test_another_architecture_says_what_differs(saved):
    path = saved({"0.weight": torch.zeros(9, 3), "head": torch.zeros(1)})
    expected = (
        r"not of architecture net: 5 of 7 tensors missing, such as 0.bias; 1 unexpected, such as head; 1 of another shape, "
    )
    with pytest.raises(InputError, match=expected + r"such as 0.weight \(9, 3\), expected \(4, 3\)"):
        load_weights(network(), path, Layout(name="net"))


def test_a_refused_file_changes_nothing(saved):
    target = network()
    before = {key: value.clone() for key, value in target.state_dict().items()}
    with pytest.raises(InputError):
        load_weights(target, saved({**before, "0.weight": torch.zeros(9, 3)}), Layout(name="net"))
    assert all(torch.equal(value, before[key]) for key, value in target.state_dict().items())


def test_tensors_in_another_shape_than_a_state_dict_are_refused(tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"expected a state dict .*, found list"):
        load_weights(network(), str(tmp_path / "list.pt"), Layout(name="net"))


def test_pickled_code_is_not_run(tmp_path):
    path = tmp_path / "evil.pt"
    torch.save({"0.weight": Opener()}, path)
    with pytest.raises(InputError, match="contains pickled code, which is not run"):
        load_weights(network(), str(path), Layout(name="net"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.safetensors", None, "no such file"),
        ("broken.safetensors", b"not safetensors at all", "cannot be read"),
        ("broken.pt", b"not a torch file", "cannot be read|contains pickled code"),
        ("empty.pt", b"", "cannot be read"),
        ("list.pt", pickle.dumps([1, 2]), "cannot be read|contains pickled code"),
    ],
)
def test_what_is_no_weights_file_gets_one_message(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_weights(network(), str(tmp_path / name), Layout(name="net"))
