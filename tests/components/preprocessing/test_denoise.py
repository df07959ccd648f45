import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.denoise import Bilateral, Median, NonLocal, Temporal

SECOND = 10**9


@pytest.fixture
def noisy(picture):
    """The same scene again and again, each time with other noise."""
    scene = np.repeat(np.repeat(picture[::4, ::4], 4, axis=0), 4, axis=1)

    def make(seed):
        return np.clip(scene + np.random.default_rng(seed).normal(0, 6, scene.shape), 0, 255).astype(np.uint8)

    return scene, make


def error(image, scene):
    return np.sqrt(np.mean((image.astype(float) - scene) ** 2))


@pytest.mark.parametrize(
    ("step", "share"), [(Median(), 0.75), (Bilateral(), 0.8), (NonLocal(noise=7.0), 0.8)], ids=["m", "b", "n"]
)
def test_noise_goes_and_edges_stay(noisy, frame_of, step, share):
    scene, make = noisy
    cleaned = step(frame_of(make(0))).image
    assert error(cleaned, scene) < share * error(make(0), scene)


def test_the_past_takes_out_noise_where_nothing_moves(noisy, frame_of):
    scene, make = noisy
    step = Temporal(noise=15.0)
    for i in range(8):
        cleaned = step(frame_of(make(i), time=i * SECOND // 5)).image
    assert error(cleaned, scene) < 0.5 * error(make(7), scene)


def test_who_moves_leaves_no_trail(noisy, frame_of):
    _, make = noisy
    step = Temporal(noise=15.0)
    for i in range(4):
        step(frame_of(make(i), time=i * SECOND // 5))
    moved = make(4)
    moved[40:80, 60:90] = 250
    assert np.abs(step(frame_of(moved, time=4 * SECOND // 5)).image[42:78, 62:88].astype(int) - 250).max() <= 1
    gone = step(frame_of(make(5), time=SECOND)).image
    assert error(gone[42:78, 62:88], make(5)[42:78, 62:88]) < 3


def test_after_a_pause_it_begins_anew(noisy, frame_of):
    _, make = noisy
    step = Temporal()
    step(frame_of(make(0)))
    assert (step(frame_of(make(1), time=9 * SECOND)).image == make(1)).all()


@pytest.mark.parametrize(
    "make", [lambda: Bilateral(noise=0), lambda: Bilateral(reach=99), lambda: NonLocal(noise=-1), lambda: Temporal(weight=1.0)]
)
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError, match="expected"):
        make()
