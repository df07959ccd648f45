"""What an export is held against."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from flows import _exported, export

CONFIG = {"weights": "models:/staff_detector/3", "score": 0.1, "split": "test"}


def test_two_that_see_nobody_prove_nothing():
    with pytest.raises(InputError, match=r"finds nobody with score=0\.1 in 2 pictures of split=test.*give another split="):
        _exported.somebody([[], []], CONFIG)
    _exported.somebody([[], ["somebody"]], CONFIG)


def test_a_precision_that_nothing_is_said_of_is_refused():
    with pytest.raises(InputError, match=r"tolerances has nothing for precision=int8"):
        export.plan(["precision=int8", "~tolerances.int8"])
    assert export.plan(["precision=int8"])["tolerances"]["int8"]["map_loss"] == 0.03
