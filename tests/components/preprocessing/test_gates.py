from itertools import islice

import cv2
import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
from components.preprocessing.gates import Blurred, Dark, Frozen, Overexposed

SECOND = 1_000_000_000


def reason(result):
    return result.reason if isinstance(result, Rejected) else None


def film(path, step=1):
    capture = cv2.VideoCapture(str(path))
    while (read := capture.read())[0]:
        yield read[1]


def test_dark_turns_away_a_covered_lens_only(picture, frame_of):
    assert reason(Dark()(frame_of(np.full_like(picture, 4)))) == "dark"
    assert isinstance(Dark()(frame_of(picture // 8 + 8)), Frame)


def test_overexposed_turns_away_glare_only(picture, frame_of):
    glare = np.clip(picture * 2.0 + 60, 0, 255).astype(np.uint8)
    assert reason(Overexposed()(frame_of(glare))) == "overexposed"
    window = picture.copy()
    window[:60, :80] = 255
    assert isinstance(Overexposed()(frame_of(window)), Frame)


def test_what_was_measured_goes_with_the_frame_and_with_the_rejection(picture, frame_of):
    frame = frame_of(picture)
    for gate in (Dark(), Overexposed(), Blurred(), Frozen()):
        frame = gate(frame)
    assert set(frame.quality) == {"brightness", "contrast", "saturated", "sharpness", "still"}
    rejected = Blurred(sharpness=1.0)(frame)
    assert rejected.reason == "blurred" and rejected.quality == frame.quality


@pytest.mark.parametrize("width", [480, 960, 1920])
def test_blurred_turns_away_a_lens_out_of_focus_at_any_resolution(picture, frame_of, width):
    sharp = cv2.resize(picture, (width, width * 3 // 4), interpolation=cv2.INTER_NEAREST)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 5 * width / 480)
    assert isinstance(Blurred()(frame_of(sharp)), Frame)
    assert reason(Blurred()(frame_of(blurred))) == "blurred"


@pytest.mark.parametrize("light", [0.2, 1.0])
def test_light_makes_no_blur(picture, frame_of, light):
    assert isinstance(Blurred()(frame_of((picture * light).astype(np.uint8))), Frame)


def test_a_picture_of_nothing_is_not_called_blurred(frame_of):
    assert isinstance(Blurred()(frame_of(np.full((60, 80, 3), 90, np.uint8))), Frame)


def test_frozen_turns_away_a_picture_that_stands_still_after_a_while(picture, frame_of):
    gate = Frozen(seconds=2)
    reasons = [reason(gate(frame_of(picture, time=i * SECOND // 5))) for i in range(20)]
    assert reasons == [None] * 10 + ["frozen"] * 10


def test_frozen_lets_a_picture_through_that_moves_again(picture, frame_of):
    gate = Frozen(seconds=1)
    for i in range(20):
        gate(frame_of(picture, time=i * SECOND // 5))
    moved = picture.copy()
    moved[40:80, 40:60] = 0
    assert isinstance(gate(frame_of(moved, time=4 * SECOND)), Frame)


def test_the_noise_of_a_sensor_is_life(picture, frame_of):
    noise, gate = np.random.default_rng(1), Frozen(seconds=1)
    for i in range(40):
        image = np.clip(picture + noise.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        assert isinstance(gate(frame_of(image, time=i * SECOND // 5)), Frame)


def test_a_picture_of_another_size_is_another_picture(picture, frame_of):
    gate = Frozen(seconds=1)
    gate(frame_of(picture))
    assert isinstance(gate(frame_of(picture[:100], time=9 * SECOND)), Frame)


def test_real_footage_passes_every_gate(pets, frame_of):
    gates = (Dark(), Overexposed(), Blurred(), Frozen())
    for i, image in enumerate(islice(film(pets / "vtest.avi"), 0, 795, 15)):
        frame = frame_of(image, time=i * SECOND)
        assert [reason(gate(frame)) for gate in gates] == [None] * 4


def test_real_footage_out_of_focus_does_not(pets, frame_of):
    image = next(film(pets / "vtest.avi"))
    assert reason(Blurred()(frame_of(cv2.GaussianBlur(image, (0, 0), 4)))) == "blurred"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Frozen(seconds=0), lambda: Frozen(change=-1), lambda: Dark(brightness=300), lambda: Overexposed(share=0),
        lambda: Blurred(sharpness=-1),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError, match="expected"):
        make()
