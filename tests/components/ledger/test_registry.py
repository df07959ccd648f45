"""Files that a version is given later belong to it as those of the beginning do."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.ledger.mlflow import Digests, Mlflow


@pytest.fixture
def ledger(tmp_path, with_tables):
    with_tables(tmp_path)
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


def test_what_was_found_of_a_version_is_a_part_of_its_description_that_is_replaced(ledger):
    def description():
        return ledger._client.get_model_version("staff_detector", "1").description

    ledger._client.update_model_version("staff_detector", "1", "# staff_detector\n\nWhat it is.\n\n## Licence\n\nYours.\n")
    for heading, figure in (("Evaluated on test", "0.8"), ("Evaluated on val", "0.7"), ("Evaluated on test", "0.9")):
        with ledger.open("evaluate", [], {"seed": 0}) as run:
            run.evaluated("staff_detector/1", heading, figure)
    assert description() == (
        "# staff_detector\n\nWhat it is.\n\n## Licence\n\nYours.\n\n## Evaluated on test\n\n0.9\n\n## Evaluated on val\n\n0.7\n"
    )
