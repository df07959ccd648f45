"""Blur keeps the light where it was, low light takes it away and adds noise; both follow the seed."""

import pytest
import torch

from components.training.degrading import blurred, darkened


def dot(size=41):
    image = torch.zeros((3, size, size), dtype=torch.uint8)
    image[:, size // 2 - 1 : size // 2 + 2, size // 2 - 1 : size // 2 + 2] = 255
    return image


@pytest.mark.parametrize("seed", range(8))
def test_a_point_becomes_a_spot_of_the_same_light_and_place(seed):
    torch.manual_seed(seed)
    spot, before = blurred(dot(), 5.0)[0].float(), dot()[0].float()
    assert float(spot.sum()) == pytest.approx(float(before.sum()), rel=0.15)
    at = torch.arange(41).float()
    assert float((spot.sum(dim=0) * at).sum() / spot.sum()) == pytest.approx(20, abs=0.3)
    assert not spot[:14].any() and not spot[-14:].any()  # 5 px, and the 1.5 of the dot


def test_spots_are_round_or_lines():
    shapes = []
    for seed in range(60):
        torch.manual_seed(seed)
        shapes.append(int((blurred(dot(), 8.0)[0] > 8).sum()))
    assert min(shapes) >= 9 and max(shapes) > 60
    torch.manual_seed(0)
    assert torch.equal(blurred(dot(), 0.0), dot())


def test_dark_pictures_are_darker_and_noisier_where_there_was_light():
    image = torch.cat([torch.full((3, 60, 60), 20, dtype=torch.uint8), torch.full((3, 60, 60), 220, dtype=torch.uint8)], dim=2)
    torch.manual_seed(1)
    dark = darkened(image, 2.5, 0.1).float()
    low, high = dark[..., :60], dark[..., 60:]
    assert float(low.mean()) < 20 and float(high.mean()) < 220
    assert float(high.std()) > 2 * float(low.std()) > 0


def test_without_amounts_nothing_changes():
    image = torch.arange(256, dtype=torch.uint8).repeat(3, 4, 1)
    assert torch.equal(darkened(image, 1.0, 0.0), image)


def test_both_follow_the_seed():
    results = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        results.append(darkened(blurred(dot(), 4.0), 2.0, 0.05))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
