import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


@pytest.fixture
def follow():
    """Somebody in one box, found with these scores from frame to frame, looked at or not; the ids that came out."""

    def run(tracker, scores, *, look=False, box=(10, 10, 50, 110)):
        ids = []
        for i, score in enumerate(scores):
            frame = Frame(CAMERA, i * 100_000_000, i, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
            where, sure = np.array([box], np.float32), np.array([score], np.float32)
            features = np.eye(1, 8 if look else 0, dtype=np.float32)
            ids.append(tracker.update(frame, Detections(where, sure, np.zeros(1, np.int64), features)).ids.tolist())
        return ids

    return run
