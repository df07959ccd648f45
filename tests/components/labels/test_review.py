"""What is written for review is read again as what it was."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from components.contracts import InputError, Moment
from components.labels import table as tables
from components.labels.places import ByRegistry
from components.labels.review import Wanted, write
from tests.components.labels.conftest import SECOND, TEN, frame


@pytest.mark.parametrize("tool", ["cvat_images", "label_studio"])
def test_a_review_that_changes_nothing(tool: str, world, export, tmp_path) -> None:
    table = tables.bound(export, ByRegistry(world.database))
    assert write((frame(n) for n in (0, 1, 2, 3, 4)), table, tmp_path / "review", tool) == 4
    assert len(list((tmp_path / "review" / "images").glob("cam-*.jpg"))) == 4
    file = tmp_path / "review" / "annotations.xml"
    if tool == "label_studio":  # what Label Studio exports after somebody has submitted the predictions as they are
        tasks = json.loads((tmp_path / "review" / "tasks.json").read_text())
        file = tmp_path / "export.json"
        file.write_text(json.dumps([{"data": task["data"], "annotations": task["predictions"]} for task in tasks]))
    read = importlib.import_module(f"components.labels.formats.{tool}").read(file, classes=["person"])
    again = tables.bound(read, ByRegistry(world.database))
    for name in ("camera", "time", "person", "role"):
        assert again[name].to_pylist() == table[name].to_pylist(), name
    for name in tables.BOX:
        assert np.abs(again[name].to_numpy() - table[name].to_numpy()).max() < 0.02
    with pytest.raises(InputError, match="not empty"):
        write([], table, tmp_path / "review", tool)


def test_only_the_frames_of_a_set_are_wanted() -> None:
    wanted = Wanted([TEN, TEN + SECOND])
    assert [wanted.keep(Moment("cam", TEN + off)) for off in (-1_000_000, 0, 5_000_000, SECOND, 3 * SECOND)] == [1, 1, 0, 1, 0]
