import numpy as np
import pytest

from components.contracts import UNKNOWN, Camera, Frame, InputError, Tracks, Zone
from components.locators.floor import LOST, Floor
from components.locators.smoothed import Smoothed

FLAT = Camera("cam", "", ((0.01, 0.0, 0.0), (0.0, 0.01, 0.0), (0.0, 0.0, 1.0)))  # looks straight down, 1 cm a pixel
TILTED = Camera("cam", "", ((1.0, 0.0, -320.0), (0.0, 0.0, 600.0), (0.0, 1.0, -100.0)))  # horizon at v = 100
IMAGE = np.zeros((2000, 2000, 3), np.uint8)


def smoothed(**settings):
    return Smoothed(floor=Floor(pixels=20, share=0), **settings)


def at(locator, seconds, people, camera=FLAT):
    """Where people are after a frame: {track: (u, v) of the feet}."""
    frame = Frame(camera, round(seconds * 1e9), 0, "", 0, IMAGE, np.eye(3))
    boxes = np.array([(u - 20, v - 100, u + 20, v) for u, v in people.values()], np.float32).reshape(-1, 4)
    return locator.locate(frame, Tracks(np.array(list(people), np.int64), boxes, np.ones(len(boxes), np.float32)))


def walk(locator, times, noise=20.0, seed=0, track=1):
    """Errors in metres, and uncertainties, of somebody who walks at 1.2 m/s, with independent errors in every frame."""
    rng, rows = np.random.default_rng(seed), []
    for t in times:
        place = (300 + 120 * t, 500)
        found = at(locator, t, {track: rng.normal(place, noise)})
        rows.append((*(found.floor[0] * 100 - place) / 100, found.uncertainty[0]))
    return np.array(rows)


def test_errors_become_smaller_and_so_does_the_uncertainty():
    times = np.arange(0, 8, 0.1)
    raw, filtered = walk(Floor(pixels=20), times), walk(smoothed(correlation_seconds=0.0), times)
    assert np.std(filtered[20:, :2]) < 0.65 * np.std(raw[20:, :2])
    assert np.std(filtered[20:, :2]) == pytest.approx(filtered[-1, 2], rel=0.3)


def test_frames_close_together_are_no_more_evidence():
    slow, fast = (walk(smoothed(), np.arange(0, 6, step))[-1, 2] for step in (0.1, 0.02))
    assert fast == pytest.approx(slow, rel=0.1)
    assert walk(smoothed(correlation_seconds=0.0), np.arange(0, 6, 0.02))[-1, 2] < 0.7 * fast


def test_steps_of_time_may_differ_and_stand_still():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.choice([0.0, 0.03, 0.1, 0.5], 200))
    errors = walk(smoothed(), times)
    assert np.isfinite(errors).all() and np.abs(errors[50:, :2]).mean() < 0.2


def test_one_wild_place_does_not_carry_anybody_away():
    locator = smoothed()
    for t in np.arange(0, 3, 0.1):
        at(locator, t, {1: (500, 500)})
    assert np.linalg.norm(at(locator, 3.0, {1: (1500, 500)}).floor[0] - (5, 5)) < 0.7


def test_somebody_who_really_is_elsewhere_is_there_soon():
    locator = smoothed()
    for t in np.arange(0, 3, 0.1):
        at(locator, t, {1: (500, 500)})
    for t in np.arange(3, 6, 0.1):
        found = at(locator, t, {1: (900, 500)})
    assert np.linalg.norm(found.floor[0] - (9, 5)) < 0.3


def test_who_leaves_for_a_while_begins_anew():
    locator = smoothed(forget_seconds=2.0)
    for t in np.arange(0, 3, 0.1):
        at(locator, t, {1: (500, 500)})
    assert at(locator, 5.5, {1: (900, 500)}).floor[0] == pytest.approx((9, 5))


def test_time_that_goes_back_begins_anew():
    locator = smoothed()
    at(locator, 10, {1: (500, 500)})
    assert at(locator, 5, {1: (900, 500)}).floor[0] == pytest.approx((9, 5))


def test_tracks_do_not_mix():
    both, alone = smoothed(), smoothed()
    for t in np.arange(0, 2, 0.1):
        together = at(both, t, {2: (900 - 50 * t, 300), 1: (500 + 50 * t, 500)})
        single = at(alone, t, {1: (500 + 50 * t, 500)})
    assert together.floor[1] == pytest.approx(single.floor[0])


def test_somebody_above_the_horizon_walks_on_with_growing_doubt():
    locator = Smoothed(floor=Floor(zones=(Zone("all", "room", ((-1e3, -1e3), (1e3, -1e3), (1e3, 1e3), (-1e3, 1e3))),)))
    for t in np.arange(0, 2, 0.1):
        before = at(locator, t, {1: (320, 400)}, TILTED)
    found = at(locator, 2.0, {1: (320, 90), 2: (320, 90)}, TILTED)
    assert np.linalg.norm(found.floor[0] - before.floor[0]) < 0.1
    assert before.uncertainty[0] < found.uncertainty[0] < 1
    assert (found.uncertainty[1], found.zones) == (LOST, ("all", UNKNOWN))


def test_memory_is_bounded():
    locator = smoothed()
    for i in range(500):
        at(locator, i * 0.1, {i: (500, 500)})
    assert len(locator._walks) <= 31


def test_nobody_is_nobody():
    assert at(smoothed(), 0, {}).floor.shape == (0, 2)


@pytest.mark.parametrize("wrong", [{"acceleration": 0}, {"correlation_seconds": -1}, {"forget_seconds": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        smoothed(**wrong)
