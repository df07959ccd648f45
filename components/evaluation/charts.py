"""Charts as SVG for a page that needs nothing else: intervals of differences, curves, and pictures with boxes over them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import numpy as np

from components.contracts import Floats32, Floats64
from components.evaluation.contrast import Change
from components.evaluation.page import element

COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#4d7c0f", "#0e7490", "#9a6700")  # of the runs, in turn
WORDS = {"better": "#1a7f37", "worse": "#cf222e"}
GREY = "#8c959f"
LABEL, PLOT, LINE = 260, 520, 24  # pixels: of the names, of the chart, of a row


def colour(run: int) -> str:
    return COLOURS[run % len(COLOURS)]


def intervals(rows: Sequence[tuple[str, Change]]) -> ET.Element:
    """Each difference with its interval on one line; the upright line is no difference."""
    ends = [value for _, each in rows for value in (each.low, each.high, each.value) if value is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = (PLOT - 20) / ((high - low) or 1.0)
    height = LINE * len(rows) + 26
    drawing = _svg(LABEL + PLOT, height, "differences and their intervals")
    zero = _x(0.0, low, scale)
    drawing.append(element("line", x1=zero, x2=zero, y1=4, y2=height - 20, stroke=GREY))
    for i, (name, change) in enumerate(rows):
        drawing.extend(_interval(name, change, LINE * i + 16, low, scale))
    for value in (low, 0.0, high):
        drawing.append(_text(f"{value:+.3g}" if value else "0", _x(value, low, scale), height - 6, anchor="middle"))
    return drawing


def _interval(name: str, change: Change, y: float, low: float, scale: float) -> list[ET.Element]:
    paint, drawn = WORDS.get(change.word, GREY), [_text(name, LABEL - 10, y + 4, anchor="end")]
    if change.low is not None and change.high is not None:
        ends = {"x1": _x(change.low, low, scale), "x2": _x(change.high, low, scale)}
        drawn.append(element("line", **ends, y1=y, y2=y, stroke=paint, stroke_width=3, stroke_linecap="round"))
    return [*drawn, element("circle", cx=_x(change.value, low, scale), cy=y, r=5, fill=paint)]


def _x(value: float, low: float, scale: float) -> float:
    return round(LABEL + 10 + (value - low) * scale, 2)


def curves(lines: Sequence[tuple[str, Floats64, Floats64]], *, across: str, up: str) -> ET.Element:
    """Lines (name, x, y) with both axes from 0 to 1, in the colours of the runs."""
    size, left, foot = 320, 44, 34
    drawing = _svg(size + left + 200, size + foot + 10, f"{up} over {across}")
    for part in (0.0, 0.5, 1.0):
        x, y = left + part * size, 6 + (1 - part) * size
        drawing.append(element("line", x1=left, x2=left + size, y1=y, y2=y, stroke=GREY, stroke_width=0.5))
        drawing.append(element("line", x1=x, x2=x, y1=6, y2=6 + size, stroke=GREY, stroke_width=0.5))
        drawing.append(_text(f"{part:g}", left - 6, y + 4, anchor="end"))
        drawing.append(_text(f"{part:g}", x, size + 20, anchor="middle"))
    drawing.append(_text(f"{up} over {across}", left + size / 2, size + foot + 4, anchor="middle"))
    for run, (name, xs, ys) in enumerate(lines):
        points = " ".join(
            f"{left + x * size:.1f},{6 + (1 - y) * size:.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
        )
        drawing.append(element("polyline", points=points, fill="none", stroke=colour(run), stroke_width=2))
        drawing.append(_text(name, left + size + 14, 20 + 20 * run, fill=colour(run)))
    return drawing


def photograph(name: str, url: str, width: int, height: int) -> ET.Element:
    """A picture that `boxed` shows any number of times, and that is in the page once."""
    image = element("image", id=name, href=url, width=width, height=height)
    return element("svg", element("defs", image), width=0, height=0, style="position:absolute", aria_hidden="true")


def boxed(
    name: str, width: int, height: int, boxes: Floats32, *, paint: str, right: Sequence[bool], said: Sequence[str]
) -> ET.Element:
    """The picture `name` with boxes (n, 4) xyxy in its pixels: solid where `right`, dashed where not, `said` above them."""
    drawing = element("svg", element("use", href=f"#{name}"), viewBox=f"0 0 {width} {height}", width=360, role="img")
    line, letters = width / 180, max(width / 32, 9.0)
    for (x1, y1, x2, y2), good, text in zip(np.round(boxes, 1).tolist(), right, said, strict=True):
        place = {"x": x1, "y": y1, "width": max(x2 - x1, 0), "height": max(y2 - y1, 0)}
        dashes = {} if good else {"stroke_dasharray": f"{3 * line:.1f}"}
        drawing.append(element("rect", **place, fill="none", stroke=paint, stroke_width=round(line, 2), **dashes))
        drawing.append(_text(text, x1, max(y1 - line, letters), fill=paint, size=letters))
    return drawing


def _svg(width: float, height: float, label: str) -> ET.Element:
    return element("svg", viewBox=f"0 0 {width} {height}", width=width, height=height, role="img", aria_label=label)


def _text(text: str, x: float, y: float, *, anchor: str = "start", fill: str = "", size: float = 13) -> ET.Element:
    style = f"fill:{fill}" if fill else ""
    return element("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, font_size=round(size, 1), style=style)
