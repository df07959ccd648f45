from __future__ import annotations

import numpy as np
import pytest

from components.contracts import SMALL
from components.glance import small


@pytest.mark.parametrize("shape", [(1080, 1920), (1080, 1920, 3), (1, 1), (7, 5, 3), (3, 4000)])
def test_a_glance_is_one_plane_of_few_pixels(shape: tuple[int, ...]) -> None:
    seen = small(np.full(shape, 77, np.uint8))
    assert seen.ndim == 2 and seen.dtype == np.uint8 and (seen == 77).all()
    assert seen.shape[1] == min(SMALL, shape[1]) and seen.shape[0] >= 1
