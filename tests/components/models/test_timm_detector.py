"""A detector on any backbone of timm takes the backbone's published weights, however timm has taken it apart."""

import logging

import pytest
import timm
import torch

from components.contracts import InputError
from components.models.timm_detector import TimmDetector


@pytest.mark.parametrize("backbone", ["test_resnet", "mobilenetv3_small_050", "test_convnext"])
def test_a_classifiers_file_fills_the_backbone(backbone, tmp_path, caplog):
    theirs = timm.create_model(backbone, pretrained=False).state_dict()
    torch.save(theirs, tmp_path / "w.pth")
    with caplog.at_level(logging.INFO):
        mine = TimmDetector(backbone, channels=32, depth=1, weights=str(tmp_path / "w.pth")).build().body.state_dict()
    flat = {name.replace(".", "_"): tensor for name, tensor in theirs.items()}
    inner = {name.removeprefix("backbone.body."): tensor for name, tensor in mine.items() if name.startswith("backbone.body.")}
    assert len(inner) > 20
    assert all(torch.equal(flat[name.replace(".", "_")], tensor) for name, tensor in inner.items())
    assert "as the file is of the backbone alone" in caplog.text


def test_another_backbones_file_is_refused(tmp_path):
    torch.save(timm.create_model("resnet34", pretrained=False).state_dict(), tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"not of architecture timm_resnet50: .* of another shape"):
        TimmDetector("resnet50", weights=str(tmp_path / "w.pth")).build()


@pytest.mark.parametrize("wrong", [{"channels": 48}, {"channels": 0}, {"depth": 0}])
def test_sizes_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match="expected a multiple of 32, and one convolution or more"):
        TimmDetector("test_resnet", **wrong)
