import pytest
import torch

from components.contracts import InputError
from components.models.backbones import backbone_of


def test_any_network_of_timm_will_do():
    assert backbone_of("test_resnet", 7).eval()(torch.zeros(1, 3, 64, 32)).shape == (1, 7)


def test_a_name_that_timm_has_not_is_refused():
    with pytest.raises(InputError, match=r"backbone resnet81: timm has no such network; did you mean .*resnet"):
        backbone_of("resnet81", 2)
