"""Training end to end on real networks: learns, goes on after a kill, repeats itself bit for bit, says what is wrong."""

import json
import logging
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from components.contracts import InputError, digest_of, file_digest
from components.models.ssdlite import SsdLite, SsdLiteNetwork
from components.training.augmentation import Augment
from components.training.fit import Lineage, fit
from components.training.trainer import Trainer
from plugins.ultralytics.yolo import Yolo

ROOT = Path(__file__).resolve().parents[3]
TINY = Trainer(epochs=3, batch_size=4, image_size=(128, 64), learning_rate=0.002, threads=1)
CHANGES = Augment(flip=0.5, brightness=0.2)
LINEAGE = Lineage(config="c" * 64, commit="abc")


class Entries:
    """An open run that remembers."""

    id = "run"

    def __init__(self):
        self.rows, self.files = [], []

    def metrics(self, values, step):
        self.rows.append((step, values))

    def artifacts(self, folder, path=""):
        self.files.append((path, sorted(file.name for file in folder.iterdir())))


def train(folder, dataset, *, model=None, trainer=TINY, augmentation=CHANGES, seed=0, lineage=LINEAGE, **words):
    return fit(
        model or Yolo("yolov8n"),
        dataset=dataset,
        augmentation=augmentation,
        trainer=trainer,
        seed=seed,
        folder=folder,
        lineage=lineage,
        **words,
    )


def weights(trained):
    return file_digest(trained.folder / "weights.safetensors")


def test_a_handful_of_pictures_is_learned_by_heart(tmp_path, memory):
    trainer = Trainer(epochs=2, epoch_steps=60, batch_size=4, image_size=(128, 64), learning_rate=0.003, threads=1)
    trained = train(tmp_path, memory(train=4, val=4), trainer=trainer, augmentation=Augment())
    assert trained.metrics["map50"] > 0.9


def test_what_is_left_is_what_serving_needs(tmp_path, memory):
    entries, steps, dataset = Entries(), [], memory()
    trained = train(tmp_path, dataset, run=entries, progress=lambda *at: steps.append(at))
    assert trained.news
    assert sorted(path.name for path in trained.folder.iterdir()) == ["model.json", "model.onnx", "weights.safetensors"]
    assert list(trained.folder.parent.iterdir()) == [trained.folder]
    card = json.loads((trained.folder / "model.json").read_text())
    assert card["name"] == "yolov8n"
    assert card["format"] == "yolov8"
    assert card["input"] == {"width": 128, "height": 64, "color": "rgb", "scale": 1 / 255, "letterbox": "bottom-right-114"}
    assert card["classes"] == ["person"]
    assert (card["dataset"], card["config"], card["commit"]) == (dataset.digest, "c" * 64, "abc")
    assert (card["preprocessing"], card["preprocessing_digest"]) == (dataset.chain, dataset.chain_digest)
    assert card["onnx"] == file_digest(trained.folder / "model.onnx")
    assert card["weights"] == file_digest(trained.folder / "weights.safetensors")
    assert steps == [(4 * i, 24) for i in range(1, 7)]  # pictures
    assert [step for step, _ in entries.rows] == [2, 4, 6, 6]
    losses = {"loss", "loss.box", "loss.class", "loss.edge"}
    assert entries.rows[0][1].keys() == {*losses, "map50", "map", "learning_rate", "pictures_per_second"}
    assert entries.files == [("training", ["pictures.png"]), ("training", ["curves.png", "pictures.png"])]
    assert entries.rows[-1][1]["map50"] == trained.metrics["map50"]


def test_a_finished_training_is_found_again(tmp_path, memory):
    first = train(tmp_path, memory())
    again = train(tmp_path, memory(), progress=lambda *_: pytest.fail("trained again"))
    assert (again.folder, again.news) == (first.folder, False)
    assert again.metrics["map50"] == first.metrics["map50"]
    assert train(tmp_path, memory(), lineage=Lineage(config="e" * 64, commit="abc")).folder != first.folder


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(tmp_path, memory):
    torch.manual_seed(123)
    first = train(tmp_path / "a", memory())
    torch.manual_seed(456)
    assert weights(train(tmp_path / "b", memory())) == weights(first)
    assert weights(train(tmp_path / "c", memory(), seed=1)) != weights(first)


