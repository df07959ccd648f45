"""Augmentation: reproducible by seed, boxes move with the people, the original stays."""

import numpy as np
import pytest
import torch

from components.networks import Picture
from components.training.augmentation import Augment

ALL = {
    "flip": 0.5,
    "brightness": 0.3,
    "contrast": 0.3,
    "saturation": 0.3,
    "rotation": 3.0,
    "translate": 0.1,
    "scale": 0.2,
    "occlusion": 0.5,
    "occluder": "piece",
    "blur": 0.5,
    "low_light": 0.5,
}


def white_boxes(boxes, *, height=90, width=160, ignored=None):
    """White rectangles on black, one per box."""
    image = torch.zeros((3, height, width), dtype=torch.uint8)
    for x0, y0, x1, y1 in boxes:
        image[:, y0:y1, x0:x1] = 255
    count = len(boxes)
    hidden = torch.zeros(count, dtype=torch.bool) if ignored is None else torch.tensor(ignored)
    return Picture(image, torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), torch.zeros(count, dtype=torch.int64), hidden)


def same(a, b):
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in ("image", "boxes", "labels", "ignored"))


def test_nothing_asked_is_nothing_done():
    before = white_boxes([(10, 10, 30, 60)])
    assert same(Augment()(before, seed=1), before)


def test_a_seed_decides():
    before, change = white_boxes([(10, 10, 30, 60), (80, 20, 110, 80)]), Augment(**ALL)
    assert same(change(before, seed=7), change(before, seed=7))
    assert len({change(before, seed=s).image.numpy().tobytes() for s in range(8)}) == 8


def test_the_original_and_the_global_generator_are_left_alone():
    before = white_boxes([(10, 10, 30, 60)])
    copy, state = before.image.clone(), torch.get_rng_state()
    Augment(**{**ALL, "occlusion": 1.0})(before, seed=3)
    assert torch.equal(before.image, copy)
    assert torch.equal(torch.get_rng_state(), state)


def test_flip_mirrors_boxes():
    after = Augment(flip=1.0)(white_boxes([(10, 10, 30, 60)]), seed=0)
    assert after.boxes.tolist() == [[130, 10, 150, 60]]
    assert (after.image[:, 10:60, 130:150] == 255).all()


@pytest.mark.parametrize("amount", [{"translate": 0.1}, {"scale": 0.25}, {"flip": 0.5, "translate": 0.1, "scale": 0.2}])
def test_boxes_stay_on_their_people(amount):
    for seed in range(20):
        after = Augment(**amount)(white_boxes([(60, 30, 90, 70)]), seed=seed)
        ys, xs = np.nonzero(after.image[0].numpy() > 200)
        white = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(after.boxes[0].numpy() - white).max() <= 1.5


def test_rotation_keeps_the_person_in_the_box():
    for seed in range(20):
        after = Augment(rotation=3.0)(white_boxes([(70, 30, 90, 70)]), seed=seed)
        ys, xs = np.nonzero(after.image[0].numpy() > 200)
        x0, y0, x1, y1 = after.boxes[0].tolist()
        assert x0 - 1.5 <= xs.min()
        assert xs.max() <= x1 + 1.5
        assert y0 - 1.5 <= ys.min()
        assert ys.max() <= y1 + 1.5


def test_boxes_stay_inside_and_who_has_left_is_not_asked_for():
    for seed in range(40):
        after = Augment(translate=0.5, scale=0.5)(white_boxes([(0, 0, 30, 60), (130, 40, 160, 90)]), seed=seed)
        assert after.boxes[:, 0::2].clamp(0, 160).equal(after.boxes[:, 0::2])
        assert after.boxes[:, 1::2].clamp(0, 90).equal(after.boxes[:, 1::2])
        assert len(after.boxes) == len(after.labels) == len(after.ignored)


def test_mostly_outside_is_ignored():
    kept = [Augment(translate=0.5)(white_boxes([(0, 0, 30, 60)]), seed=seed) for seed in range(60)]
    areas = [float((p.boxes[0, 2] - p.boxes[0, 0]) * (p.boxes[0, 3] - p.boxes[0, 1])) for p in kept if len(p.boxes)]
    flags = [bool(p.ignored[0]) for p in kept if len(p.boxes)]
    assert True in flags
    assert all(flag == (area < 0.3 * 30 * 60) for flag, area in zip(flags, areas, strict=True))


def test_ignored_stays_ignored():
    after = Augment(**ALL)(white_boxes([(40, 30, 60, 70), (80, 30, 100, 70)], ignored=[True, False]), seed=2)
    assert after.ignored.tolist() == [True, False]


def test_brightness_changes_light_only():
    before = white_boxes([(10, 10, 30, 60)])
    before.image.div_(2, rounding_mode="floor")
    after = Augment(brightness=0.5)(before, seed=5)
    assert after.boxes.equal(before.boxes)
    assert not torch.equal(after.image, before.image)
    assert after.image.dtype == torch.uint8


def test_occlusion_hides_a_part_of_the_person_and_nothing_else():
    for seed in range(20):
        after = Augment(occlusion=1.0)(white_boxes([(40, 20, 70, 80)]), seed=seed)
        changed = after.image != white_boxes([(40, 20, 70, 80)]).image
        hidden = float(changed[:, 20:80, 40:70].any(dim=0).float().mean())
        assert 0.1 <= hidden <= 0.55
        changed[:, 20:80, 40:70] = False
        assert not changed.any()


def test_a_picture_without_people_is_fine():
    after = Augment(**ALL)(white_boxes([]), seed=0)
    assert after.boxes.shape == (0, 4)
    assert after.image.shape == (3, 90, 160)


def test_a_piece_of_the_picture_hides_the_person():
    before = white_boxes([(40, 20, 70, 80)])
    before.image[0, :, :20] = 77
    seen = set()
    for seed in range(40):
        after = Augment(occlusion=1.0, occluder="piece")(before, seed=seed)
        changed = (after.image != before.image).any(dim=0)
        changed[20:80, 40:70] = False
        assert not changed.any()
        seen |= set(after.image.unique().tolist())
    assert seen == {0, 77, 255}  # nothing that was not in the picture
