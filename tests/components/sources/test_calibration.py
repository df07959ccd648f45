from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import Calibration, Camera, InputError
from components.geometry import transform_points
from components.sources.calibration import fits, placed, read_calibration, read_lens, write_calibration

DOWN = Calibration(  # 3 m up, 30 degrees below the horizon, looking along y
    ((800.0, 0.0, 640.0), (0.0, 810.0, 360.0), (0.0, 0.0, 1.0)), (-0.2, 0.1, 0.001, -0.002, 0.01),
    ((1.0, 0.0, 0.0), (0.0, -0.5, -(0.75**0.5)), (0.0, 0.75**0.5, -0.5)), (0.0, 3 * 0.75**0.5, 1.5), (1280, 720),
)  # fmt: skip


def _plain(**change: object) -> dict[str, object]:
    names = ("matrix", "distortion", "rotation", "translation")
    return {**{name: getattr(DOWN, name) for name in names}, "resolution": {"width": 1280, "height": 720}, **change}


def _written(path: Path, **change: object) -> Path:
    path.write_text(json.dumps({key: value for key, value in _plain(**change).items() if value is not None}))
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_calibration(tmp_path / "c.json", DOWN)
    assert read_calibration(tmp_path / "c.json") == DOWN
    write_calibration(tmp_path / "c.json", replace(DOWN, size=(0, 0)))
    assert read_calibration(tmp_path / "c.json").size == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize("ending", ["json", "yml"])
def test_opencvs_own_files_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    file = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    file.write("image_width", 1280)
    file.write("image_height", 720)
    file.write("camera_matrix", np.array(DOWN.matrix))
    file.write("distortion_coefficients", np.array([DOWN.distortion]))
    file.write("rvec", cv2.Rodrigues(np.array(DOWN.rotation))[0])
    file.write("tvec", np.array([DOWN.translation]).T)
    file.release()
    found = read_calibration(path)
    assert (found.matrix, found.distortion, found.size) == (DOWN.matrix, DOWN.distortion, DOWN.size)
    assert np.array(found.rotation) == pytest.approx(np.array(DOWN.rotation))
    assert found.translation == pytest.approx(DOWN.translation)


def test_a_real_cameras_file_is_read(lab4: Path) -> None:
    found = [read_calibration(lab4 / f"calib_cam{n}.json") for n in range(4)]
    assert all(each.size == (1288, 728) and len(each.distortion) == 5 for each in found)
    assert [each.position[2] for each in found] == pytest.approx([2.9, 2.9, 2.9, 2.9], abs=0.16)


def test_a_calibration_says_where_a_pixel_is_on_the_floor() -> None:
    places = np.array([[0.0, 3.0, 0.0], [1.5, 5.0, 0.0], [-2.0, 8.0, 0.0]])
    rotation = cv2.Rodrigues(np.array(DOWN.rotation))[0]
    pixels, _ = cv2.projectPoints(places, rotation, np.array(DOWN.translation), np.array(DOWN.matrix), np.zeros(5))
    assert transform_points(DOWN.homography, pixels.reshape(-1, 2)) == pytest.approx(places[:, :2])
    assert DOWN.position == pytest.approx((0, 0, 3))


def test_a_camera_is_placed_by_its_file(tmp_path: Path) -> None:
    path = _written(tmp_path / "c.json")
    camera = placed("cam", "Desk", homography=None, calibration=str(path))
    assert camera == Camera("cam", "Desk", DOWN.homography, DOWN)
    with pytest.raises(InputError, match="both homography and calibration"):
        placed("cam", "", homography=DOWN.homography, calibration=str(path))


def test_pictures_of_another_size_are_refused() -> None:
    camera = Camera("cam", "", DOWN.homography, DOWN)
    fits(camera, (1280, 720))
    fits(replace(camera, calibration=None), (640, 360))
    with pytest.raises(InputError, match="cam: its calibration is for pictures of 1280x720, these are 640x360"):
        fits(camera, (640, 360))


def test_a_lens_needs_no_place(tmp_path: Path) -> None:
    lens = read_lens(_written(tmp_path / "c.json", rotation=None, translation=None, distortion=[]))
    assert (lens.matrix, lens.distortion, lens.size) == (DOWN.matrix, (), (1280, 720))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matrix": None}, "matrix is missing"),
        ({"distortion": None}, "distortion is missing"),
        ({"translation": None}, "translation is missing"),
        ({"matrix": [[1, 2], [3, 4]]}, r"matrix is \(2, 2\), expected \(3, 3\)"),
        ({"matrix": [[0, 0, 9], [0, 1, 9], [0, 0, 1]]}, "fx and fy"),
        ({"matrix": "a"}, "matrix is not numbers"),
        ({"distortion": [1, 2, 3]}, "there are 3 distortion coefficients"),
        ({"distortion": [1, 2, 3, float("nan")]}, "finite"),
        ({"rotation": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, "mirrored"),
        ({"rotation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}, "the rotation is none"),
        ({"rotation": [[1, 0], [0, 1]]}, r"rotation is \(2, 2\)"),
        ({"translation": [1, 2]}, r"translation is \(2,\)"),
        ({"translation": [0, -2.6, -1.5]}, "hangs -3.00 m above the floor"),
        ({"extrinsic": [[1, 0], [0, 1]]}, r"extrinsic is \(2, 2\), expected \(4, 4\)"),
        ({"resolution": {"width": "wide", "height": 3}}, "the resolution is 'wide' by 3"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, change: dict, said: str) -> None:
    with pytest.raises(InputError, match=rf"calibration .*c\.json: .*{said}.*flows\.calibrate"):
        read_calibration(_written(tmp_path / "c.json", **change))


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: [", None])
def test_what_is_no_such_file_is_said(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "c.json").write_text(text)
    with pytest.raises(InputError, match=r"calibration .*c\.json: "):
        read_calibration(tmp_path / "c.json")
