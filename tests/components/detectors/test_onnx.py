import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from components.contracts import InputError
from components.detectors.decoding import cells
from components.detectors.onnx import Onnx
from components.geometry import iou
from components.preprocessing.resize import Resize
from components.signature import signature

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
PICTURE = np.full((128, 192, 3), 90, np.uint8)  # letterboxed by 0.5 into 96x64


def yolov8(*people, classes=1, batch=1):
    """The output of a network that sees these (cx, cy, w, h, score ...)."""
    output = np.zeros((batch, 4 + classes, 126), np.float32)
    for i, person in enumerate(people):
        output[:, : len(person), i * 10] = person
    return {"output0": output}


def test_boxes_come_out_in_native_pixels(network, frame_of):
    detector = Onnx(network(yolov8((30, 20, 10, 20, 0.9))))
    (found,) = detector.detect([frame_of(PICTURE)])
    assert found.boxes.tolist() == [[50, 20, 70, 60]]
    assert (found.scores.tolist(), found.labels.tolist()) == ([pytest.approx(0.9)], [0])
    assert (found.boxes.dtype, found.scores.dtype, found.labels.dtype) == (np.float32, np.float32, np.int64)


def test_preprocessing_before_it_is_undone(network, frame_of):
    detector = Onnx(network(yolov8((30, 20, 10, 20, 0.9))))
    shrunk = Resize(width=96)(frame_of(PICTURE))
    assert detector.detect([shrunk])[0].boxes[0] == pytest.approx([50, 20, 70, 60])


def test_boxes_end_where_the_picture_ends(network, frame_of):
    (found,) = Onnx(network(yolov8((0, 60, 20, 30, 0.9)))).detect([frame_of(PICTURE)])
    assert found.boxes.tolist() == [[0, 90, 20, 128]]


def test_the_padding_is_no_part_of_the_picture(network, frame_of):
    tall = np.full((128, 64, 3), 90, np.uint8)  # fills 32 of 96 columns
    (found,) = Onnx(network(yolov8((32, 30, 20, 20, 0.9)))).detect([frame_of(tall)])
    assert found.boxes.tolist() == [[44, 40, 64, 80]]


@pytest.mark.parametrize("batch", [1, "n"])
def test_a_batch_gives_what_single_frames_give(network, frame_of, batch):
    detector = Onnx(network(yolov8((30, 20, 10, 20, 0.9)), batch=batch))
    frames = [frame_of(PICTURE), frame_of(np.zeros((64, 64, 3), np.uint8)), frame_of(PICTURE[:, ::-1].copy())]
    together, apart = detector.detect(frames), [detector.detect([frame])[0] for frame in frames]
    assert [found.boxes.tolist() for found in together] == [found.boxes.tolist() for found in apart]
    assert detector.detect([]) == []


def test_weak_and_overlapping_detections_are_dropped(network, frame_of):
    weights = network(yolov8((30, 20, 10, 20, 0.9), (31, 20, 10, 20, 0.8), (70, 20, 10, 20, 0.3), (50, 40, 10, 20, 0.05)))
    assert len(Onnx(weights).detect([frame_of(PICTURE)])[0]) == 2
    assert len(Onnx(weights, score=0.5).detect([frame_of(PICTURE)])[0]) == 1
    assert len(Onnx(weights, iou=1.0, score=0.04).detect([frame_of(PICTURE)])[0]) == 4


def test_the_class_called_person_is_the_one_that_counts(network, frame_of):
    outputs = yolov8((30, 20, 10, 20, 0.9, 0.0), (70, 20, 10, 20, 0.0, 0.8), classes=2)
    card = {
        "format": "yolov8",
        "input": {"width": 96, "height": 64, "color": "rgb", "scale": 1 / 255},
        "classes": ["bed", "person"],
    }
    assert Onnx(network(outputs)).detect([frame_of(PICTURE)])[0].boxes[0, 0] == 50
    assert Onnx(network(outputs, card=card)).detect([frame_of(PICTURE)])[0].boxes[0, 0] == 130


def test_yolox_and_boxes_are_read_too(network, frame_of):
    output = np.zeros((1, cells(96, 64), 85), np.float32)
    output[0, 0, :6] = [1, 1, np.log(2), np.log(2), 1, 0.7]
    assert Onnx(network({"output": output})).detect([frame_of(PICTURE)])[0].boxes.tolist() == [[0, 0, 32, 32]]
    apart = {
        "boxes": np.array([[10, 10, 20, 30], [40, 10, 50, 30]], np.float32),
        "scores": np.array([0.9, 0.8], np.float32),
        "labels": np.array([0, 1]),
    }
    assert Onnx(network(apart)).detect([frame_of(PICTURE)])[0].boxes.tolist() == [[20, 20, 40, 60]]


def test_a_free_size_is_taken_from_the_card(network, frame_of):
    card = {"format": "yolov8", "input": {"width": 96, "height": 64}, "classes": ["person"]}
    weights = network(yolov8((30, 20, 10, 20, 0.9)), height="h", width="w", card=card)
    assert Onnx(weights).detect([frame_of(PICTURE)])[0].boxes.tolist() == [[50, 20, 70, 60]]
    Path(weights).with_name("model.json").unlink()
    with pytest.raises(InputError, match=r"no fixed size; put input.width and input.height into model.json"):
        Onnx(weights)


