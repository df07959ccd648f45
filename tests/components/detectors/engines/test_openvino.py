import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from components.contracts import InputError
from components.detectors.engines.openvino import TYPES
from components.detectors.onnx import Onnx

YOLOX = Path(__file__).resolve().parents[5] / "shared" / "data" / "yolox_nano" / "yolox_nano.onnx"
PICTURE = np.full((128, 192, 3), 90, np.uint8)  # letterboxed by 0.5 into 96x64


@pytest.fixture
def weights(network):
    output = np.zeros((1, 5, 126), np.float32)
    output[0, :, 0] = [30, 20, 10, 20, 0.9]
    return network({"output0": output}, batch="n")  # one that ignores its input has none for OpenVINO


def test_boxes_come_out_in_native_pixels(weights, frame_of):
    detector = Onnx(weights, runtime="openvino")
    first, second = detector.detect([frame_of(PICTURE), frame_of(PICTURE)])
    assert first.boxes.tolist() == second.boxes.tolist() == [[50, 20, 70, 60]]
    assert first.scores.tolist() == [pytest.approx(0.9)]


def test_it_sees_what_onnx_runtime_sees(pets_frames, frame_of):
    if not YOLOX.is_file():
        pytest.skip(f"needs the network {YOLOX}, which is not part of the project")
    frames = [frame_of(image) for image in pets_frames]
    for one, other in zip(Onnx(str(YOLOX)).detect(frames), Onnx(str(YOLOX), runtime="openvino").detect(frames), strict=True):
        assert len(one) == len(other) > 3
        assert one.boxes == pytest.approx(other.boxes, abs=0.1) and one.scores == pytest.approx(other.scores, abs=1e-3)


def test_a_precision_that_the_processor_lacks_is_refused(weights):
    able = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    assert "FP32" in able
    for precision in (name for name in ("f32", "bf16") if TYPES[name] not in able):
        with pytest.raises(InputError, match=f"precision={precision}: this processor has none; it has .*FP32"):
            Onnx(weights, runtime="openvino", precision=precision)


def test_a_file_that_is_no_network_is_named(tmp_path):
    (tmp_path / "weights.onnx").write_text("these are no weights")
    with pytest.raises(InputError, match=r"weights.onnx: not an ONNX file"):
        Onnx(str(tmp_path / "weights.onnx"), runtime="openvino")


def test_its_telemetry_is_never_imported():
    code = "import sys, components.detectors.engines.openvino, openvino.tools.ovc as o; "
    code += "assert not sys.modules['openvino_telemetry']; print(type(o.telemetry).__module__)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[4], capture_output=True, text=True, check=True
    )
    assert "stub" in found.stdout
