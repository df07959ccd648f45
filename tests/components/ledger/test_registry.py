"""Files that a version is given later belong to it as those of the beginning do."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.ledger.mlflow import Digests, Mlflow


@pytest.fixture
def ledger(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.onnx").write_text("weights")
    made = Mlflow(f"sqlite:///{tmp_path}/mlflow.db", experiment="test")
    with made.open("train", [], {"seed": 0}) as run:
        run.artifacts(folder, path="model")
        made.register(run, name="staff_detector", folder=folder, digests=Digests(cameras="", chain="", dataset="", config=""))
    return made


def test_further_files_are_fetched_checked_and_never_changed(ledger, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    (more / "model.f32.xml").write_text("graph")
    (more / "model.f32.bin").write_text("tensors")
    names = ["model.f32.xml", "model.f32.bin"]
    before = ledger.resolve("models:/staff_detector/1", folder=tmp_path / "cache")
    ledger.attach("staff_detector", version="1", folder=more, names=names)
    found = ledger.resolve("models:/staff_detector/1", folder=tmp_path / "cache")
    assert set(found.sums) - set(before.sums) == set(names)
    assert (found.folder / "model.f32.bin").read_text() == "tensors"
    ledger.attach("staff_detector", version="1", folder=more, names=names)
    (more / "model.f32.bin").write_text("others")
    with pytest.raises(InputError, match=r"staff_detector/1: model.f32.bin is there with other content"):
        ledger.attach("staff_detector", version="1", folder=more, names=names)
    (found.folder / "model.f32.bin").write_text("changed here")
    again = ledger.resolve("models:/staff_detector/1", folder=tmp_path / "cache")
    assert (again.folder / "model.f32.bin").read_text() == "tensors"
