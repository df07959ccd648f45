import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.deinterlace import Deinterlace


@pytest.fixture
def moments():
    """A light square on a grey ramp, at two moments: 12 px further."""
    ramp = np.repeat(np.linspace(60, 120, 120).astype(np.uint8)[:, None], 160, axis=1)
    first, second = (np.repeat(ramp[..., None], 3, axis=2) for _ in range(2))
    first[30:90, 40:80], second[30:90, 52:92] = 230, 230
    return first, second


def woven(first, second):
    image = first.copy()
    image[1::2] = second[1::2]
    return image


@pytest.mark.parametrize("where", ["combed", "everywhere"])
@pytest.mark.parametrize("field", ["top", "bottom"])
def test_one_moment_remains(moments, frame_of, where, field):
    first, second = moments
    image = Deinterlace(field=field, where=where)(frame_of(woven(first, second))).image
    wanted = first if field == "top" else second
    assert np.abs(image[32:88].astype(int) - wanted[32:88]).max() <= 2
    assert np.abs(woven(first, second)[32:88].astype(int) - wanted[32:88]).max() > 80


def test_what_stands_still_keeps_all_its_lines(moments, frame_of):
    first, _ = moments
    assert (Deinterlace()(frame_of(first)).image == first).all()


def test_lines_of_the_field_are_as_they_were(picture, frame_of):
    assert (Deinterlace(where="everywhere")(frame_of(picture)).image[::2] == picture[::2]).all()


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="expected"):
        Deinterlace(comb=0)
