import cv2
import numpy as np
import pytest

from components.contracts import Camera, Frame, InputError, Person, Tracks
from components.identity.qr import Qr


def wearing(texts, *, module=3):
    """Somebody with a QR code on the chest for each of `texts`, side by side."""
    image = np.full((360, 200 * len(texts), 3), 120, np.uint8)
    for i, text in enumerate(texts):
        code = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode(text), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255,))
        code = code.repeat(module, 0).repeat(module, 1)
        left = 200 * i + 100 - code.shape[1] // 2
        image[90 : 90 + code.shape[0], left : left + code.shape[1]] = code[..., None]
    boxes = np.array([[200 * i + 10, 20, 200 * i + 190, 350] for i in range(len(texts))], np.float32)
    camera = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    return Frame(camera, 0, 0, "", 0, image, np.eye(3)), Tracks(np.arange(len(texts)), boxes, np.ones(len(texts), np.float32))


def test_an_id_and_a_number_both_name_their_owner(roster):
    said = Qr(roster=roster).look(*wearing(["doctor_1", "1"]), [0, 1])
    assert [(each.row, each.says, list(each.people)) for each in said] == [
        (0, "QR code of doctor_1 read", ["doctor_1"]),
        (1, "QR code of nurse_1 read", ["nurse_1"]),
    ]
    assert min(next(iter(each.people.values())) for each in said) > 2


def test_a_code_of_something_else_says_nothing(roster):
    assert Qr(roster=roster).look(*wearing(["https://example.org"]), [0]) == []


def test_a_code_on_two_people_is_nobodys(roster):
    frame, tracks = wearing(["doctor_1"])
    both = Tracks(np.arange(2), np.repeat(tracks.boxes, 2, axis=0) + np.float32([[0], [4]]), np.ones(2, np.float32))
    assert Qr(roster=roster).look(frame, both, [0, 1]) == []


def test_codes_that_could_mean_two_people_are_refused(roster):
    with pytest.raises(InputError, match="twice"):
        Qr(roster=(*roster, Person("11", "nurse", "", "", 7)))
