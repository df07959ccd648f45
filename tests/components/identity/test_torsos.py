import numpy as np

from components.contracts import Tracks
from components.identity.torsos import Torsos
from components.preprocessing.resize import Resize


def test_a_torso_is_the_upper_part_enlarged(scene):
    torso = Torsos(*scene([(100, None)]))[0]
    assert (torso.corner, torso.factor, torso.gray.shape) == ((100, 84), 2, (240, 200))


def test_who_is_small_is_not_read(scene):
    frame, tracks = scene([(100, None)])
    tiny = Tracks(tracks.ids, np.array([[100, 60, 115, 300]], np.float32), tracks.scores)
    assert Torsos(frame, tiny)[0] is None


def test_a_thing_belongs_to_the_only_torso_that_it_lies_on(scene):
    frame, tracks = scene([(100, None), (150, None), (400, None)])
    torsos = Torsos(frame, tracks)
    left, middle = np.float32([[20, 40], [60, 80]]), np.float32([[140, 40], [180, 80]])
    assert torsos.alone(torsos[0], left)
    assert not torsos.alone(torsos[0], middle)


def test_boxes_are_native_whatever_the_picture(scene):
    frame, tracks = scene([(100, None)])
    torso = Torsos(Resize(width=320)(frame), tracks)[0]
    assert torso.corner == (50, 42)
