from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from components.datasets import difference as module
from components.datasets.dataset import StoredDataset
from components.datasets.difference import Hour, difference, recipes
from components.storage.storage import Storage
from tests.made_datasets import RECIPE, SECOND, START, Shot, make, png, shots

HOUR = START // (3600 * SECOND)


def compared(folder: Path, before: list[Shot], after: list[Shot]):
    storage = Storage(str(folder))
    return difference(*(StoredDataset(make(folder, frames), storage=storage) for frames in (before, after)))


def test_frames_that_came_went_and_changed_by_camera_and_hour(tmp_path: Path) -> None:
    before = shots()
    after = [frame for frame in before if frame.key != f"a-{START}"]  # one went
    after[0] = replace(after[0], picture=png(7))  # one has another picture, one another split, one is turned away now
    after[1] = replace(after[1], split="test")
    after[2] = replace(after[2], reason="dark")
    after.append(Shot("b", START + 3600 * SECOND, png(8)))
    after.append(Shot("c", START, png(9)))
    found = compared(tmp_path, before, after)
    assert found.hours == {
        ("a", HOUR): Hour(removed=2, changed=2, same=6),
        ("b", HOUR): Hour(same=10),
        ("b", HOUR + 1): Hour(added=1),
        ("c", HOUR): Hour(added=1),
    }
    assert found.changes == {"picture": 1, "split": 1} and found.reasons == {"dark": 1}
    assert found.examples[:2] == [("a", START, "removed"), ("a", START + SECOND, "other picture")]
    assert found.recipe == []


def test_the_other_way_round_is_the_opposite(tmp_path: Path) -> None:
    before, after = shots(), shots(13, "bc")
    there, back = compared(tmp_path, before, after), compared(tmp_path / "again", after, before)
    assert (there.total("added"), there.total("removed")) == (back.total("removed"), back.total("added")) == (16, 10)
    assert there.total("same") + there.total("changed") == 10


def test_nothing_differs_from_itself(tmp_path: Path) -> None:
    digest = make(tmp_path, shots())
    dataset = StoredDataset(digest, storage=Storage(str(tmp_path)))
    found = difference(dataset, dataset)
    assert (found.total("same"), found.changes, found.examples, found.recipe) == (20, {}, [], [])


@pytest.mark.parametrize("step", [1, 3, 7])
def test_it_does_not_matter_how_long_manifests_are_cut(tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = shots(11, "abd"), [*shots(9, "bcd"), Shot("a", START + 5 * SECOND, png(3))]
    whole = compared(tmp_path, before, after)
    monkeypatch.setattr(module, "STEP", step)
    monkeypatch.setattr("components.datasets.rows.STEP", step)
    assert compared(tmp_path / "again", before, after).hours == whole.hours


def test_recipes_are_compared_key_by_key() -> None:
    other = {
        **RECIPE,
        "chain": [{"_target_": "components.preprocessing.gray.Gray", "keep": 1}],
        "sampling": {"fps": 7},
        "digest": "x",
    }
    assert recipes(RECIPE, other) == [("sampling.fps", 5, 7), ("chain[0].keep", None, 1)]
