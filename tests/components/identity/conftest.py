import cv2
import numpy as np
import pytest

from components.contracts import Camera, Frame, Person, Tracks

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
ROSTER = (
    Person("nurse_1", "nurse", "Bay A", "07:00-19:00", 1),
    Person("doctor_1", "doctor", "Surgery", "08:00-18:00", 11),
)


@pytest.fixture
def roster():
    return ROSTER


@pytest.fixture
def scene():
    """A frame of 640x360 with people of 100x240 at these left edges, wearing these badges (None: none), and their tracks."""

    def make(people, *, time=0, side=30, ids=None):
        image = np.full((360, 640, 3), 120, np.uint8)
        image += np.random.default_rng(0).integers(0, 6, image.shape, dtype=np.uint8)
        boxes = np.array([[left, 60, left + 100, 300] for left, _ in people], np.float32).reshape(-1, 4)
        for left, badge in people:
            cv2.rectangle(image, (left + 20, 60), (left + 80, 300), (160, 90, 40), -1)
            if badge is not None:
                marker = cv2.aruco.generateImageMarker(
                    cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), badge, side - side // 4
                )
                sheet = cv2.copyMakeBorder(marker, *[side // 8] * 4, cv2.BORDER_CONSTANT, value=(255,))
                h, w = sheet.shape
                image[120 : 120 + h, left + 35 : left + 35 + w] = sheet[..., None]
        tracks = Tracks(np.array(ids or range(1, len(people) + 1), np.int64), boxes, np.ones(len(people), np.float32))
        return Frame(CAMERA, time, 0, "", time, image, np.eye(3)), tracks

    return make
