"""Charts say in SVG what the numbers are."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from components.evaluation import charts
from components.evaluation.contrast import Change


def test_intervals_lie_where_they_are() -> None:
    better = Change(value=0.1, low=0.05, high=0.2, word="better")
    bare = Change(value=-0.1)
    drawn = charts.intervals([("map50: b - a", better), ("recall: b - a", bare)])
    lines = [each.attrib for each in drawn.iter("line")]
    zero, line = lines[0], lines[1]
    assert len(lines) == 2 and float(zero["x1"]) < float(line["x1"]) < float(line["x2"])
    one, other = (float(each.attrib["cx"]) for each in drawn.iter("circle"))
    assert float(line["x1"]) < one < float(line["x2"]) and other < float(zero["x1"])
    assert line["stroke"] == charts.WORDS["better"]
    assert charts.intervals([("same", Change(value=0.0, low=0.0, high=0.0))]) is not None  # nothing to scale by


def test_curves_have_a_colour_for_each_run() -> None:
    x = np.linspace(0, 1, 5)
    drawn = charts.curves([(f"run {i}", x, 1 - x) for i in range(10)], across="recall", up="precision")
    lines = list(drawn.iter("polyline"))
    assert len(lines) == 10 and lines[0].attrib["stroke"] == lines[8].attrib["stroke"] != lines[1].attrib["stroke"]
    assert [text.text for text in drawn.iter("text")].count("run 9") == 1


def test_boxes_over_a_picture_that_is_there_once() -> None:
    boxes = np.array([[10, 20, 40, 80], [0, 0, 5, 5]], np.float32)
    drawn = charts.boxed("p1", 320, 240, boxes, paint="#fff", right=[True, False], said=["0.90", "0.30"])
    one, two = (each.attrib for each in drawn.iter("rect"))
    assert {key: float(one[key]) for key in ("x", "y", "width", "height")} == {"x": 10, "y": 20, "width": 30, "height": 60}
    assert "stroke-dasharray" not in one and two["stroke-dasharray"]
    assert [each.attrib["href"] for each in drawn.iter("use")] == ["#p1"]
    assert "data:x" in ET.tostring(charts.photograph("p1", "data:x", 320, 240), encoding="unicode")
    assert len(list(charts.boxed("p1", 320, 240, boxes[:0], paint="#fff", right=[], said=[]).iter("rect"))) == 0


@pytest.mark.parametrize("run", [0, 7, 8, 100])
def test_every_run_has_a_colour(run: int) -> None:
    assert charts.colour(run) in charts.COLOURS
