"""Two processes that learn one network, and what is said where they cannot."""

import os
import signal
from multiprocessing import active_children
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from components.contracts import InputError
from components.training.augmentation import Augment
from components.training.fit import Lineage, fit
from components.training.together import devices
from components.training.trainer import Trainer
from plugins.ultralytics.yolo import Yolo

SHORT = {"epochs": 2, "batch_size": 2, "image_size": (64, 32), "threads": 1}
processors = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two processes train on two processors")


class Entries:
    id = "run"

    def __init__(self):
        self.rows, self.files = [], []

    def metrics(self, values, step):
        self.rows.append((step, values))

    def artifacts(self, folder, path=""):
        self.files.append((path, sorted(file.name for file in folder.iterdir())))


def train(folder: Path, dataset, *, progress=None, **words):
    trainer, seen, entries = Trainer(**SHORT, **words), [], Entries()
    trained = fit(
        Yolo("yolov8n"), dataset=dataset, augmentation=Augment(flip=0.5), trainer=trainer, seed=0, folder=folder,
        lineage=Lineage(config="c" * 64, commit="abc"), run=entries, progress=progress or (lambda *at: seen.append(at)),
    )  # fmt: skip
    assert [names for _, names in entries.files] == [["pictures.png"], ["curves.png", "pictures.png"]]
    return trained, seen, entries.rows


@processors
def test_two_processes_learn_what_one_learns_from_steps_of_two_batches(tmp_path, memory):
    """The same pictures in the same steps, bit for bit; only what normalisation counts is counted by each, and levelled."""
    alone, _, rows = train(tmp_path / "one", memory(train=8, val=5), accumulate=2)
    both, seen, its = train(tmp_path / "two", memory(train=8, val=5), devices=2)
    assert seen[-1] == (16, 16)
    assert [step for step, _ in its] == [step for step, _ in rows] == [2, 4, 4]
    assert its[0][1]["loss"] == pytest.approx(rows[0][1]["loss"])
    one, two = (load_file(trained.folder / "weights.safetensors") for trained in (alone, both))
    assert all(torch.equal(one[name], two[name]) for name in one if "running" not in name and "num_batches" not in name)
    assert list(both.folder.parent.iterdir()) == [both.folder]


@processors
def test_what_one_process_refuses_is_one_message_and_nobody_is_left(tmp_path, memory):
    with pytest.raises(InputError, match=r"trainer.devices is 2, and validation has 1 pictures"):
        train(tmp_path, memory(val=1), devices=2)


@processors
@pytest.mark.slow
def test_a_process_that_is_killed_is_one_message_and_the_next_call_ends_in_the_same_weights(tmp_path, memory):
    def kill(done, total):
        if done == 12:  # in the second epoch
            os.kill(active_children()[-1].pid, signal.SIGKILL)

    dataset = memory(train=8, val=5)
    with pytest.raises(InputError, match=r"a process of trainer.devices died .* it goes on after the last whole epoch"):
        train(tmp_path / "killed", dataset, devices=2, progress=kill)
    assert not active_children()
    resumed, seen, _ = train(tmp_path / "killed", dataset, devices=2)
    whole, _, _ = train(tmp_path / "whole", dataset, devices=2)
    assert seen == [(12, 16), (16, 16)]
    assert (resumed.folder / "weights.safetensors").read_bytes() == (whole.folder / "weights.safetensors").read_bytes()


def test_more_devices_than_there_are_get_one_message(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    said = r"trainer.devices is 5 with trainer.accelerator cpu, and this machine has 4 processors; .* set trainer.devices=4"
    with pytest.raises(InputError, match=said):
        devices(Trainer(epochs=1, devices=5))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match=r"trainer.devices is 3 with trainer.accelerator gpu, and this machine has 2 GPUs"):
        devices(Trainer(epochs=1, devices=3, accelerator="gpu"))


def test_auto_takes_all_gpus_or_one_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [devices(Trainer(epochs=1, devices="auto", accelerator=kind)) for kind in ("gpu", "auto", "cpu")] == [2, 2, 1]


def test_no_device_at_all_is_refused():
    with pytest.raises(InputError, match=r"trainer.devices is 0; expected a number above 0, or auto"):
        Trainer(epochs=1, devices=0)
