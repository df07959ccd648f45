"""The report says what was computed, of any number of runs."""

from __future__ import annotations

import numpy as np
import pytest

from components.evaluation.comparison import Difference
from components.evaluation.configs import Setting
from components.evaluation.contrast import Change, Drawing, Estimate, plain, row
from components.evaluation.disagreement import Disputed, Found
from components.evaluation.side_by_side import Report, Shown, Subject, change_text, html, value_text

DRAWN = [np.array([0.5, 0.4, 0.6]), np.array([0.7, 0.65, 0.9])]
FOUND = tuple(
    Found(np.array([[1, 2, 3, 4]], np.float32), np.array([good]), np.array([0.875], np.float32)) for good in (True, False)
)


def report(**more):
    parts = {
        "subjects": [Subject(letter=letter, title=f"run <{letter}>", facts={"id": letter * 3}) for letter in "ab"],
        "differences": [], "settings": [Setting("model.name", ("n", "s"), ("", "command line"))],
        "rows": [row("map50", DRAWN, n=40), plain("people", [3.0, 3.0]), row("map50", DRAWN, n=20, kind="camera", value="bay_a")],
        "curves": [], "shown": [], "notes": ["a note"], "how": Drawing(count=2),
    }  # fmt: skip
    return html(Report(**{**parts, **more}))


def test_what_is_in_it() -> None:
    page = report()
    for text in (
        "run &lt;a&gt;",
        "model.name",
        "command line",
        "a note",
        "0.5 [0.405, 0.595]",
        "By camera",
        "bay_a",
        "2 draws of 40",
    ):
        assert text in page, text
    assert 'class="better">+0.2 [' in page and "<svg" in page and "disagree" not in page and 'class="warning"' not in page


def test_without_intervals_and_on_other_ground() -> None:
    page = report(rows=[plain("loss", [1.0, None])], settings=[], differences=[("b", Difference("chain", "step 1 differs"))])
    assert "No intervals" in page and "Nothing." in page and "b: chain: step 1 differs" in page and "<svg" not in page


def test_curves_and_pictures() -> None:
    line = np.linspace(0, 1, 3)
    disputed = Disputed("k", "bay_a", 1_772_445_600 * 10**9, 2, FOUND)
    shown = Shown(disputed=disputed, picture=b"jpeg", width=320, height=240, truth=np.array([[5, 5, 9, 9]], np.float32))
    page = report(curves=[(line, line), (line, line)], shown=[shown])
    assert page.count("<polyline") == 2 and page.count("data:image/jpeg;base64,") == 1 and page.count('href="#picture0"') == 3
    assert "2026-03-02 10:00:00 UTC, boxes in dispute: 2" in page and "0.88" in page


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (value_text(None), "-"), (value_text(Estimate(value=1234.0)), "1,234"), (value_text(Estimate(value=0.61234)), "0.6123"),
        (change_text(None), "-"), (change_text(Change(value=-0.5)), "-0.5"),
        (change_text(Change(value=0.04, low=0.01, high=0.07, word="better")), "+0.04 [+0.01, +0.07] better"),
    ],
)  # fmt: skip
def test_figures_for_people(said: str, text: str) -> None:
    assert said == text
