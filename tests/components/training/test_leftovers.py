"""What is left of a training is gone on from where it fits, and where it does not, the log says so."""

import pytest
import torch

from components.models.ssdlite import SsdLite
from components.training.keeper import save_weights
from components.training.learner import Learner
from components.training.leftovers import loadable, resumable
from components.training.trainer import Trainer


@pytest.fixture(scope="module")
def learner():
    return Learner(SsdLite().build(), trainer=Trainer(epochs=1), steps=1)


def state(learner, **words):
    groups = [{"params": list(range(count))} for count in learner.group_sizes]
    return {"state_dict": learner.state_dict(), "optimizer_states": [{"param_groups": groups}], **words}


def test_a_whole_checkpoint_of_this_code_is_gone_on_from(learner, tmp_path):
    torch.save(state(learner), tmp_path / "last.ckpt")
    assert resumable(tmp_path / "last.ckpt", learner)
    assert not resumable(tmp_path / "none.ckpt", learner)


@pytest.mark.parametrize("how", ["cut off", "older", "another shape", "other groups", "empty"])
def test_what_does_not_fit_is_said_and_left_alone(learner, tmp_path, caplog, how):
    path, left = tmp_path / "last.ckpt", state(learner)
    first = next(iter(left["state_dict"]))
    if how == "older":
        left["state_dict"] = {f"model.{name}": tensor for name, tensor in left["state_dict"].items()}
    if how == "another shape":
        left["state_dict"] = {**left["state_dict"], first: torch.zeros(3, 5, 7)}
    if how == "other groups":
        left["optimizer_states"] = [{"param_groups": [{"params": [0, 1]}]}]
    torch.save(left, path)
    if how in ("cut off", "empty"):
        path.write_bytes(path.read_bytes()[: 5000 if how == "cut off" else 0])
    assert not resumable(path, learner)
    assert f"checkpoint {path} is of other code or damaged" in caplog.text
    assert "the training begins anew" in caplog.text


def test_weights_that_were_kept_are_looked_at_before_they_are_used(learner, tmp_path, caplog):
    save_weights(learner.result.body, tmp_path / "best.safetensors")
    assert loadable(tmp_path / "best.safetensors", learner.network.body)
    assert not loadable(tmp_path / "best.safetensors", torch.nn.Linear(2, 2))
    assert not loadable(tmp_path / "none.safetensors", learner.network.body)
    assert "of other code or damaged" in caplog.text
