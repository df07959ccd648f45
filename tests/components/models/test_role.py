"""Role classifiers learn, are exported as they answer, and refuse what they cannot be."""

import json
import logging

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from components.contracts import InputError
from components.identity.uniform import Uniform
from components.models.role import Role
from components.networks import Batch
from components.training.export import export

ROLES = ("nurse", "doctor")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def recipe(**words):
    return Role("test_resnet", **{"roles": ROLES, "size": (32, 64), **words})


def network():
    torch.manual_seed(0)
    return recipe().build()


def batch(labels=(0, 1, 0, 1)):
    images = torch.rand((4, 3, 64, 32), generator=torch.Generator().manual_seed(0)) * 0.2
    images[1::2, 0] += 0.7
    boxes = [torch.tensor([[0.0, 0, 32, 64]])] * 4
    named = [torch.tensor([label] if label is not None else [], dtype=torch.int64) for label in labels]
    return Batch(images, boxes, named, [torch.zeros(0, 4)] * 4)


def test_it_learns_two_colours():
    net = network().train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(15):
        optimizer.zero_grad()
        net.loss(batch())["role"].backward()
        optimizer.step()
    assert net(batch().images).argmax(dim=1).tolist() == [0, 1, 0, 1]


def test_every_weight_is_reached():
    net = network().train()
    net.loss(batch())["role"].backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []


def test_whom_augmentation_pushed_out_is_not_asked_for():
    net = network().train()
    assert torch.isfinite(net.loss(batch((0, None, None, 1)))["role"])
    assert float(net.loss(batch((None,) * 4))["role"].detach()) == 0


def test_answers_are_probabilities():
    with torch.no_grad():
        shares = network().eval()(batch().images)
    assert shares.shape == (4, 2)
    assert shares.sum(dim=1).tolist() == pytest.approx([1] * 4)


def test_the_export_is_served_as_the_network_answers(tmp_path):
    net = network()
    card = export(net, tmp_path / "model", size=(32, 64), card={"name": "role_test_resnet"})
    assert card["parity"]["probability"] < 1e-3
    assert json.loads((tmp_path / "model" / "model.json").read_text()) == card
    pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 32, 3), dtype=np.uint8)
    served = Uniform(str(tmp_path / "model" / "model.onnx")).shares(pictures)
    with torch.no_grad():
        eager = net.eval()(torch.from_numpy(pictures[..., ::-1].transpose(0, 3, 1, 2).copy()).float() / 255).numpy()
    assert np.abs(served - eager).max() < 1e-4


def test_weights_go_round(tmp_path):
    net = network()
    save_file({name: tensor.contiguous() for name, tensor in net.body.state_dict().items()}, tmp_path / "w.safetensors")
    again = recipe(weights=str(tmp_path / "w.safetensors")).build()
    assert torch.equal(again.eval()(batch().images), net.eval()(batch().images))


def test_weights_for_other_roles_give_all_but_the_last_layer(tmp_path, caplog):
    net = recipe(roles=("a", "b", "c")).build()
    save_file({name: tensor.contiguous() for name, tensor in net.body.state_dict().items()}, tmp_path / "w.safetensors")
    with caplog.at_level(logging.INFO):
        again = recipe(weights=str(tmp_path / "w.safetensors")).build()
    assert torch.equal(again.body.state_dict()["conv1.0.weight"], net.body.state_dict()["conv1.0.weight"])
    assert "2 begin at random, as the file was made for other classes: fc.weight, fc.bias" in caplog.text


def test_a_backbone_that_timm_has_not_is_refused():
    with pytest.raises(InputError, match=r"backbone resnet81: timm has no such network; did you mean .*resnet1?[0-9]"):
        Role("resnet81", roles=ROLES)


@pytest.mark.parametrize("wrong", [{"roles": ("nurse",)}, {"roles": ("nurse", "nurse")}, {"size": (16, 64)}])
def test_roles_and_sizes_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected two different ones or more, and 32 px or more"):
        recipe(**wrong)
