"""Tensors come out of a pickled network whole, and nothing that the file contains is run."""

import sys
import types

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from components.contracts import InputError
from components.models.pickled import convert, main, tensors_of


class Opener:
    """What an attacker would put beside the weights."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.Linear(4, 2)))
    made.register_buffer("grid", torch.zeros(3), persistent=False)
    return made


def same(found, network):
    state = network.state_dict()
    return found.keys() == state.keys() and all(
        torch.equal(found[name], tensor.to(found[name].dtype)) for name, tensor in state.items()
    )


@pytest.mark.parametrize(
    "wrap", [lambda n: n, lambda n: {"model": n, "epoch": 3}, lambda n: {"model": None, "ema": n, "names": {0: "person"}}]
)
def test_tensors_are_those_of_the_state_dict(network, tmp_path, wrap):
    torch.save(wrap(network.half()), tmp_path / "net.pt")
    found = tensors_of(tmp_path / "net.pt")
    assert same(found, network)
    assert found["0.weight"].dtype == torch.float32


def test_nothing_in_the_file_is_run(network, tmp_path):
    torch.save({"model": network, "callback": Opener(tmp_path / "opened")}, tmp_path / "evil.pt")
    convert(tmp_path / "evil.pt", tmp_path / "net.safetensors")
    assert same(load_file(tmp_path / "net.safetensors"), network)
    assert not (tmp_path / "opened").exists()


def test_classes_that_are_not_installed_do_not_matter(network, tmp_path, monkeypatch):
    gone = types.ModuleType("gone")
    gone.Net = type("Net", (nn.Sequential,), {"__module__": "gone"})
    monkeypatch.setitem(sys.modules, "gone", gone)
    torch.save(gone.Net(*network), tmp_path / "net.pt")
    monkeypatch.delitem(sys.modules, "gone")
    assert same(tensors_of(tmp_path / "net.pt"), network)


@pytest.mark.parametrize("content", [b"", b"not a torch file", b"PK\x03\x04 nor an archive"])
def test_what_is_no_torch_file(tmp_path, content):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"not a file of torch\.save|cannot be read"):
        tensors_of(tmp_path / "net.pt")


def test_a_file_without_a_network(tmp_path):
    torch.save({"0.weight": torch.zeros(3)}, tmp_path / "state.pt")
    with pytest.raises(InputError, match="holds no network under ema or model"):
        tensors_of(tmp_path / "state.pt")


def test_the_command_that_the_message_names(network, tmp_path):
    torch.save({"model": network}, tmp_path / "net.pt")
    assert main([str(tmp_path / "net.pt"), str(tmp_path / "net.safetensors")]) == ""
    assert same(load_file(tmp_path / "net.safetensors"), network)
    assert main([str(tmp_path / "net.pt")]).startswith("usage: python -m components.models.pickled")
    assert "there is nothing to copy" in main([str(tmp_path / "none.pt"), str(tmp_path / "net.safetensors")])
