from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.marked import Box, Export, Marked
from components.labels.places import ByDataset, ByFrame, ByRegistry
from components.labels.table import bound
from tests.components.labels.conftest import HERE, SECOND, TEN, THERE, segment


def test_a_name_says_camera_and_time_and_the_registry_the_version(world) -> None:
    world.registry.add_camera(THERE, "north", TEN + 5 * SECOND)
    place = ByRegistry(world.database)
    assert place(Marked("f", f"cam-{TEN}", ())).version == HERE.version
    assert place(Marked("f", f"cam-{TEN + 5 * SECOND}", ())).version == THERE.version


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("holiday", "name is 'holiday'; expected CAMERA-TIME"),
        ("", "no names of pictures; give pictures=frames"),
        (f"other-{TEN}", "knows no camera other"),
        ("cam-5", "knows no camera cam at 5 ns"),
    ],
)
def test_a_picture_that_is_not_known(world, name: str, says: str) -> None:
    with pytest.raises(InputError, match=f"labels file, entry 7: .*{says}"):
        ByRegistry(world.database)(Marked("file, entry 7", name, ()))


def test_a_dataset_says_how_its_pictures_were_made(world) -> None:
    row = {"camera_version": "v", "to_native": [2, 0, 0.5, 0, 2, 0.5, 0, 0, 1], "width": 320, "height": 240}
    place = ByDataset("d" * 64, {f"cam-{TEN}": row})
    table = bound(Export((Marked("f", f"cam-{TEN}", (Box((0.0, 0.0, 0.5, 1.0)),), shares=True),)), place)
    assert [table[name][0].as_py() for name in ("x1", "y1", "x2", "y2")] == [0, 0, 320, 480]
    with pytest.raises(InputError, match="dataset dddddddddddd has no picture"):
        place(Marked("f", f"cam-{TEN + 1}", ()))
    with pytest.raises(InputError, match="640x480; expected 320x240"):
        bound(Export((Marked("f", f"cam-{TEN}", (), size=(640, 480)),)), place)


def test_frames_are_counted_through_all_footage_of_the_camera() -> None:
    segments = [segment(), segment(THERE)]
    place = ByFrame("cam", segments, lambda one: [TEN, TEN + SECOND] if one.camera == HERE else [TEN + 9 * SECOND], first=1)
    assert place(Marked("f", "", (), number=0)).time == TEN + SECOND
    assert place(Marked("f", "", (), number=1)).version == THERE.version
    with pytest.raises(InputError, match="frame 3 of camera cam, counted from 0; expected at most 2"):
        place(Marked("f", "", (), number=2))
    with pytest.raises(InputError, match="expected pictures=keys"):
        place(Marked("f", "cam-1", ()))


def test_a_picture_that_is_there_twice(world) -> None:
    twice = Export(tuple(Marked(f"entry {n}", f"cam-{TEN}", ()) for n in range(2)))
    with pytest.raises(InputError, match=r"entry 1: .*twice, first in entry 0"):
        bound(twice, ByRegistry(world.database))


def test_shares_of_a_picture_of_unknown_size(world) -> None:
    with pytest.raises(InputError, match="size nobody knows; give dataset="):
        bound(Export((Marked("f", f"cam-{TEN}", (Box((0, 0, 1, 1)),), shares=True),)), ByRegistry(world.database))
