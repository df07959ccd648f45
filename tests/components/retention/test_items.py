from __future__ import annotations

import pytest

from components.retention.items import DAY, HOUR, SECOND, Item, Span, span_of
from components.storage import layout
from tests.components.retention.conftest import RUN, TEN


def test_footage_begins_where_its_name_says_and_ends_where_one_is_told() -> None:
    path = layout.raw("bay_a", TEN + 5, "a" * 64, ".mkv")
    assert span_of(path, lambda start: start + 10 * SECOND) == Span("bay_a", TEN + 5, TEN + 5 + 10 * SECOND)
    assert span_of(path) == Span("bay_a", TEN + 5, TEN + HOUR)
    assert span_of(layout.truth(path), lambda start: start + 1) == Span("bay_a", TEN + 5, TEN + 6)


@pytest.mark.parametrize(
    ("path", "span"),
    [
        (layout.sightings("bay_a", TEN + 7, RUN), Span("bay_a", TEN, TEN + HOUR)),
        (layout.frames("bay_a", TEN + 7, RUN), Span("bay_a", TEN, TEN + HOUR)),
        (layout.features("bay_a", TEN + 7, RUN), Span("bay_a", TEN, TEN + HOUR)),
        (layout.positions(TEN + 7, RUN), Span("", TEN, TEN + HOUR)),
        ("lake/fact_presence/date=2026-03-02/fact_presence.parquet", Span("", TEN - 10 * HOUR, TEN + 14 * HOUR)),
    ],
)
def test_other_files_are_of_the_hour_or_the_day_that_their_path_names(path: str, span: Span) -> None:
    assert span_of(path) == span


@pytest.mark.parametrize(
    "path",
    [
        "lake/dim_camera/dim_camera.parquet", "parts/half/bay-00000.tar", "notes.txt", "raw/camera=a/film.mkv",
        "models/model.onnx", "sightings/date=2026-02-30/hour=10/camera=a/x.parquet",
        "sightings/date=2026-03-02/hour=24/camera=a/x.parquet",
        "lake/t/date=2026-13-01/t.parquet",
    ],
)  # fmt: skip
def test_what_does_not_say_its_time_has_none(path: str) -> None:
    assert span_of(path) is None


def test_an_item_is_as_old_as_the_newest_in_it() -> None:
    assert Item("datasets/d", (), (Span("a", 0, DAY), Span("b", 0, HOUR)), 0).end == DAY
    assert Item("datasets/d", (), (), 0).dataset == "d" and Item("raw/x", ("raw/x",), (), 0).dataset == ""
