import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
from components.preprocessing.obstructed import Obstructed

SECOND = 10**9


def covered(picture, share, seed=0):
    """A cloth before the lens, from the left: smooth, and a little noisy."""
    image, edge = picture.copy(), round(share * picture.shape[1])
    y, x = np.mgrid[: picture.shape[0], :edge]
    cloth = 90 + 0.1 * x + 0.1 * y + np.random.default_rng(seed).normal(0, 1, x.shape)
    image[:, :edge] = cloth[..., None].astype(np.uint8)
    return image


def reason(result):
    return result.reason if isinstance(result, Rejected) else None


def test_a_covered_lens_is_seen_at_once(picture, frame_of):
    assert isinstance(Obstructed()(frame_of(picture)), Frame)
    assert reason(Obstructed()(frame_of(covered(picture, 0.8)))) == "obstructed"
    assert reason(Obstructed()(frame_of(covered(picture, 1.0)))) == "obstructed"


def test_less_is_seen_once_the_view_is_known(picture, frame_of):
    gate = Obstructed(memory=10.0)
    for i in range(8):
        assert isinstance(gate(frame_of(picture, time=i * SECOND)), Frame)
    half = gate(frame_of(covered(picture, 0.5), time=8 * SECOND))
    assert reason(half) == "obstructed" and half.quality["lost"] >= 0.35
    assert isinstance(Obstructed()(frame_of(covered(picture, 0.5))), Frame), "half a wall may be what a camera looks at"


def test_what_covers_it_does_not_become_usual(picture, frame_of):
    gate = Obstructed(memory=5.0)
    for i in range(6):
        gate(frame_of(picture, time=i * SECOND))
    for i in range(6, 60):
        assert reason(gate(frame_of(covered(picture, 0.5, i), time=i * SECOND))) == "obstructed"
    assert isinstance(gate(frame_of(picture, time=60 * SECOND)), Frame)


@pytest.mark.parametrize("light", [0.15, 0.4, 1.2])
def test_the_light_does_not_matter(picture, frame_of, light):
    gate = Obstructed(memory=5.0)
    for i in range(6):
        gate(frame_of(picture, time=i * SECOND))
    assert isinstance(gate(frame_of(np.clip(picture * light, 0, 255).astype(np.uint8), time=6 * SECOND)), Frame)


@pytest.mark.parametrize("wrong", [{"plain": 0.0}, {"lost": 1.5}, {"memory": 0.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected shares"):
        Obstructed(**wrong)
