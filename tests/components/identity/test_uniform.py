"""Roles from crops of the simulated ward, with a classifier that is trained here in seconds."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from components.contracts import UNKNOWN, InputError, Pace, Person, Sample, Tracks, digest_of
from components.identity.fused import Fused
from components.identity.uniform import Uniform
from components.models.role import Role
from components.samplers.fixed_rate import FixedRate
from components.sources.simulated import Simulated
from components.sources.ward import Ward
from components.training.augmentation import Augment
from components.training.fit import Lineage, fit
from components.training.trainer import Trainer

STAFF = tuple(
    Person(f"{role}_{n}", role, "Bay A", "00:00-00:00", 10 * i + n)
    for i, role in enumerate(["nurse", "doctor", "cleaner"])
    for n in (1, 2, 3)
)
ROLES = ("nurse", "doctor", "cleaner", "visitor")


@dataclass(frozen=True)
class Memory:
    train: list
    val: list
    digest: str = "memory"
    chain: tuple = ()
    chain_digest: str = digest_of([])

    def split(self, name):
        return {"train": self.train, "val": self.val}[name]


def seen(start, seconds, rate):
    camera = Simulated(
        "bay", location="", ward=Ward(1, staff=STAFF, visitors=3), position=(7.2, 4.7, 2.7), look_at=(3.4, 1.2, 0.5),
        hfov=86.0, width=640, height=360, start=start, seconds=seconds,
    )  # fmt: skip
    for frame in camera.frames(FixedRate(rate)):
        yield frame, camera.truth(frame.time)


def sample(frame, truth):
    labels = np.zeros(len(truth.people), np.int64)
    return Sample(frame.image, truth.boxes, labels, truth.visibility, "bay", frame.time, truth.people, truth.roles)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    samples = [sample(*pair) for pair in seen("2026-03-02T11:00:00+00:00", 300.0, 0.3)]
    trainer = Trainer(epochs=1, epoch_steps=60, batch_size=16, learning_rate=0.004, ema=0.9, min_visibility=0.5, threads=1)
    trained = fit(
        Role("test_resnet", roles=ROLES, size=(32, 64)), dataset=Memory(samples, samples[::4]), augmentation=Augment(flip=0.5),
        trainer=trainer, seed=0, folder=tmp_path_factory.mktemp("role"), lineage=Lineage(config="c", commit=""),
    )  # fmt: skip
    torch.set_num_threads(before)
    return str(trained.folder / "model.onnx")


def tracks_of(truth):
    rows = np.flatnonzero(truth.visibility > 0.5)
    boxes = truth.boxes[rows]
    return [truth.roles[row] for row in rows], Tracks(rows.astype(np.int64), boxes, np.ones(len(rows), np.float32))


def test_uniforms_of_another_time_are_recognised(weights):
    uniform, right = Uniform(weights), []
    for frame, truth in seen("2026-03-02T14:00:00+00:00", 120.0, 0.3):
        roles, tracks = tracks_of(truth)
        for said in uniform.look(frame, tracks, range(len(tracks))):
            right.append(said.says == f"uniform of {roles[said.row]}")
            assert 0.25 <= said.score <= 1
            assert said.people == {}
            assert max(map(abs, said.roles.values())) <= 3
    assert len(right) > 30
    assert np.mean(right) > 0.85


def test_all_crops_of_a_frame_are_one_run_and_only_those_that_are_due(weights, monkeypatch):
    uniform, runs = Uniform(weights), []
    shares = uniform.shares
    monkeypatch.setattr(uniform, "shares", lambda pictures: runs.append(len(pictures)) or shares(pictures))
    frame, truth = next(pair for pair in seen("2026-03-02T14:00:00+00:00", 60.0, 1.0) if len(pair[1].people) > 2)
    tracks = Tracks(np.arange(3), truth.boxes[:3], np.ones(3, np.float32))
    assert [said.row for said in uniform.look(frame, tracks, [0, 2])] == [0, 2]
    assert uniform.look(frame, tracks, []) == []
    assert runs == [2]


def test_people_outside_the_picture_or_tiny_have_no_uniform(weights, scene):
    frame, _ = scene([(100, None)])
    boxes = np.array([[-90, 0, -10, 200], [100, 60, 106, 300]], np.float32)
    assert Uniform(weights).look(frame, Tracks(np.arange(2), boxes, np.ones(2, np.float32)), [0, 1]) == []


def test_a_role_is_known_before_a_name(weights):
    who = Fused(roster=STAFF, evidence={"uniform": Uniform(weights, pace=Pace(0.0, 0.0, 1.0))}, role_confidence=0.8)
    right = []
    for frame, truth in seen("2026-03-02T14:10:00+00:00", 30.0, 2.0):
        roles, tracks = tracks_of(truth)
        named = who.identify(frame, tracks)
        assert set(named.people) <= {UNKNOWN}
        right += [said == role for said, role in zip(named.roles, roles, strict=True) if said != UNKNOWN]
    assert len(right) > 20
    assert np.mean(right) > 0.85


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"role.onnx: there is no such file.* flows.train model=role_resnet18"):
        Uniform(str(tmp_path / "role.onnx"))


@pytest.mark.parametrize("card", ["", "[]", json.dumps({"format": "yolov8", "classes": ["person"]}), '{"format": "roles"}'])
def test_the_card_of_something_else_is_refused(tmp_path, card):
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "model.json").write_text(card)
    with pytest.raises(InputError, match="not the card of a role classifier"):
        Uniform(str(tmp_path / "model.onnx"))


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    (tmp_path / "model.json").write_text(json.dumps({"format": "roles", "classes": ROLES, "input": {"width": 32, "height": 64}}))
    with pytest.raises(InputError, match="not an ONNX file that ONNX Runtime can open"):
        Uniform(str(tmp_path / "model.onnx"))


def test_a_limit_that_makes_no_sense_is_refused(weights):
    with pytest.raises(InputError, match="limit is 0"):
        Uniform(weights, limit=0)
