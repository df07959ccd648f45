import cv2
import numpy as np
import pytest

from components.calibration.points import find_markers, read_points
from components.contracts import InputError
from components.geometry import transform_points

TO_PICTURE = np.array([[120.0, 8.0, 100.0], [5.0, 90.0, 60.0], [0.0, 0.05, 1.0]])  # metres -> pixels
PLACES = {3: (1.0, 1.0), 7: (4.0, 1.0), 11: (1.0, 4.0), 12: (4.5, 4.5)}


@pytest.mark.parametrize("text", ["u,v,x,y\n1,2,3,4\n\n5.5,6,7,8\n", " 1, 2, 3, 4\n5.5,6,7,8"])
def test_points_are_read_with_and_without_a_header(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    points = read_points(tmp_path / "c.csv")
    assert points.pixels.tolist() == [[1, 2], [5.5, 6]] and points.floor.tolist() == [[3, 4], [7, 8]]
    assert len(points.names) == 2 and points.names[0].startswith("line ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n", "line 1: 3 values"),
        ("u,v,x,y\n1,2,3,d\n", "line 2: could not convert"),
        ("1,2,3,nan\n", "finite"),
        (None, "No such"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, said):
    if text is not None:
        (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match=rf"c\.csv.*{said}.*u,v,x,y"):
        read_points(tmp_path / "c.csv")


def picture(places):
    """Markers of 0.6 m that lie on a floor, seen from the side."""
    image = np.full((640, 900, 3), 200, np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, (x, y) in places.items():
        marker = cv2.copyMakeBorder(cv2.aruco.generateImageMarker(dictionary, number, 60), 10, 10, 10, 10, 0, value=255)
        metres = np.array([[0.01, 0, x - 0.4], [0, 0.01, y - 0.4], [0, 0, 1]])
        size, at = (900, 640), TO_PICTURE @ metres
        mask = cv2.warpPerspective(np.full_like(marker, 255), at, size)
        image[mask > 0] = cv2.warpPerspective(marker, at, size)[mask > 0][:, None]
    return image


def listed(path, places):
    path.write_text("id,x,y\n" + "".join(f"{i},{x},{y}\n" for i, (x, y) in places.items()))
    return path


def test_the_middles_of_printed_markers_are_points(tmp_path):
    found = find_markers(listed(tmp_path / "m.csv", {**PLACES, 40: (9.0, 9.0)}), picture(PLACES), dictionary="4x4_50")
    assert found.names == ("marker 3", "marker 7", "marker 11", "marker 12")
    assert found.floor.tolist() == [list(place) for place in PLACES.values()]
    pixel = np.linalg.norm(found.pixels - transform_points(TO_PICTURE, found.floor), axis=1)
    assert pixel.max() < 2


def test_too_few_markers_are_counted(tmp_path):
    three = dict(list(PLACES.items())[:3])
    with pytest.raises(InputError, match=r"of 4 markers \[3, 7, 11\] can be seen .*at least 4"):
        find_markers(listed(tmp_path / "m.csv", PLACES), picture(three), dictionary="4x4_50")
