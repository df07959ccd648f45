import numpy as np
import pytest

from components.contracts import InputError, Moment
from components.samplers.motion import Motion

SECOND = 1_000_000_000
RNG = np.random.default_rng(0)
ROOM = RNG.integers(40, 200, (90, 160), dtype=np.uint8)


def kept(pictures, fps=25, **words):
    """Numbers of the pictures that are kept; the sensor adds a little noise to each."""
    sampler, looked = Motion(**words), []

    def look(n):
        looked.append(n)
        return np.clip(pictures(n) + RNG.normal(0, 1.5, ROOM.shape), 0, 255).astype(np.uint8)

    count = 60 * fps
    found = [n for n in range(count) if sampler.keep(Moment("cam", n * SECOND // fps, look=lambda n=n: look(n)))]
    return found, looked


def walker(n):
    image = ROOM.copy()
    if 500 <= n < 1000:
        image[40:58, (n - 500) // 4 : (n - 500) // 4 + 6] = 15
    return image


def test_a_quiet_room_has_a_frame_now_and_then():
    found, looked = kept(lambda _: ROOM)
    assert found == [0, 250, 500, 750, 1000, 1250]
    assert len(looked) == 300  # five a second are looked at, not more


def test_somebody_who_walks_is_there_five_times_a_second():
    found, _ = kept(walker)
    assert len([n for n in found if 500 <= n < 1000]) >= 90
    assert len([n for n in found if n < 500 or n >= 1010]) <= 5


def test_light_that_changes_as_a_whole_is_no_motion():
    found, _ = kept(lambda n: np.clip(ROOM.astype(int) + 30 * (n % 500 > 250), 0, 255))
    assert len(found) <= 8


@pytest.mark.parametrize("words", [{"quiet_seconds": 0}, {"levels": 0}, {"levels": 300}, {"share": 0}, {"share": 2}, {"fps": 0}])
def test_impossible_values_are_refused(words):
    with pytest.raises(InputError, match="expected"):
        Motion(**words)


def test_another_size_of_picture_is_another_picture():
    sampler = Motion()
    assert sampler.keep(Moment("cam", 0, look=lambda: ROOM))
    assert sampler.keep(Moment("cam", SECOND, look=lambda: ROOM[:, :80]))