@pytest.mark.parametrize(
    ("outputs", "options", "complaint"),
    [
        ({"embedding": np.zeros((1, 512), np.float32)}, {}, r"outputs are embedding \(1, 512\).*expected YOLOX"),
        (yolov8(), {"format": "yolox"}, r"output0 \(1, 5, 126\), which do not read as yolox"),
        (yolov8(), {"channels": 1}, r"inputs are images \[1, 1, 64, 96\].*expected YOLOX"),
        (yolov8(), {"kind": 11}, r"tensor\(double\).*expected"),
        (yolov8(batch=4), {"batch": 4}, r"images \[4, 3, 64, 96\].*\(1 or free"),
        (yolov8(), {"card": {"format": "yolox"}}, "do not read as yolox"),
        (yolov8(), {"card": [1, 2]}, "a list, expected an object"),
    ],
)
def test_a_network_that_is_no_detector_is_described(network, outputs, options, complaint):
    format_ = options.pop("format", "auto")
    with pytest.raises(InputError, match=complaint):
        Onnx(network(outputs, **options), format=format_)


def test_a_wrong_file_is_named(tmp_path):
    text = tmp_path / "weights.onnx"
    text.write_text("these are no weights")
    with pytest.raises(InputError, match=r"weights.onnx: not an ONNX file"):
        Onnx(str(text))
    with pytest.raises(InputError, match=r"nothing.onnx: no such file"):
        Onnx(str(tmp_path / "nothing.onnx"))
    with pytest.raises(InputError, match=r"no such file"):
        Onnx(str(tmp_path))


def test_a_broken_card_is_named(network):
    weights = network(yolov8())
    Path(weights).with_name("model.json").write_text("{")
    with pytest.raises(InputError, match=r"model.json: not JSON"):
        Onnx(weights)


@pytest.mark.parametrize("settings", [{"score": 0}, {"score": 1.5}, {"iou": 0}, {"device": "cuda"}])
def test_settings_that_make_no_sense_are_refused(network, settings):
    with pytest.raises(InputError, match=r"expected both between 0 and 1|this ONNX Runtime has"):
        Onnx(network(yolov8()), **settings)


@pytest.fixture
def yolox_nano():
    path = DATA / "yolox_nano" / "yolox_nano.onnx"
    if not path.is_file():
        pytest.skip(f"needs the network {path}, which is not part of the project")
    return str(path)


def test_it_finds_the_people_of_real_footage(yolox_nano, pets, frame_of):
    detector = Onnx(yolox_nano, score=0.4)
    truth = np.loadtxt(pets / "gt" / "gt.txt", delimiter=",")
    capture, found, there = cv2.VideoCapture(str(pets / "vtest.avi")), 0, 0
    for index in range(400):
        _, image = capture.read()
        if index % 40:
            continue
        rows = truth[truth[:, 0] == index + 1]
        people = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
        small = Resize(width=640)(frame_of(image))
        overlap = iou(people, detector.detect([small])[0].boxes)
        found, there = found + (overlap.max(axis=1, initial=0) >= 0.5).sum(), there + len(people)
    assert found / there >= 0.85


def test_a_reidentification_network_is_no_detector(pets):
    weights = DATA / "osnet_x0_25" / "osnet_x0_25_msmt17.onnx"
    with pytest.raises(InputError, match=r"outputs are output \(1, 512\)"):
        Onnx(str(weights))


def test_colours_and_scale_follow_the_family(tmp_path, frame_of):
    """A network whose score is the mean of the first channel tells what it was fed."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Slice", ["images", "zero", "one", "axis"], ["first"]),
        helper.make_node("ReduceMean", ["first"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["mean", "shape"], ["score"]),
        helper.make_node("Pad", ["score", "pads", "none"], ["tail"]),
        helper.make_node("Add", ["tail", "box"], ["output0"]),
    ]
    box = np.zeros((1, 5, 126), np.float32)
    box[0, :4, 0] = [30, 20, 10, 20]
    constants = {"zero": [0], "one": [1], "axis": [1], "shape": [1, 1, 1], "pads": [0, 4, 0, 0, 0, 125]}
    values = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()]
    values += [numpy_helper.from_array(box, "box"), numpy_helper.from_array(np.array(0, np.float32), "none")]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 96])
    answer = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, 126])
    graph = helper.make_graph(nodes, "mean", [images], [answer], values)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9), tmp_path / "model.onnx")
    blue = np.zeros((64, 96, 3), np.uint8)
    blue[:] = (204, 102, 51)  # BGR
    (found,) = Onnx(str(tmp_path / "model.onnx")).detect([frame_of(blue)])
    assert found.scores[0] == pytest.approx(51 / 255, rel=1e-4), "YOLOv8 is fed RGB, 0..1"
    (tmp_path / "model.json").write_text('{"format": "yolov8", "input": {"color": "bgr", "scale": 0.002}, "classes": ["person"]}')
    assert Onnx(str(tmp_path / "model.onnx")).detect([frame_of(blue)])[0].scores[0] == pytest.approx(0.408, rel=1e-4)


def test_a_graph_of_another_model_than_its_card_is_refused(network, frame_of):
    weights = Path(network(yolov8((30, 20, 10, 20, 0.9))))
    known = signature(onnx.load(weights))
    card = {"signature": known, "format": "yolov8", "classes": ["person"]}
    weights.with_name("model.json").write_text(json.dumps(card))
    assert Onnx(str(weights)).detect([frame_of(PICTURE)])
    known["inputs"][0]["shape"][-1] += 32
    weights.with_name("model.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"its model\.json says .*one of the two files is of another model"):
        Onnx(str(weights))
