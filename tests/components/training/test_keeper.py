"""Checkpoints: whole files only, and the best weights are those of the best epoch."""

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from components.models.ssdlite import SsdLite
from components.training.keeper import BEST, CHECKPOINT, Keeper, save_weights
from components.training.learner import Learner
from components.training.trainer import Trainer


@pytest.fixture
def learner():
    return Learner(SsdLite().build(), trainer=Trainer(epochs=1), steps=10)


def after(epoch, figure):
    """A Lightning trainer, as far as the keeper looks at it."""
    return SimpleNamespace(callback_metrics={"map": torch.tensor(figure), "map50": torch.tensor(figure)}, current_epoch=epoch)


def marked(learner, value):
    next(iter(learner.result.body.parameters())).data.fill_(value)
    return learner


def test_the_best_epoch_is_kept(tmp_path, learner):
    keeper, name = Keeper(tmp_path), next(iter(learner.result.body.state_dict()))
    for epoch, figure in enumerate([0.2, 0.6, 0.4]):
        keeper.on_validation_end(after(epoch, figure), marked(learner, float(epoch)))
    assert keeper.best == {"map50": pytest.approx(0.6), "map": pytest.approx(0.6), "epoch": 1.0}
    assert float(load_file(tmp_path / BEST)[name].flatten()[0]) == 1.0


def test_of_equal_epochs_the_later_is_kept(tmp_path, learner):
    keeper = Keeper(tmp_path)
    for epoch in range(3):
        keeper.on_validation_end(after(epoch, 0.0), learner)
    assert keeper.best["epoch"] == 2.0


def test_the_best_survives_a_restart(tmp_path, learner):
    first, second = Keeper(tmp_path), Keeper(tmp_path)
    first.on_validation_end(after(0, 0.6), learner)
    second.load_state_dict(first.state_dict())
    second.on_validation_end(after(1, 0.5), learner)
    assert second.best["epoch"] == 0.0


def test_a_checkpoint_is_never_half_written(tmp_path):
    def save(path):
        path.write_text("half")
        raise OSError("disk full")

    (tmp_path / CHECKPOINT).write_text("whole")
    with pytest.raises(OSError, match="disk full"):
        Keeper(tmp_path).on_train_epoch_end(SimpleNamespace(save_checkpoint=save))
    assert (tmp_path / CHECKPOINT).read_text() == "whole"


def test_weights_are_the_state_dict(tmp_path):
    module = torch.nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last)
    save_weights(module, tmp_path / "w.safetensors")
    state = load_file(tmp_path / "w.safetensors")
    assert all(torch.equal(state[key], value) for key, value in module.state_dict().items())
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
