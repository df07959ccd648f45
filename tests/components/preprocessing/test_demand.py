import pytest

from components.preprocessing.contrast import Clahe
from components.preprocessing.corrupt import Corrupt
from components.preprocessing.crop import Crop
from components.preprocessing.demand import wanted
from components.preprocessing.gates import Dark
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Letterbox, Resize


@pytest.mark.parametrize(
    ("steps", "pixels"),
    [
        ([], "bgr"), ([Gray()], "luma"), ([Resize(width=9), Crop(), Letterbox(width=9, height=9), Gray()], "luma"),
        ([Dark(), Resize(width=9), Gray()], "luma"), ([Resize(width=9)], "bgr"), ([Corrupt(), Gray()], "bgr"),
        ([Clahe(), Gray()], "bgr"), ([Gray(), Clahe()], "luma"),
    ],
)  # fmt: skip
def test_colour_is_asked_for_unless_nobody_looks_at_it(steps, pixels):
    assert wanted(steps) == pixels
