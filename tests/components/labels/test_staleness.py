from __future__ import annotations

import numpy as np

from components.labels.places import ByRegistry
from components.labels.staleness import stale, versions_at
from components.labels.table import bound
from tests.components.labels.conftest import HERE, SECOND, TEN, THERE


def test_labels_of_another_view_are_found_by_camera_view_and_time(world, export) -> None:
    table = bound(export, ByRegistry(world.database))
    assert stale(table, world.registry) == []
    world.registry.add_camera(THERE, "north", TEN + SECOND, valid_until=TEN + 3 * SECOND)
    (found,) = stale(table, world.registry)
    assert (found.camera, found.labelled, found.version, found.frames) == ("cam", HERE.version, THERE.version, 2)
    assert (found.first, found.last) == (TEN + SECOND, TEN + 2 * SECOND)
    assert stale(table, world.registry, cameras=["other"]) == []


def test_a_camera_that_was_taken_down_has_no_view(world, export) -> None:
    table = bound(export, ByRegistry(world.database))
    world.registry.remove_camera("cam", TEN + 2 * SECOND)
    (found,) = stale(table, world.registry)
    assert found.version == "" and "none that the registry knows" in str(found)


def test_versions_at_times(world) -> None:
    world.registry.add_camera(THERE, "north", TEN + SECOND)
    times = np.array([TEN - 1, TEN, TEN + SECOND - 1, TEN + SECOND])
    assert versions_at(times, world.registry.versions("cam")).tolist() == ["", HERE.version, HERE.version, THERE.version]
