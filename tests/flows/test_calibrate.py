import json

import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.sources.optics import Pose
from components.sources.video import Video
from flows.calibrate import calibrate

POSE = Pose((0.25, 6.5, 2.7), (6.5, 6.5, 0.5), 70.0, 960, 540)  # the corridor of conf/fleet/simulated_ward.yaml
PLACES = [(2.5, 6.0), (3.0, 7.3), (5.0, 5.4), (5.5, 7.5), (9.0, 5.5), (9.5, 7.4), (7.0, 6.5)]


@pytest.fixture
def clicks(tmp_path):
    pixels, _ = POSE.project(np.array([(*place, 0.0) for place in PLACES]))
    rows = [",".join(map(str, [*pixel, *place])) for pixel, place in zip(pixels.round(1).tolist(), PLACES, strict=True)]
    (tmp_path / "clicks.csv").write_text("\n".join(["u,v,x,y", *rows]))
    return tmp_path / "clicks.csv"


def test_a_camera_of_the_fleet_is_calibrated_by_clicks(clicks, runs):
    summary = calibrate(["camera=corridor", f"points={clicks}"])
    assert (summary.status, summary.figures["points"], summary.figures["outliers"]) == ("completed", 7, 0)
    assert summary.figures["residual_m_max"] < 0.02 and summary.figures["left_out_m_max"] < 0.05
    found = np.loadtxt(runs / "calibration" / "corridor.txt")
    assert found / found[2, 2] == pytest.approx(np.array(POSE.to_floor), rel=0.02, abs=0.02)
    assert cv2.imread(str(runs / "calibration" / "corridor.png")).shape == (540, 960, 3)
    assert f"corridor: {{homography: {runs}/calibration/corridor.txt}}" in summary.note
    assert Video("corridor", uri="x", homography=summary.details["file"]).camera.homography[2][2]


def test_a_lens_gives_the_place_of_the_camera_too(clicks, runs, tmp_path):
    lens = {"matrix": POSE.lens.tolist(), "distortion": [], "resolution": {"width": 960, "height": 540}}
    (tmp_path / "lens.json").write_text(json.dumps(lens))
    cv2.imwrite(str(tmp_path / "frame.png"), np.zeros((540, 960, 3), np.uint8))
    words = ["camera=corridor", f"points={clicks}", f"lens={tmp_path}/lens.json", f"picture={tmp_path}/frame.png"]
    summary = calibrate(words)
    assert summary.figures["height_m"] == pytest.approx(2.7, abs=0.02)
    camera = Video("corridor", uri="x", calibration=summary.details["file"]).camera
    assert camera.calibration.position == pytest.approx(POSE.position, abs=0.03)
    cv2.imwrite(str(tmp_path / "frame.png"), np.zeros((270, 480, 3), np.uint8))
    with pytest.raises(InputError, match="the lens is for pictures of 960x540, this one is 480x270"):
        calibrate(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either points=clicks.csv"),
        (["points=a", "markers=b"], "either points=clicks.csv"),
        (["points={clicks}", "camera=coridor"], "did you mean 'corridor'"),
        (["points={clicks}", "at_seconds=5000"], "no frame so late"),
        (["points={clicks}", "picture=/nowhere.png"], "not a picture"),
        (["markers={clicks}"], "expected a CSV file with the columns id,x,y"),
        (["points={clicks}", "dictionary=5x5"], "dictionary"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(clicks, words, said):
    with pytest.raises(InputError, match=said):
        calibrate(["camera=corridor", *(word.format(clicks=clicks) for word in words)])
