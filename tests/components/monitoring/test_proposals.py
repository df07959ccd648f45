from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, InputError, Segment
from components.database.database import Database
from components.database.registry import Registry
from components.database.segments import Segments
from components.monitoring.moved import Moved
from components.monitoring.proposals import Proposals
from tests.components.monitoring.conftest import SECOND, TEN

HERE = Camera("cam", "Desk", ((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
MAPPING = ((1.0, 0.0, -20.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
FOUND = Moved(HERE, TEN + 29 * SECOND, TEN + 30 * SECOND, 20.0, 0.2, 0.9, MAPPING, "80 features agree")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    Registry(database).add_camera(HERE, "north", TEN)
    for start in (0, 25, 50):
        piece = Segment(HERE, f"{start:064}", TEN + start * SECOND, TEN + (start + 25) * SECOND, 25, f"raw/{start}.mkv")
        Segments(database).add(piece, "h264", 1)
    yield database
    database.close()


def test_a_move_is_noted_once(database) -> None:
    proposals = Proposals(database)
    assert proposals.add(FOUND) and not proposals.add(FOUND)
    (one,) = proposals.all()
    assert (one.camera, one.version, one.moved, one.pixels, one.reliable, one.state) == (
        "cam", HERE.version, TEN + 30 * SECOND, 20.0, True, "proposed",
    )  # fmt: skip


def test_an_accepted_move_is_a_new_version_and_footage_since_is_of_it(database) -> None:
    proposals = Proposals(database)
    proposals.add(FOUND)
    done = proposals.accept("cam", who="ann")
    assert (done.since, done.segments, done.across, done.site) == (TEN + 30 * SECOND, 1, 1, "north")
    expected = np.array(HERE.homography) @ np.array(MAPPING)
    assert np.allclose(done.camera.homography, expected / np.linalg.norm(expected))
    old, new = Registry(database).versions("cam")
    assert (old.camera, old.valid_until, new.camera, new.valid_from) == (HERE, done.since, done.camera, done.since)
    assert [segment.camera for segment in Segments(database).valid(["cam"])] == [HERE, HERE, done.camera]
    assert [(one.state, one.decided_by) for one in proposals.all()] == [("accepted", "ann")]
    with pytest.raises(InputError, match="nothing is proposed about it"):
        proposals.accept("cam", who="ann")


def test_a_move_that_is_refused_changes_nothing(database) -> None:
    proposals = Proposals(database)
    proposals.add(FOUND)
    assert proposals.refuse("cam", who="bob").state == "refused"
    (version,) = Registry(database).versions("cam")
    assert version.camera == HERE and proposals.refused(version) == FOUND.moved
    assert not proposals.add(FOUND)


def test_a_move_without_a_mapping_needs_one_of_somebody_else(database) -> None:
    proposals = Proposals(database)
    proposals.add(replace(FOUND, mapping=None, pixels=float("nan"), metres=float("nan")))
    (one,) = proposals.all()
    assert one.pixels is None and one.metres is None and not one.reliable
    with pytest.raises(InputError, match=r"flows.calibrate camera=cam, and give homography=FILE"):
        proposals.accept("cam", who="ann")
    assert proposals.all() == [one]
    placed = replace(HERE, homography=((0.02, 0, 0), (0, 0.02, 0), (0, 0, 1)))
    assert proposals.accept("cam", who="ann", placed=placed).camera == placed


def test_somebody_who_knows_better_enters_a_move_by_hand(database) -> None:
    proposals = Proposals(database)
    placed = replace(HERE, homography=((0.02, 0, 0), (0, 0.02, 0), (0, 0, 1)))
    done = proposals.enter(placed, TEN + 40 * SECOND, who="ann")
    assert (done.camera, done.segments, done.across) == (placed, 1, 1)
    assert [version.camera for version in Registry(database).versions("cam")] == [HERE, placed]
    assert [(one.state, one.decided_by, one.confidence) for one in proposals.all()] == [("accepted", "ann", 1.0)]
    with pytest.raises(InputError, match="hung so at that time already"):
        proposals.enter(placed, TEN + 45 * SECOND, who="ann")
    with pytest.raises(InputError, match="the registry knows none at 5 ns"):
        proposals.enter(placed, 5, who="ann")


def test_a_version_that_holds_no_more_is_not_replaced(database) -> None:
    proposals = Proposals(database)
    proposals.add(FOUND)
    Registry(database).add_camera(replace(HERE, location="Door"), "north", TEN + 10 * SECOND)
    with pytest.raises(InputError, match="does not hold at the proposed moment any more"):
        proposals.accept("cam", who="ann")
