import numpy as np
import pytest

from components.contracts import Camera, Frame

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


@pytest.fixture
def picture():
    """A picture with edges, colours and noise: 192x144."""
    y, x = np.mgrid[:144, :192]
    squares = ((x // 12 + y // 12) % 2 * 120 + 60).astype(np.float64)
    noise = np.random.default_rng(0).normal(0, 3, (144, 192, 3))
    return np.clip(squares[..., None] * [1.0, 0.8, 0.6] + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def frame_of():
    def make(image, *, time=0, index=0):
        return Frame(CAMERA, time, index, "", time, image, np.eye(3))

    return make
