"""What a training says on its way."""

import logging
from types import SimpleNamespace

import torch

from components.training.report import Report


class Entries:
    id = "run"

    def __init__(self):
        self.rows = []

    def metrics(self, values, step):
        self.rows.append((values, step))


def machine(step):
    """A Lightning trainer, as far as the report looks at it."""
    figures = {"map50": torch.tensor(0.75), "map": torch.tensor(0.5)}
    return SimpleNamespace(global_step=step, current_epoch=1, max_epochs=3, callback_metrics=figures)


def learner():
    """What is trained, as far as the report looks at it."""
    return SimpleNamespace(losses=SimpleNamespace(mean=lambda: 1.5))


def test_every_step_is_told():
    seen = []
    report = Report(run=None, progress=lambda *at: seen.append(at), steps=9)
    for step in (1, 2):
        report.on_train_batch_end(machine(step))
    assert seen == [(1, 9), (2, 9)]


def test_every_epoch_is_a_line_and_a_row(caplog):
    entries = Entries()
    with caplog.at_level(logging.INFO):
        Report(run=entries, progress=None, steps=9).on_train_epoch_end(machine(6), learner())
    assert entries.rows == [({"loss": 1.5, "map50": 0.75, "map": 0.5}, 6)]
    assert caplog.messages == ["epoch 2/3: step 6/9, loss 1.50, validation mAP50 0.750, mAP 0.500, 0 s"]


def test_nobody_needs_to_listen():
    report = Report(run=None, progress=None, steps=9)
    report.on_train_batch_end(machine(1))
    report.on_train_epoch_end(machine(1), learner())
