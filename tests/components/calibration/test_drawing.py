import numpy as np

from components.calibration.drawing import draw
from components.calibration.fit import fit


def test_the_grid_and_the_points_are_in_the_picture(clicked, lens):
    points = clicked()
    points.pixels[4] += (60, -20)
    found = fit(points, camera="cam", matrix=lens.matrix, distortion=lens.distortion, size=lens.size)
    dark = np.zeros((540, 960, 3), np.uint8)
    picture = draw(dark, points, found)
    assert not dark.any() and picture.shape == dark.shape
    (u, v), (bad_u, bad_v) = np.rint(points.pixels[[0, 4]]).astype(int)
    assert picture[v - 8 : v + 8, u - 8 : u + 8, 1].max() > 200
    assert picture[bad_v - 8 : bad_v + 8, bad_u - 8 : bad_u + 8, 2].max() > 200
    assert (picture[:60, :, 0] > 0).mean() < 0.02, "no floor above the horizon"
    assert (picture[200:, :, 0] > 0).mean() > 0.02
