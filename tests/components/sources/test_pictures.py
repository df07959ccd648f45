from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from components.contracts import SMALL
from components.sources.pictures import Converter
from tests.components.sources.films import film

LAB = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "lab4" / "cam0.mp4"


def _first(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def _differences(picture: av.VideoFrame) -> tuple[Any, Any]:
    colour, grey = Converter("bgr").image(picture), Converter("luma").image(picture)
    assert grey.shape == colour.shape and grey.strides[2] == 0 and not grey.flags.writeable
    return np.abs(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(int) - grey[..., 0]), colour


@pytest.mark.skipif(not LAB.exists(), reason="the footage of lab4 is not here")
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv444p", "nv12"])
def test_luma_is_the_grey_of_the_coloured_picture(pixels: str) -> None:
    picture = _first(LAB).reformat(format=pixels)
    off, colour = _differences(picture)
    inside = (colour.min(2) > 0) & (colour.max(2) < 255)
    assert off[inside].max() <= 2 and (off[inside] <= 1).mean() > 0.998


@pytest.mark.parametrize(("words", "thrice"), [
    ({}, True), ({"colorspace": 5}, True), ({"colorspace": 1}, False), ({"pixels": "yuv420p10le"}, False),
    ({"codec": "ffv1", "pixels": "gray16le"}, False), ({"codec": "ffv1", "pixels": "bgr0", "size": (97, 63)}, False),
])  # fmt: skip
def test_where_luma_is_not_what_grey_means_pictures_have_their_colours(
    words: dict[str, Any], thrice: bool, tmp_path: Path
) -> None:
    picture = _first(film(tmp_path / "a.mkv", frames=3, **words))
    image = Converter("luma").image(picture)
    assert image.shape == (picture.height, picture.width, 3) and image.dtype == np.uint8
    assert (image.strides[2] == 0) == thrice
    if not thrice:
        assert np.array_equal(image, Converter("bgr").image(picture))


@pytest.mark.parametrize("words", [{}, {"pixels": "yuv420p10le"}, {"codec": "ffv1", "pixels": "gray16le"}, {"size": (640, 480)}])
def test_a_glance_looks_like_the_picture(words: dict[str, Any], tmp_path: Path) -> None:
    picture = _first(film(tmp_path / "a.mkv", frames=3, **words))
    seen, image = Converter("bgr").small(picture), Converter("bgr").image(picture)
    assert seen.shape[1] == min(SMALL, picture.width)
    expected = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), seen.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.corrcoef(seen.ravel(), expected.ravel())[0, 1] > 0.98
