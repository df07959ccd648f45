import numpy as np
import pytest

from components.contracts import UNKNOWN, Camera, Frame, InputError, Tracks, Zone
from components.locators.homography import LOST, Homography
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
    places = Homography().locate(frame(FLAT), tracks(person(100, 200), person(300, 400)))
    assert places.floor == pytest.approx(np.array([[1, 2], [3, 4]]))
    assert (places.floor.dtype, places.uncertainty.dtype, places.zones) == (np.float64, np.float64, (UNKNOWN, UNKNOWN))


def test_the_first_zone_that_holds_the_place_is_named():
    feet = [(150, 150), (50, 50), (350, 150), (450, 150), (510, 60), (550, 70)]
    places = Homography(zones=ZONES).locate(frame(FLAT), tracks(*(person(*f) for f in feet)))
    assert places.zones == ("desk", "room", "room", UNKNOWN, "corner", UNKNOWN)


def test_uncertainty_is_the_error_of_the_foot_point_in_metres():
    places = Homography(pixels=3, share=0.04).locate(frame(FLAT), tracks(person(100, 200, 100)))
    assert places.uncertainty == pytest.approx([0.05])


def test_uncertainty_grows_with_the_distance():
    far, near = Homography().locate(frame(TILTED), tracks(person(320, 150, 30), person(320, 400, 30))).uncertainty
    assert far > 10 * near


def test_uncertainty_is_that_of_a_simulation():
    rng, box = np.random.default_rng(0), np.array(person(400, 300, 100))
    shifted = box + rng.normal(0, 4, (4000, 2))[:, [0, 1, 0, 1]]
    floor = Homography().locate(frame(TILTED), tracks(*shifted)).floor
    said = Homography(pixels=4, share=0).locate(frame(TILTED), tracks(box)).uncertainty[0]
    assert said == pytest.approx(np.sqrt(np.linalg.eigvalsh(np.cov(floor.T))[-1]), rel=0.05)


def test_somebody_cut_off_by_the_lower_edge_may_stand_nearer():
    whole, cut = person(300, 470, 200), (260, 280, 342, 480)
    places = Homography().locate(frame(TILTED), tracks(whole, cut))
    assert places.uncertainty[1] == pytest.approx(places.uncertainty[0], rel=0.2), "nothing is missing from a box of this shape"
    half = Homography().locate(frame(TILTED), tracks((260, 400, 342, 480)))
    assert half.uncertainty[0] > 5 * places.uncertainty[1]
    beyond = Homography().locate(frame(TILTED), tracks((260, 400, 342, 530)))
    assert beyond.floor == pytest.approx(half.floor), "a motion model may see feet below the picture"


def test_the_lower_edge_is_that_of_the_native_picture():
    shrunk = Resize(width=320)(frame(TILTED))
    box = tracks((260, 300, 342, 400))
    assert Homography().locate(shrunk, box).uncertainty == pytest.approx(Homography().locate(frame(TILTED), box).uncertainty)


@pytest.mark.parametrize("v", [100, 60, 99.9])
def test_nobody_stands_in_the_sky(v):
    everywhere = (Zone("everywhere", "room", ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))),)
    places = Homography(zones=everywhere).locate(frame(TILTED), tracks(person(320, v, 40), person(320, 300)))
    assert np.isfinite(places.floor).all()
    assert (places.uncertainty[0], places.zones) == (LOST, (UNKNOWN, "everywhere"))


def test_nobody_is_nobody():
    places = Homography(zones=ZONES).locate(frame(FLAT), tracks())
    assert (places.floor.shape, places.uncertainty.shape, places.zones) == ((0, 2), (0,), ())


def test_a_homography_counts_up_to_scale():
    scaled = tuple(tuple(-3 * value for value in row) for row in TILTED)
    box = tracks(person(400, 300), person(320, 60))
    one, other = Homography().locate(frame(TILTED), box), Homography().locate(frame(scaled), box)
    assert (one.floor, one.uncertainty) == (pytest.approx(other.floor), pytest.approx(other.uncertainty))


def test_true_boxes_of_real_footage_are_placed_to_centimetres(pets):
    matrix = tuple(map(tuple, np.loadtxt(pets / "homography_image_to_ground.txt").tolist()))
    rows = np.loadtxt(pets / "gt" / "gt.txt", delimiter=",")
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    places = Homography().locate(frame(matrix, (768, 576)), tracks(*boxes))
    errors = np.linalg.norm(places.floor - rows[:, 7:9], axis=1)
    assert np.median(errors) < 0.05 and np.percentile(errors, 95) < 0.15
    assert 0.05 < np.median(places.uncertainty) < 0.5


@pytest.mark.parametrize("wrong", [{"pixels": 0}, {"share": -1}, {"zones": (Zone("line", "room", ((0, 0), (1, 1))),)}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Homography(**wrong)
