import numpy as np
import pytest

from components.contracts import Camera, Frame, Rejected
from components.preprocessing.beside import Beside, Twofold, other
from components.preprocessing.demand import wanted
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Resize

FRAME = Frame(Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), 0, 0, "", 0, np.full((8, 12, 3), 9, np.uint8), np.eye(3))


def test_the_chain_in_charge_gives_the_frame_and_the_other_one_can_be_asked():
    shown = Beside((Resize(width=6),), others=(Resize(width=3),))(FRAME)
    assert shown.image.shape == (4, 6, 3) and other(shown).image.shape == (2, 3, 3)
    assert other(FRAME) is FRAME
    assert shown.to_native[0, 0] == 2 and other(shown).to_native[0, 0] == 4


def test_what_the_chain_in_charge_drops_is_dropped():
    assert Beside((lambda _: Rejected("dark"),), others=())(FRAME) == Rejected("dark")


def test_sources_are_asked_for_what_the_chain_in_charge_wants():
    assert wanted([Beside((Gray(),), others=())]) == "luma"
    assert wanted([Beside((Resize(width=6),), others=(Gray(),))]) == "bgr"


def test_a_frame_of_one_chain_says_so():
    with pytest.raises(RuntimeError, match="one chain only"):
        other(
            Twofold(
                *(getattr(FRAME, name) for name in ("camera", "time", "index", "segment", "segment_time", "image", "to_native"))
            )
        )
