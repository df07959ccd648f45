from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.contracts import UNKNOWN, Calibration, Camera, Frame, InputError, Tracks, Zone
from components.locators.floor import LOST, Floor
from components.preprocessing.resize import Resize

FLAT = ((0.01, 0.0, 0.0), (0.0, 0.01, 0.0), (0.0, 0.0, 1.0))  # a camera that looks straight down, 1 cm a pixel
TILTED = (
    (1.0, 0.0, -320.0),
    (0.0, 0.0, 600.0),
    (0.0, 1.0, -100.0),
)  # x = (u - 320) / (v - 100), y = 600 / (v - 100): horizon at v = 100
ZONES = (
    Zone("desk", "desk", ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0))),
    Zone("room", "room", ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))),
    Zone("corner", "room", ((5.0, 0.0), (6.0, 0.0), (6.0, 4.0), (5.5, 0.5), (5.0, 4.0))),
)


def frame(homography, size=(640, 480)):
    width, height = size
    return Frame(Camera("cam", "", homography), 0, 0, "", 0, np.zeros((height, width, 3), np.uint8), np.eye(3))


def tracks(*boxes):
    where = np.array(boxes, np.float32).reshape(-1, 4)
    return Tracks(np.arange(len(where)), where, np.ones(len(where), np.float32))


def person(u, v, height=100.0):
    """The box of somebody whose feet are at (u, v)."""
    return (u - 0.205 * height, v - height, u + 0.205 * height, v)


def test_people_stand_where_their_feet_are():
    places = Floor().locate(frame(FLAT), tracks(person(100, 200), person(300, 400)))
    assert places.floor == pytest.approx(np.array([[1, 2], [3, 4]]))
    assert (places.floor.dtype, places.uncertainty.dtype, places.zones) == (np.float64, np.float64, (UNKNOWN, UNKNOWN))


def test_the_first_zone_that_holds_the_place_is_named():
    feet = [(150, 150), (50, 50), (350, 150), (450, 150), (510, 60), (550, 70)]
    places = Floor(zones=ZONES).locate(frame(FLAT), tracks(*(person(*f) for f in feet)))
    assert places.zones == ("desk", "room", "room", UNKNOWN, "corner", UNKNOWN)


def test_uncertainty_is_the_error_of_the_foot_point_in_metres():
    places = Floor(pixels=3, share=0.04).locate(frame(FLAT), tracks(person(100, 200, 100)))
    assert places.uncertainty == pytest.approx([0.05])


def test_uncertainty_grows_with_the_distance():
    far, near = Floor().locate(frame(TILTED), tracks(person(320, 150, 30), person(320, 400, 30))).uncertainty
    assert far > 10 * near


def test_uncertainty_is_that_of_a_simulation():
    rng, box = np.random.default_rng(0), np.array(person(400, 300, 100))
    shifted = box + rng.normal(0, 4, (4000, 2))[:, [0, 1, 0, 1]]
    floor = Floor().locate(frame(TILTED), tracks(*shifted)).floor
    said = Floor(pixels=4, share=0).locate(frame(TILTED), tracks(box)).uncertainty[0]
    assert said == pytest.approx(np.sqrt(np.linalg.eigvalsh(np.cov(floor.T))[-1]), rel=0.05)


def test_somebody_cut_off_by_the_lower_edge_may_stand_nearer():
    whole, cut = person(300, 470, 200), (260, 280, 342, 480)
    places = Floor().locate(frame(TILTED), tracks(whole, cut))
    assert places.uncertainty[1] == pytest.approx(places.uncertainty[0], rel=0.2), "nothing is missing from a box of this shape"
    half = Floor().locate(frame(TILTED), tracks((260, 400, 342, 480)))
    assert half.uncertainty[0] > 5 * places.uncertainty[1]
    beyond = Floor().locate(frame(TILTED), tracks((260, 400, 342, 530)))
    assert beyond.floor == pytest.approx(half.floor), "a motion model may see feet below the picture"


def test_the_lower_edge_is_that_of_the_native_picture():
    shrunk = Resize(width=320)(frame(TILTED))
    box = tracks((260, 300, 342, 400))
    assert Floor().locate(shrunk, box).uncertainty == pytest.approx(Floor().locate(frame(TILTED), box).uncertainty)


@pytest.mark.parametrize("v", [100, 60, 99.9])
def test_nobody_stands_in_the_sky(v):
    everywhere = (Zone("everywhere", "room", ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))),)
    places = Floor(zones=everywhere).locate(frame(TILTED), tracks(person(320, v, 40), person(320, 300)))
    assert np.isfinite(places.floor).all()
    assert (places.uncertainty[0], places.zones) == (LOST, (UNKNOWN, "everywhere"))


def test_nobody_is_nobody():
    places = Floor(zones=ZONES).locate(frame(FLAT), tracks())
    assert (places.floor.shape, places.uncertainty.shape, places.zones) == ((0, 2), (0,), ())


def test_a_homography_counts_up_to_scale():
    scaled = tuple(tuple(-3 * value for value in row) for row in TILTED)
    box = tracks(person(400, 300), person(320, 60))
    one, other = Floor().locate(frame(TILTED), box), Floor().locate(frame(scaled), box)
    assert (one.floor, one.uncertainty) == (pytest.approx(other.floor), pytest.approx(other.uncertainty))


def test_true_boxes_of_real_footage_are_placed_to_centimetres(pets):
    matrix = tuple(map(tuple, np.loadtxt(pets / "homography_image_to_ground.txt").tolist()))
    rows = np.loadtxt(pets / "gt" / "gt.txt", delimiter=",")
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    places = Floor().locate(frame(matrix, (768, 576)), tracks(*boxes))
    errors = np.linalg.norm(places.floor - rows[:, 7:9], axis=1)
    assert np.median(errors) < 0.05 and np.percentile(errors, 95) < 0.15
    assert 0.05 < np.median(places.uncertainty) < 0.5


