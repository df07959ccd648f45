import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


@pytest.fixture
def follow():
    """Somebody who stands still, found with these scores from frame to frame; the ids that came out."""

    def run(tracker, scores):
        ids = []
        for i, score in enumerate(scores):
            frame = Frame(CAMERA, i * 100_000_000, i, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
            box, sure = np.array([[10, 10, 50, 110]], np.float32), np.array([score], np.float32)
            ids.append(tracker.update(frame, Detections(box, sure, np.zeros(1, np.int64))).ids.tolist())
        return ids

    return run
