from __future__ import annotations

import numpy as np
import pytest

from components.contracts import InputError
from components.datasets.leaks import NAMES
from components.datasets.splits import ByBlock, ByCamera, ByTime, Splitter, Whole

VIEWS = {(camera, "1"): 100 for camera in ("bay_a", "bay_b", "corridor", "station")}
WHOLE = Whole((100, 200), VIEWS)
MINUTE = 60_000_000_000


def names(splitter: Splitter, times: list[int], whole: Whole = WHOLE, camera: str = "bay_a", version: str = "1") -> list[str]:
    return [NAMES[code] for code in splitter.of(camera, version, np.array(times, np.int64), whole)]


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1), (0.0, 0.0, 0.0)])
def test_shares_that_do_not_add_up_are_refused(shares: tuple[float, float, float]) -> None:
    for make in (ByTime, ByCamera, lambda *shares: ByBlock(10, *shares)):
        with pytest.raises(InputError, match="expected shares that add up to 1"):
            make(*shares)


def test_the_edges_of_stretches_of_time() -> None:
    assert names(ByTime(0.5, 0.25, 0.25), [100, 149, 150, 174, 175, 200]) == ["train", "train", "val", "val", "test", "test"]
    assert names(ByTime(1.0, 0.0, 0.0), [5], Whole((5, 5), VIEWS)) == ["train"]


def test_a_block_is_in_one_split_for_all_cameras_and_in_every_dataset() -> None:
    blocks = ByBlock(10, 0.6, 0.2, 0.2)
    times = [minute * MINUTE + 7 for minute in range(20_000)]
    first = names(blocks, times)
    assert first == names(blocks, times, Whole((0, 1), {}), camera="station")
    assert first[5000:6000] == names(blocks, times[5000:6000])
    assert all(len(set(first[at : at + 10])) == 1 for at in range(0, len(first), 10))
    assert [round(first.count(name) / len(first), 1) for name in NAMES] == [0.6, 0.2, 0.2]
    assert first != names(ByBlock(10, 0.6, 0.2, 0.2, seed=1), times)


def test_whole_cameras_are_held_out_and_all_of_their_versions() -> None:
    splitter = ByCamera(0.5, 0.25, 0.25)
    dealt = {camera: names(splitter, [1, 2], camera=camera) for camera, _ in VIEWS}
    assert all(len(set(found)) == 1 for found in dealt.values())
    assert sorted(found[0] for found in dealt.values()) == ["test", "train", "train", "val"]
    moved = Whole((0, 1), {**VIEWS, ("bay_a", "2"): 50})
    assert names(splitter, [1], moved, version="1") == names(splitter, [1], moved, version="2")
    apart = ByCamera(0.5, 0.25, 0.25, each="version")
    assert len(apart.dealt(moved)) == 5


def test_cameras_that_are_named_go_where_they_are_sent() -> None:
    splitter = ByCamera(0.5, 0.25, 0.25, named={"corridor": "test", "station": "val"})
    assert [names(splitter, [1], camera=camera)[0] for camera, _ in VIEWS] == ["train", "train", "test", "val"]
    with pytest.raises(InputError, match=r"splits\.named has cellar, .* such as bay_a, bay_b, corridor, station"):
        names(ByCamera(0.5, 0.25, 0.25, named={"cellar": "test"}), [1])


def test_one_camera_teaches() -> None:
    assert names(ByCamera(0.6, 0.2, 0.2), [1], Whole((0, 1), {("bay_a", "1"): 3})) == ["train"]
