"""The card in words says everything that model.json knows, the same each time."""

import pytest

from components.training.card import words

CARD = {
    "name": "yolov8n", "dataset": "d" * 64, "preprocessing_digest": "p" * 64, "config": "c" * 64, "commit": "a" * 40, "seed": 3,
    "preprocessing": [{"_target_": "components.preprocessing.resize.Resize", "width": 640}],
    "metrics": {"map50": 0.75, "map50.camera.a": 0.5}, "input": {"width": 96, "height": 64, "color": "rgb"}, "format": "yolov8",
    "model": {"_target_": "plugins.ultralytics.yolo.Yolo"},
    "signature": {"inputs": [{"name": "images", "shape": ["any", 3, 64, 96], "dtype": "float32"}], "outputs": []},
}  # fmt: skip
SAID = (
    "# staff_detector: yolov8n", "d" * 64, "Resize(", "bay_a (`ffffffffffff`)", "| map50 | 0.75 |", "AGPL-3.0", "seed 3",
    "`images` float32 ('any', 3, 64, 96)", "color=rgb", "a" * 40, "flows.promote name=staff_detector",
)  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_what_an_auditor_asks_is_in_it(said):
    assert said in words(CARD, name="staff_detector", cameras={"bay_a": "f" * 64})


def test_slices_are_left_to_the_evaluation_and_the_same_card_has_the_same_words():
    text = words(CARD, name="staff_detector", cameras={})
    assert "map50.camera.a" not in text and text == words(CARD, name="staff_detector", cameras={})


@pytest.mark.parametrize(("chain", "said"), [([], "no steps"), (CARD["preprocessing"], "Resize")])
def test_the_chain(chain, said):
    assert said in words({**CARD, "preprocessing": chain}, name="x", cameras={})


def test_another_licence():
    assert "AGPL" not in words({**CARD, "model": {"_target_": "components.models.fcos.Fcos"}}, name="x", cameras={})
