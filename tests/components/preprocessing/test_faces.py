import cv2
import numpy as np
import pytest

from components.contracts import InputError, Rejected
from components.preprocessing.faces import Faces
from components.preprocessing.hiding import GREY

SECOND = 10**9


class Network:
    """What answers like cv2.FaceDetectorYN."""

    def __init__(self, faces):
        self.faces, self.size = faces, None

    def setInputSize(self, size):
        self.size = size

    def detect(self, view):
        assert (view.shape[1], view.shape[0]) == self.size
        if isinstance(self.faces, str):
            raise cv2.error("no memory")
        return 1, self.faces


@pytest.fixture
def faces(monkeypatch, tmp_path):
    def make(found, **settings):
        weights = tmp_path / "yunet.onnx"
        weights.write_bytes(b"")
        monkeypatch.setattr(cv2.FaceDetectorYN, "create", lambda *_: Network(found))
        return Faces(str(weights), how="fill", **settings)

    return make


FOUND = np.array([[40, 30, 20, 24, *range(10), 0.9]], np.float32)


def test_faces_are_hidden_and_a_little_around(faces, picture, frame_of):
    image = faces(FOUND)(frame_of(picture)).image
    assert (image[30:54, 40:60] == GREY).all()
    assert (image[:25] == picture[:25]).all() and (image[60:] == picture[60:]).all()


def test_an_enlarged_picture_is_looked_at_and_undone(faces, picture, frame_of):
    image = faces(FOUND * 2, enlarge=2.0, grow=0.0)(frame_of(picture)).image
    assert (image[30:54, 40:60] == GREY).all() and (image[56:] == picture[56:]).all()


def test_a_face_that_turns_away_stays_hidden_for_a_while(faces, picture, frame_of):
    step = faces(FOUND, hold=1.0)
    step(frame_of(picture))
    step._network.faces = None
    assert (step(frame_of(picture, time=SECOND)).image[30:54, 40:60] == GREY).all()
    assert (step(frame_of(picture, time=4 * SECOND)).image == picture).all()


def test_it_fails_closed(faces, picture, frame_of):
    assert faces("broken")(frame_of(picture)) == Rejected("unmasked")
    assert faces(None, nobody="reject")(frame_of(picture)) == Rejected("unmasked")


def test_absent_weights_and_other_files_say_what_is_needed(tmp_path):
    with pytest.raises(InputError, match=r"no such file; give it face_detection_yunet_2023mar.onnx"):
        Faces(str(tmp_path / "none.onnx"))
    (tmp_path / "some.onnx").write_bytes(b"not a network")
    with pytest.raises(InputError, match="not YuNet"):
        Faces(str(tmp_path / "some.onnx"))
    with pytest.raises(InputError, match="expected 0 < score < 1"):
        Faces("x", score=3)
