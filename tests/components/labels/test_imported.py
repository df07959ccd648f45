from __future__ import annotations

import numpy as np
import pytest

from components.contracts import InputError, Rejected, Truth
from components.labels.imported import Imported
from components.labels.places import ByRegistry
from components.labels.table import bound
from tests.components.labels.conftest import HERE, SECOND, TEN, THERE, frame, segment


@pytest.fixture
def labels(world, export):
    """Builds a labeller of the set `march`."""
    table = bound(export, ByRegistry(world.database))

    def build(*, state="reviewed", **words) -> Imported:
        world.sets.add(table, name="march", state=state, owner="ann", how="")
        return Imported(set="march", storage=world.storage, database=world.database, **words)

    return build


def test_a_frame_has_the_labels_of_its_time(labels) -> None:
    labeller = labels()
    truth = labeller.label(segment(), frame(1.001))
    assert isinstance(truth, Truth) and truth.people == ("ann",) and truth.roles == ("nurse",)
    assert truth.boxes.tolist() == [[10, 21, 50, 120]] and truth.visibility.tolist() == [0.75]
    assert np.allclose(truth.floor, [[0.3, 1.2]])  # the foot point by the camera's homography
    empty = labeller.label(segment(), frame(3))
    assert isinstance(empty, Truth) and empty.people == () and empty.boxes.shape == (0, 4)
    assert len(labeller.label_set) == 64


@pytest.mark.parametrize(("word", "expected"), [("keep", None), ("leave_out", Rejected("unlabelled"))])
def test_a_frame_that_nobody_looked_at(labels, word, expected) -> None:
    assert labels(unlabelled=word).label(segment(), frame(1.5)) == expected


def test_what_is_proposed_is_used_only_where_that_is_said(labels) -> None:
    with pytest.raises(InputError, match="march"):
        labels(state="proposed").label(segment(), frame(0))
    assert isinstance(labels(state="proposed", accept=("reviewed", "proposed")).label(segment(), frame(0)), Truth)


def test_labels_of_a_moved_camera_are_refused_with_what_to_label_again(labels, world) -> None:
    labeller = labels()
    world.registry.add_camera(THERE, "north", TEN + 2 * SECOND)
    with pytest.raises(InputError) as error:
        labeller.label(segment(), frame(0))
    said = str(error.value)
    assert "2 frames of camera cam from 2026-03-02 10:00:02 to 2026-03-02 10:00:03" in said
    assert HERE.version[:12] in said and THERE.version[:12] in said and "labels.stale=filter" in said


def test_labels_of_a_moved_camera_can_be_left_out(labels, world) -> None:
    world.registry.add_camera(THERE, "north", TEN + 2 * SECOND)
    labeller = labels(stale="filter")
    assert [found.frames for found in labeller.stale(["cam"])] == [2] and labeller.stale(["other"]) == []
    assert isinstance(labeller.label(segment(), frame(1)), Truth)
    assert labeller.label(segment(), frame(2)) == Rejected("stale_label")
    assert labeller.label(segment(THERE), frame(2, THERE)) == Rejected("stale_label")


def test_a_move_after_all_labels_makes_none_of_them_stale(labels, world) -> None:
    world.registry.add_camera(THERE, "north", TEN + 4 * SECOND)
    assert isinstance(labels().label(segment(), frame(2)), Truth)
