"""What a training says on its way."""

import logging
from types import SimpleNamespace

import torch

from components.training.report import Report


class Entries:
    id = "run"

    def __init__(self):
        self.rows, self.files = [], []

    def metrics(self, values, step):
        self.rows.append((values, step))

    def artifacts(self, folder, path=""):
        self.files.append((path, sorted(file.name for file in folder.iterdir())))


def machine(step, epoch=1):
    """A Lightning trainer, as far as the report looks at it."""
    figures = {"map50": torch.tensor(0.75), "map": torch.tensor(0.5)}
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.002}])
    return SimpleNamespace(global_step=step, current_epoch=epoch, max_epochs=3, callback_metrics=figures, optimizers=[optimizer])


def learner():
    """What is trained, as far as the report looks at it."""
    return SimpleNamespace(losses=SimpleNamespace(means=lambda: {"loss": 1.5, "loss.box": 0.5}))


def reports(folder, *, run=None, progress=None):
    return Report(run=run, progress=progress, steps=9, length=3, pictures=4, folder=folder)


def test_every_batch_is_told_in_pictures(tmp_path):
    seen = []
    report = reports(tmp_path, progress=lambda *at: seen.append(at))
    for _ in range(2):
        report.on_train_batch_end(machine(0))
    report.on_train_epoch_start(machine(0, epoch=2))
    report.on_train_batch_end(machine(0, epoch=2))
    assert seen == [(16, 36), (20, 36), (28, 36)]


def test_every_epoch_is_a_line_and_a_row(tmp_path, caplog):
    entries = Entries()
    with caplog.at_level(logging.INFO):
        reports(tmp_path, run=entries).on_train_epoch_end(machine(6), learner())
    values, step = entries.rows[0]
    assert values.pop("pictures_per_second") == 0.0
    assert (values, step) == ({"loss": 1.5, "loss.box": 0.5, "map50": 0.75, "map": 0.5, "learning_rate": 0.002}, 6)
    assert caplog.messages == ["epoch 2/3: step 6/9, 0.0 pictures/s, loss 1.50, validation mAP50 0.750, mAP 0.500, 0 s"]


def test_curves_are_drawn_at_the_end_with_the_epochs_before_an_interruption(tmp_path):
    entries, before = Entries(), reports(tmp_path)
    before.on_train_epoch_end(machine(3, epoch=0), learner())
    after = reports(tmp_path / "drawn", run=entries)
    after.load_state_dict(before.state_dict())
    after.on_train_epoch_end(machine(6), learner())
    after.on_train_end()
    assert [row["epoch"] for row in after.rows] == [1.0, 2.0]
    assert entries.files == [("training", ["curves.png"])]


def test_nothing_is_drawn_of_what_did_not_begin(tmp_path):
    entries = Entries()
    reports(tmp_path, run=entries).on_exception()
    assert not entries.files


def test_nobody_needs_to_listen(tmp_path):
    report = reports(tmp_path)
    report.on_train_batch_end(machine(1))
    report.on_train_epoch_end(machine(1), learner())
    report.on_train_end()
    assert not list(tmp_path.iterdir())