# A calibrated camera, 2.8 m up in a corner, with a lens that bends


DEEP = 0.75**0.5
LENS = Calibration(
    ((600.0, 0.0, 480.0), (0.0, 600.0, 270.0), (0.0, 0.0, 1.0)), (-0.28, 0.1, 0.001, -0.0005, -0.02),
    ((1.0, 0.0, 0.0), (0.0, -0.5, -DEEP), (0.0, DEEP, -0.5)), (0.0, 2.8 * DEEP, 1.4), (960, 540),
)  # fmt: skip
BENT = Camera("cam", "", LENS.homography, LENS)


def seen(*points):
    """Native pixels of world points."""
    rotation = cv2.Rodrigues(np.array(LENS.rotation))[0]
    translation, matrix, distortion = map(np.array, (LENS.translation, LENS.matrix, LENS.distortion))
    return cv2.projectPoints(np.array(points, float), rotation, translation, matrix, distortion)[0].reshape(-1, 2)


def box_at(x, y, height=1.72, behind=0.15):
    """The box of somebody who stands at (x, y): the nearer foot, and the top of the head."""
    near = 1 - behind / max(np.hypot(x, y), 1)
    (u, v), (over, top) = seen((x * near, y * near, 0), (x, y, height))
    return (min(u, over) - 0.15 * (v - top), top, max(u, over) + 0.15 * (v - top), v)


def located(*boxes, **settings):
    view = replace(frame(LENS.homography, (960, 540)), camera=BENT)
    return Floor(**settings).locate(view, tracks(*boxes))


PLACES = ((0.0, 3.0), (-1.5, 3.5), (2.0, 5.0), (-3.0, 6.0), (0.5, 8.0))


def test_a_lens_is_undone_and_people_stand_behind_the_foot_that_one_sees():
    places = located(*(box_at(*place) for place in PLACES))
    assert places.floor == pytest.approx(np.array(PLACES), abs=0.08)
    plain = Floor().locate(frame(LENS.homography, (960, 540)), tracks(*(box_at(*place) for place in PLACES)))
    assert np.linalg.norm(plain.floor - PLACES, axis=1).min() > 0.11, "so much is it without"


def test_a_lens_bends_the_uncertainty_too():
    rng, ((u, v),) = np.random.default_rng(0), seen((-2.0, 4.5, 0))
    box = np.array((u - 40, 0, u + 40, v))  # nobody knows where the head is
    shifted = box + rng.normal(0, 4, (3000, 2))[:, [0, 1, 0, 1]] * (1, 0, 1, 1)
    floor = located(*shifted, pixels=4, share=0).floor
    said = located(box, pixels=4, share=0).uncertainty[0]
    assert np.sqrt(np.linalg.eigvalsh(np.cov(floor.T))[-1]) == pytest.approx(said, rel=0.06)


def test_feet_below_the_picture_are_where_the_head_says():
    box = box_at(0.0, 1.6)
    assert box[3] > 540 and box[1] > 10
    cut = (*box[:3], 540)
    places = located(cut)
    assert places.floor[0] == pytest.approx((0.0, 1.6), abs=0.15)
    without = Floor().locate(frame(LENS.homography, (960, 540)), tracks(cut))
    assert abs(without.floor[0, 1] - 1.6) > 2 * abs(places.floor[0, 1] - 1.6)


def test_hidden_feet_are_not_believed():
    whole = box_at(0.3, 4.0)
    hidden = (*whole[:3], whole[1] + 0.55 * (whole[3] - whole[1]))
    places = located(whole, hidden)
    assert places.uncertainty[1] > 4 * places.uncertainty[0]
    assert np.linalg.norm(places.floor[1] - (0.3, 4.0)) < 2 * places.uncertainty[1]


def test_a_child_is_no_hidden_adult_and_a_tall_one_is_placed_by_the_feet():
    places = located(box_at(0.0, 4.0, 1.45), box_at(0.0, 4.0, 1.95))
    assert places.floor == pytest.approx(np.array([(0, 4), (0, 4)]), abs=0.25)
    assert places.uncertainty.max() < 0.3


def test_a_head_above_the_picture_says_nothing():
    whole = box_at(0.0, 3.0)
    places = located((whole[0], 0.0, whole[2], whole[3]), whole)
    assert places.floor[0] == pytest.approx((0.0, 3.0), abs=0.1)
    assert places.uncertainty[0] > places.uncertainty[1]


def test_nothing_is_said_where_the_model_of_the_lens_does_not_hold():
    wild = replace(LENS, distortion=(-0.9, 0.0, 0.0, 0.0))
    view = replace(frame(LENS.homography, (960, 540)), camera=Camera("cam", "", wild.homography, wild))
    places = Floor().locate(view, tracks((0, 400, 20, 539), box_at(0, 5)))
    assert np.isfinite(places.floor).all() and np.isfinite(places.uncertainty).all()
    assert places.uncertainty[0] == LOST


def test_a_camera_that_was_moved_is_asked_anew():
    floor, box = Floor(), tracks(person(100, 200))
    assert floor.locate(frame(FLAT), box).floor != pytest.approx(floor.locate(frame(TILTED), box).floor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": 0},
        {"share": -1},
        {"behind": -1},
        {"height": 9},
        {"spread": 0},
        {"zones": (Zone("line", "room", ((0, 0), (1, 1))),)},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Floor(**wrong)
