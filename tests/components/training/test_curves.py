"""Learning curves: drawn from rows, the same picture for the same rows."""

import cv2

from components.training.curves import curves

ROWS = [
    {"epoch": epoch, "loss": 3 / epoch, "loss.box": 1 / epoch, "map50": 0.2 * epoch, "recall.nurse": 0.1, "learning_rate": 0.01}
    for epoch in (1.0, 2.0, 3.0)
]
WORDS = {"map50": "mAP50", "recall.nurse": ""}


def test_the_same_rows_give_the_same_picture(tmp_path):
    for name in "ab":
        curves(ROWS, tmp_path / f"{name}.png", words=WORDS)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert cv2.imread(str(tmp_path / "a.png")).shape == (840, 640, 3)


def test_other_rows_give_another(tmp_path):
    curves(ROWS, tmp_path / "a.png", words=WORDS)
    curves(ROWS[:1], tmp_path / "b.png", words=WORDS)
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()
