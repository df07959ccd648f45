from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.places import ByRegistry
from components.labels.table import bound
from components.storage import layout


@pytest.fixture
def table(world, export):
    return bound(export, ByRegistry(world.database))


def test_the_same_labels_twice_are_one_set_and_it_is_said(world, table) -> None:
    first, news = world.sets.add(table, name="march", state="reviewed", owner="ann", how="coco labels.json")
    again, changed = world.sets.add(table, name="other", state="reviewed", owner="bob", how="coco copy.json")
    assert (news, changed) == (True, False) and again == first
    assert (first.frames, first.boxes, first.owner, first.parent) == (4, 3, "ann", "")
    assert first.views == (
        {"camera": "cam", "version": table["camera_version"][0].as_py(), "frames": 4, "first": table["time"][0].as_py(),
         "last": table["time"][-1].as_py()},
    )  # fmt: skip
    assert world.sets.read(first) == table


def test_a_name_is_its_newest_set_and_what_is_proposed_is_another(world, table) -> None:
    old, _ = world.sets.add(table, name="march", state="proposed", owner="hog", how="")
    new, _ = world.sets.add(table, name="march", state="reviewed", owner="ann", how="", parent=old.digest)
    assert old.digest != new.digest and new.parent == old.digest
    assert world.sets.named("march") == new == world.sets.newest("march")
    assert world.sets.named("march", states=("proposed",)) == old
    assert world.sets.named(old.digest[:10]) == old


@pytest.mark.parametrize("word", ["april", "abc", "ffffff"])
def test_a_name_that_nobody_has_given(word: str, world, table) -> None:
    world.sets.add(table, name="march", state="reviewed", owner="ann", how="")
    with pytest.raises(InputError, match=f"labels '{word}': 0 sets .*expected one of march"):
        world.sets.named(word)


def test_rows_that_were_changed_behind_our_back_are_refused(world, table) -> None:
    from components.labels.table import to_bytes

    found, _ = world.sets.add(table, name="march", state="reviewed", owner="ann", how="")
    world.storage.write(layout.labels(found.digest), to_bytes(table.slice(1)))
    with pytest.raises(InputError, match="not those of its digest"):
        world.sets.read(found)


def test_nothing_is_no_set(world, table) -> None:
    with pytest.raises(InputError, match="no picture"):
        world.sets.add(table.slice(0, 0), name="march", state="reviewed", owner="ann", how="")
