import numpy as np
import pytest

from components.contracts import InputError, Moment
from components.samplers.scenes import Scenes

SECOND = 1_000_000_000
RNG = np.random.default_rng(1)
VIEWS = [RNG.integers(0, 256, (9, 16), dtype=np.uint8).repeat(10, 0).repeat(10, 1) for _ in range(3)]


def kept(view, seconds=1300):
    sampler = Scenes()
    return [n / 5 for n in range(seconds * 5) if sampler.keep(Moment("cam", n * SECOND // 5, look=lambda n=n: view(n / 5)))]


def test_each_scene_is_shown_when_it_begins_and_every_ten_minutes():
    found = kept(lambda second: VIEWS[int(second // 100) % 3] if second < 300 else VIEWS[2])
    assert found == pytest.approx([0, 100, 200, 800], abs=0.6)


def test_people_who_walk_by_make_no_scene():
    def view(second):
        image = VIEWS[0].copy()
        image[30:60, int(second) % 150 : int(second) % 150 + 10] = 0
        return image

    assert kept(view, 500) == [0]


def test_light_that_goes_slowly_makes_scenes():
    assert 3 <= len(kept(lambda second: (VIEWS[0] * (1 - second / 600)).astype(np.uint8), 500)) <= 8


@pytest.mark.parametrize("words", [{"levels": 0}, {"levels": 256}, {"quiet_seconds": 0}])
def test_impossible_values_are_refused(words):
    with pytest.raises(InputError, match="expected"):
        Scenes(**words)
