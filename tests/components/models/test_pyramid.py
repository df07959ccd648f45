"""A pyramid over backbones of every kind: convolutions, windows, few levels, channels at the end."""

import pytest
import torch

from components.contracts import InputError
from components.models.pyramid import STRIDES, Pyramid


@pytest.mark.parametrize(
    "backbone", ["test_resnet", "mobilenetv3_small_050", "test_convnext", "swin_tiny_patch4_window7_224", "lcnet_035"]
)
def test_levels_have_their_strides_and_channels(backbone):
    pyramid = Pyramid(backbone, channels=32).eval()
    with torch.no_grad():
        levels = pyramid(torch.rand(1, 3, 64, 128))
    assert [tuple(level.shape) for level in levels.values()] == [(1, 32, 64 // stride, 128 // stride) for stride in STRIDES]


def test_a_backbone_that_timm_has_not():
    with pytest.raises(InputError, match="timm has no such network; did you mean resnet"):
        Pyramid("resnet81", channels=32)


def test_one_with_positions_for_pictures_of_one_size_says_so_before_it_is_trained():
    with pytest.raises(
        InputError, match=r"backbone test_vit: learns positions for pictures of one size.* choose one with convolutions"
    ):
        Pyramid("test_vit", channels=32)
