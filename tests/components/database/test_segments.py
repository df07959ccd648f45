from __future__ import annotations

from dataclasses import replace

import pytest

from components.contracts import Calibration, Camera, Segment
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import SegmentRow
from components.database.segments import Segments

HERE = Camera("cam", "Corridor", ((0.1, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
MOVED = Camera("cam", "Corridor", ((0.2, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
TWO = Camera("two", "Desk", HERE.homography)
TEN = 1_772_445_600_000_000_000


def _segment(camera: Camera, at: int, sha256: str = "a") -> Segment:
    return Segment(camera, sha256 * 64, TEN + at, TEN + at + 10, 250, f"raw/{camera.id}/{at}-{sha256}.mkv")


@pytest.fixture
def segments(database: Database) -> Segments:
    for camera in (HERE, TWO):
        Registry(database).add_camera(camera, "north", TEN)
    return Segments(database)


def test_a_segment_is_known_once(segments: Segments) -> None:
    segment = _segment(HERE, 0)
    assert segments.add(segment, "h264", 1000)
    assert not segments.add(segment, "h264", 1000)
    assert segments.of(["cam"]) == [segment]


def test_a_camera_comes_back_with_its_calibration(database: Database) -> None:
    lens = Calibration(
        ((9.0, 0.0, 5.0), (0.0, 9.5, 5.0), (0.0, 0.0, 1.0)), (0.1, 0.0, 0.0, 0.25),
        ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)), (0.0, 3.0, 0.1), (640, 480),
    )  # fmt: skip
    camera = Camera("lens", "Desk", lens.homography, lens)
    Registry(database).add_camera(camera, "north", TEN)
    Segments(database).add(_segment(camera, 0), "h264", 1)
    (found,) = Segments(database).of(["lens"])
    assert found.camera == camera and found.camera.version == camera.version


def test_segments_come_in_order_of_camera_time_and_content(segments: Segments) -> None:
    ordered = [_segment(HERE, 0, "a"), _segment(HERE, 0, "b"), _segment(HERE, 20, "a"), _segment(TWO, 10)]
    for segment in reversed(ordered):
        assert segments.add(segment, "h264", 1)
    assert segments.of(["two", "cam"]) == ordered
    assert segments.of(["two"]) == ordered[3:]
    assert segments.of([]) == []


def test_the_same_bytes_at_another_time_are_another_segment(segments: Segments) -> None:
    assert segments.add(_segment(HERE, 0), "h264", 1)
    assert segments.add(replace(_segment(HERE, 0), start=TEN + 5), "h264", 1)
    assert len(segments.of(["cam"])) == 2


def test_each_segment_has_the_camera_as_it_then_was(database: Database, segments: Segments) -> None:
    segments.add(_segment(HERE, 0), "h264", 1)
    Registry(database).add_camera(MOVED, "north", TEN + 100)
    segments.add(_segment(MOVED, 100), "h264", 1)
    assert [segment.camera for segment in segments.of(["cam"])] == [HERE, MOVED]
    assert [segment.camera for segment in segments.of(["cam"], MOVED.version)] == [MOVED]
    assert segments.of(["cam"], "no such version") == []


def test_footage_of_a_version_that_was_replaced_is_not_valid(database: Database, segments: Segments) -> None:
    for at in (0, 99, 100, 200):
        segments.add(_segment(HERE, at), "h264", 1)
    Registry(database).add_camera(MOVED, "north", TEN + 100)
    for at in (100, 200):
        segments.add(_segment(MOVED, at, "b"), "h264", 1)
    valid = segments.valid(["cam"])
    assert [(segment.camera, segment.start - TEN) for segment in valid] == [(HERE, 0), (HERE, 99), (MOVED, 100), (MOVED, 200)]


def test_what_retention_has_deleted_is_no_footage_any_more_and_is_said(segments: Segments, database: Database) -> None:
    kept, deleted = _segment(HERE, 0), _segment(HERE, 60, "b")
    for segment in (kept, deleted):
        segments.add(segment, "h264", 1000)
    assert segments.gone(["cam"]) == ""
    with database.session() as session:
        row = session.get_one(SegmentRow, {"camera": "cam", "sha256": "b" * 64, "start": TEN + 60})
        row.deleted, row.deleted_by = TEN, "footage"
    assert segments.of(["cam"]) == segments.valid(["cam"]) == [kept]
    assert segments.gone(["cam", "two"]) == (
        "footage of cam from 2026-03-02 10:00 to 2026-03-02 10:00 (1 pieces) was deleted "
        "under retention rule footage on 2026-03-02"
    )
    assert segments.add(deleted, "h264", 1000)  # somebody has recorded it again
    assert segments.of(["cam"]) == [kept, deleted] and segments.gone(["cam"]) == ""


@pytest.mark.parametrize("order", [(0, 1, 2, 5, 6), (0, 6, 1, 5, 2), (6, 5, 2, 1, 0), (0, 2, 6, 5, 1, 1)])
def test_gaps_are_the_same_in_whatever_order_footage_comes(segments: Segments, order: tuple[int, ...]) -> None:
    second = 10**9
    for number in order:
        at = TEN + number * 10 * second
        segments.gap("cam", at, "away", least=second, end=at + 10 * second)
        segments.add(Segment(HERE, f"{number}" * 64, at, at + 10 * second, 250, f"raw/{number}.mkv"), "h264", 1000)
    assert [(gap.start - TEN, gap.end - TEN, gap.reason) for gap in segments.gaps("cam", TEN, TEN + 100 * second)] == (
        [(30 * second, 50 * second, "away")] if order[0] == 0 else []
    ), "there is none before the first that is known"
