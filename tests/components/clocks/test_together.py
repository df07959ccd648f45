"""Pairs of cameras that are apart become cameras that are ahead, of those that are right or of their mean."""

from __future__ import annotations

import pytest

from components.clocks.together import Apart, together

PAIRS = [Apart("a", "b", 0.30, 0.01, 20), Apart("b", "c", -0.50, 0.01, 20), Apart("a", "c", -0.14, 0.05, 3)]


def test_against_a_camera_that_is_right() -> None:
    found = together(PAIRS, ["a", "z"])
    assert set(found) == {"b", "c"} and found["b"].reference == "a"
    assert found["b"].offset == pytest.approx(0.30, abs=0.01) and found["c"].offset == pytest.approx(-0.20, abs=0.02)
    assert found["b"].uncertainty == pytest.approx(0.01, rel=0.1) and found["c"].uncertainty > found["b"].uncertainty


def test_without_one_against_their_mean_and_each_group_for_itself() -> None:
    found = together([*PAIRS, Apart("x", "y", 1.0, 0.01, 9)], ["a"])
    assert found["x"].offset == pytest.approx(-0.5) and found["y"].offset == pytest.approx(0.5)
    assert found["y"].reference == "the mean of x, y" and found["b"].reference == "a"
    assert together([], ["a"]) == {}
