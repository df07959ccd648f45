"""The same weights for pictures of any shape: what is computed, and that it means the same."""

from pathlib import Path

import numpy as np
import pytest

from components.detectors.engines.onnx import session
from components.detectors.network import Network
from components.detectors.onnx import Onnx
from components.geometry import iou

YOLOX = Path(__file__).resolve().parents[4] / "shared" / "data" / "yolox_nano" / "yolox_nano.onnx"


@pytest.fixture
def yolox():
    if not YOLOX.is_file():
        pytest.skip(f"needs the network {YOLOX}, which is not part of the project")
    return YOLOX


class Engine:
    """ONNX Runtime that remembers what it was fed."""

    def __init__(self):
        self.shapes = []

    def __call__(self, content):
        run = session(content, 1, ("CPUExecutionProvider",))

        def told(name, batch):
            self.shapes.append(batch.shape)
            return run(name, batch)

        return told


def picture(h, w):
    return np.zeros((h, w, 3), np.uint8)


@pytest.mark.parametrize(
    ("sides", "shape", "size"),
    [
        ("fitted", (576, 768), (416, 320)),
        ("fitted", (1080, 1920), (416, 256)),
        ("fitted", (800, 400), (224, 416)),
        ("fitted", (416, 416), (416, 416)),
        ("fitted", (10, 3000), (416, 32)),
        ("whole", (576, 768), (416, 416)),
    ],
)
def test_a_picture_gets_no_more_padding_than_the_stride_needs(yolox, sides, shape, size):
    assert Network(yolox, Engine(), format="auto", sides=sides).size(picture(*shape)) == size


def test_pictures_of_one_size_go_through_together(yolox):
    engine = Engine()
    network = Network(yolox, engine, format="auto", sides="fitted")
    assert len(list(network.see([picture(320, 416)] * 3, 0.1))) == 3
    assert engine.shapes[-1] == (3, 3, 320, 416)
    whole = Network(yolox, engine, format="auto", sides="whole")
    assert len(list(whole.see([picture(416, 416)] * 2, 0.1))) == 2
    assert engine.shapes[-2:] == [(1, 3, 416, 416)] * 2, "its file says one at a time"


def test_a_network_made_for_one_size_keeps_it(network):
    output = np.zeros((1, 5, 126), np.float32)
    for batch in (1, "n"):
        fixed = Network(Path(network({"output0": output}, batch=batch)), Engine(), format="auto", sides="fitted")
        assert fixed.size(picture(10, 96)) == (96, 64)


def test_less_padding_shows_the_same_people(yolox, pets_frames, frame_of):
    frames = [frame_of(image) for image in pets_frames]
    for less, more in zip(*(Onnx(str(yolox), sides=sides).detect(frames) for sides in ("fitted", "whole")), strict=True):
        sure = more.boxes[more.scores > 0.5]
        assert len(sure) > 2 and (iou(sure, less.boxes).max(axis=1) > 0.8).all()
