from __future__ import annotations

from typing import Any

import pytest

from components.datasets import manifest

RECIPE = {"chain": [{"size": 2}], "picture": "jpg"}


def _row(time: int, camera: str = "a", **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(manifest.SCHEMA.names, "x")
    whole = (
        "segment_time",
        "index",
        "people",
        "clock_correction",
        "phash",
        "width",
        "height",
        "offset",
        "size",
        "label_offset",
        "label_size",
    )
    row |= dict.fromkeys(whole, 1) | {"labelled": True, "to_native": [1.0] * 9, "quality": [("contrast", 0.5)]}
    return row | {"time": time, "camera": camera} | changes


ROWS = [_row(2), _row(1), _row(1, "b"), _row(1, segment="w")]


def test_the_digest_does_not_know_the_order_of_rows() -> None:
    digests = {manifest.digest(rows, RECIPE) for rows in (ROWS, ROWS[::-1], ROWS[2:] + ROWS[:2])}
    assert len(digests) == 1
    assert len(digests.pop()) == 64


@pytest.mark.parametrize("name", ["shard", "offset", "size", "label_offset", "label_size", "index", "key"])
def test_the_digest_does_not_know_where_a_frame_lies(name: str) -> None:
    other = [row | {name: 77} for row in ROWS]
    assert manifest.digest(other, RECIPE) == manifest.digest(ROWS, RECIPE)


@pytest.mark.parametrize("name", manifest.IDENTITY)
def test_the_digest_knows_everything_that_a_frame_is(name: str) -> None:
    other = [ROWS[0] | {name: "other"}, *ROWS[1:]]
    assert manifest.digest(other, RECIPE) != manifest.digest(ROWS, RECIPE)


def test_the_digest_knows_the_recipe_and_every_row() -> None:
    whole = manifest.digest(ROWS, RECIPE)
    assert manifest.digest(ROWS, RECIPE | {"picture": "png"}) != whole
    assert manifest.digest(ROWS[1:], RECIPE) != whole
    assert manifest.digest([*ROWS, ROWS[0]], RECIPE) != whole
    assert manifest.digest(ROWS, dict(reversed(RECIPE.items()))) == whole


def test_rows_come_back_in_order_of_camera_time_and_segment() -> None:
    table = manifest.from_bytes(manifest.to_bytes(ROWS))
    assert table.schema.equals(manifest.SCHEMA)
    assert table.to_pylist() == [ROWS[3], ROWS[1], ROWS[0], ROWS[2]]


def test_the_same_rows_make_the_same_file() -> None:
    assert manifest.to_bytes(ROWS) == manifest.to_bytes(ROWS[::-1])