def test_the_callers_generator_and_threads_are_left_alone(tmp_path, memory):
    torch.manual_seed(5)
    torch.set_num_threads(2)
    state = torch.get_rng_state()
    train(tmp_path, memory(), trainer=Trainer(epochs=1, epoch_steps=1, batch_size=2, image_size=(64, 32), threads=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == 2
    assert logging.getLogger("pytorch_lightning").level != logging.ERROR


DIE = """
import os, signal, sys
sys.path[:0] = [{root!r}, {here!r}]
from dataclasses import dataclass, replace
from pathlib import Path
from conftest import Memory
from test_fit import train

def progress(done, total):
    if done == 4 * {step}:
        os.kill(os.getpid(), signal.SIGKILL)

train(Path({folder!r}), Memory(), progress=progress)
"""


@pytest.mark.parametrize("step", [1, 5])
def test_a_killed_training_goes_on_and_ends_in_the_same_weights(tmp_path, memory, step):
    """Killed in the first epoch (nothing kept yet) and in the last one (goes on after two)."""
    code = DIE.format(root=str(ROOT), here=str(Path(__file__).parent), folder=str(tmp_path / "killed"), step=step)
    died = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=200, check=False)
    assert died.returncode == -9, died.stderr
    steps = []
    resumed = train(tmp_path / "killed", memory(), progress=lambda *at: steps.append(at[0]))
    assert steps == ([4, 8, 12, 16, 20, 24] if step == 1 else [20, 24])
    assert weights(resumed) == weights(train(tmp_path / "undisturbed", memory()))


def test_finetuning_starts_from_what_was_learned(tmp_path, memory):
    first = train(tmp_path / "a", memory())
    still = Trainer(epochs=1, epoch_steps=1, batch_size=2, image_size=(128, 64), learning_rate=1e-9, ema=0.0, threads=1)
    again = train(
        tmp_path / "b", memory(), model=Yolo("yolov8n", weights=str(first.folder / "weights.safetensors")), trainer=still
    )
    before, after = (load_file(t.folder / "weights.safetensors") for t in (first, again))
    assert all(
        np.allclose(before[key], after[key], atol=1e-5) for key in before if "running" not in key and "num_batches" not in key
    )


def test_patience_ends_a_training_that_gets_no_better(tmp_path, memory):
    stuck = Trainer(epochs=50, epoch_steps=1, batch_size=2, image_size=(64, 32), learning_rate=1e-9, patience=2, threads=1)
    entries = Entries()
    train(tmp_path, memory(), trainer=stuck, run=entries)
    assert len(entries.rows) < 20


def test_a_time_limit_ends_after_a_whole_epoch(tmp_path, memory):
    short = Trainer(epochs=500, epoch_steps=1, batch_size=2, image_size=(64, 32), max_minutes=0.02, threads=1)
    entries = Entries()
    assert train(tmp_path, memory(), trainer=short, run=entries).news
    assert 1 <= len(entries.rows) < 100


def test_another_network_trains_through_the_same_loop(tmp_path, memory):
    assert train(
        tmp_path, memory(), model=SsdLite(), trainer=Trainer(epochs=1, batch_size=4, image_size=(128, 64), threads=1)
    ).news


def test_empty_splits_get_one_message(tmp_path, memory):
    for dataset, name in ((memory(train=0), "train"), (memory(val=0), "val")):
        with pytest.raises(InputError, match=rf"dataset {dataset.digest[:12]}: its {name} split is empty; prepare more footage"):
            train(tmp_path, dataset)


def test_a_size_that_the_network_cannot_take_gets_one_message(tmp_path, memory):
    with pytest.raises(InputError, match=r"image_size is \[100, 64\]; yolov8n needs multiples of 32, such as \[96, 64\]"):
        train(tmp_path, memory(), trainer=Trainer(epochs=1, image_size=(100, 64)))


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_gets_one_message(tmp_path, memory):
    with pytest.raises(
        InputError, match=r"trainer.accelerator is gpu, .* not on this machine .*; trainer.accelerator=cpu always works"
    ):
        train(tmp_path, memory(), trainer=Trainer(epochs=1, image_size=(64, 32), accelerator="gpu"))


def test_too_little_memory_says_what_to_lower(tmp_path, memory, monkeypatch):
    def full(self, batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(SsdLiteNetwork, "loss", full)
    with pytest.raises(
        InputError, match=r"out of memory with trainer.batch_size 4 at 128x64; set trainer.batch_size=2 trainer.accumulate=2"
    ):
        train(tmp_path, memory(), model=SsdLite())


def test_a_loss_that_is_no_number_says_what_to_lower(tmp_path, memory):
    wild = Trainer(epochs=1, epoch_steps=20, batch_size=4, image_size=(128, 64), learning_rate=1e30, threads=1)
    said = r"training: the loss is (nan|inf) in epoch 1, batch \d+ \(step \d+\), at learning rate .*; lower trainer.learning_rate"
    with pytest.raises(InputError, match=said):
        train(tmp_path, memory(), trainer=wild)
    assert not list(tmp_path.glob("*/model"))


def test_nothing_is_said_and_nobody_is_called(tmp_path, memory, monkeypatch, capsys):
    def connect(self, address):
        pytest.fail(f"opened a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "work", memory())
    out, err = capsys.readouterr()
    assert (out, err) == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_steps_of_several_batches_learn_as_one_large_batch_would_in_number_of_steps(tmp_path, memory):
    base = {"epochs": 2, "epoch_steps": 6, "batch_size": 2, "image_size": (64, 32), "threads": 1}
    trained = train(tmp_path, memory(), trainer=Trainer(**base, accumulate=3))
    assert trained.metrics["epoch"] in (0.0, 1.0)
    other = train(tmp_path / "other", memory(), trainer=Trainer(**base))
    assert (trained.folder / "weights.safetensors").read_bytes() != (other.folder / "weights.safetensors").read_bytes()


def test_a_figure_that_validation_does_not_give_is_named_before_anything_is_learned(tmp_path, memory):
    with pytest.raises(InputError, match=r"trainer.decisive is 'map5', no figure of .* \(did you mean 'map50'\?\)"):
        train(tmp_path, memory(), trainer=Trainer(epochs=1, image_size=(64, 32), decisive="map5"))


def test_processes_that_read_change_nothing(tmp_path, memory):
    base = {"epochs": 2, "epoch_steps": 3, "batch_size": 2, "image_size": (64, 32), "threads": 1}
    alone, others = (train(tmp_path / str(n), memory(), trainer=Trainer(**base, workers=n)) for n in (0, 2))
    assert weights(alone) == weights(others)


def test_half_the_bits_learn_too(tmp_path, memory):
    short = replace(TINY, epochs=1, image_size=(64, 32))
    exact, trained = (train(tmp_path / p, memory(), trainer=replace(short, precision=p)) for p in ("32-true", "bf16-mixed"))
    before, after = (load_file(t.folder / "weights.safetensors") for t in (exact, trained))
    assert all(tensor.isfinite().all() for tensor in after.values())
    assert not all(torch.equal(before[name], after[name]) for name in before)
    assert all(torch.allclose(before[name].float(), after[name].float(), atol=0.05) for name in before if "running" not in name)


def test_a_checkpoint_of_other_code_is_begun_anew(tmp_path, memory, caplog):
    dataset = memory()
    work = tmp_path / digest_of([LINEAGE.config, dataset.digest])[:16]
    work.mkdir()
    torch.save({"state_dict": {"model.old": torch.zeros(2)}, "optimizer_states": []}, work / "last.ckpt")
    seen = []
    assert train(tmp_path, dataset, trainer=replace(TINY, epochs=1), progress=lambda *at: seen.append(at)).news
    assert "is of other code or damaged" in caplog.text
    assert seen == [(4, 8), (8, 8)]


def test_a_training_that_diverges_says_where_its_best_weights_are(tmp_path, memory, monkeypatch):
    kept = SsdLiteNetwork.loss

    def diverging(self, batch):
        parts = kept(self, batch)
        diverging.calls += 1
        return parts if diverging.calls < 4 else {name: value * float("nan") for name, value in parts.items()}

    diverging.calls = 0
    monkeypatch.setattr(SsdLiteNetwork, "loss", diverging)
    said = r"the loss is nan in epoch 2, batch 2 .*\. The weights of epoch 1, the best so far, are kept: model.weights=(.*)$"
    with pytest.raises(InputError, match=said) as raised:
        train(tmp_path, memory(), model=SsdLite())
    path = str(raised.value).rpartition("=")[2]
    SsdLite(weights=path).build()


def test_labels_of_classes_that_detectors_do_not_know_are_refused(tmp_path, memory):
    @dataclass(frozen=True)
    class Cars(memory):
        def split(self, name):
            samples = super().split(name)
            return [replace(sample, labels=sample.labels + 2 * (i == 3)) for i, sample in enumerate(samples)]

    said = rf"dataset {Cars().digest[:12]}: camera cam1 at 3000000000 has labels of class 2, and detectors know 0 \(person\)"
    for words in ({}, {"cache_mb": 0}):
        with pytest.raises(InputError, match=said):
            train(tmp_path, Cars(), trainer=replace(TINY, **words))
