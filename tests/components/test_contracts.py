from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.contracts import (
    UNKNOWN,
    Calibration,
    Camera,
    Detections,
    InputError,
    Pace,
    Position,
    Presence,
    Tracks,
    Truth,
    digest_of,
    file_digest,
)

CAMERA = Camera("cam", "Corridor", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def _floats(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


def test_equal_values_have_equal_digests() -> None:
    assert digest_of({"b": [1, 2.5], "a": "é"}) == digest_of({"a": "é", "b": (1, 2.5)})
    assert digest_of({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()
    assert len({digest_of(value) for value in ([1, 2], [2, 1], ["1", 2], [[1], 2], None)}) == 5


def test_what_json_does_not_know_has_no_digest() -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest_of(float("nan"))
    with pytest.raises(TypeError):
        digest_of({1, 2})


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ward" * 100_000)
    assert file_digest(tmp_path / "a") == hashlib.sha256(b"ward" * 100_000).hexdigest()


@pytest.mark.parametrize("change", [{"id": "b"}, {"location": "Desk"}, {"homography": ((1, 0, 0), (0, 1, 0.001), (0, 0, 1))}])
def test_a_camera_that_differs_in_anything_is_another_version(change: dict[str, Any]) -> None:
    assert replace(CAMERA, **change).version != CAMERA.version


LENS = Calibration(((9, 0, 5), (0, 9, 5), (0, 0, 1)), (0.1, 0, 0, 0), ((1, 0, 0), (0, 0, -1), (0, 1, 0)), (0, 3, 0))


def test_a_camera_without_a_calibration_keeps_the_version_that_it_always_had() -> None:
    assert CAMERA.version == digest_of(["cam", "Corridor", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    with_one = replace(CAMERA, calibration=LENS)
    assert len({CAMERA.version, with_one.version, replace(CAMERA, calibration=replace(LENS, distortion=())).version}) == 3


def test_whole_numbers_and_fractions_are_the_same_homography() -> None:
    assert replace(CAMERA, homography=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))).version == CAMERA.version


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Detections(_floats(2, 4), _floats(3), np.zeros(2, np.int64)), r"Detections: scores is \(3,\), expected \(2,\)"),
        (lambda: Detections(_floats(2, 5), _floats(2), np.zeros(2, np.int64)), r"boxes is \(2, 5\), expected \(2, 4\)"),
        (lambda: Tracks(np.zeros(1, np.int64), _floats(2, 4), _floats(1)), r"Tracks: boxes is \(2, 4\), expected \(1, 4\)"),
        (lambda: Truth(0, _floats(1, 4), ("a",), ("n",), _floats(1, 3), _floats(1)), r"floor is \(1, 3\), expected \(1, 2\)"),
        (lambda: Truth(0, _floats(1, 4), (), (), _floats(0, 2), _floats(1)), r"boxes .* expected \(0, 4\); visibility is \(1,\)"),
    ],
)
def test_columns_that_do_not_fit_are_named_with_both_shapes(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_nobody_is_a_valid_answer() -> None:
    assert len(Detections(_floats(0, 4), _floats(0), np.zeros(0, np.int64))) == 0
    assert len(Tracks(np.zeros(0, np.int64), _floats(0, 4), _floats(0))) == 0


@pytest.mark.parametrize("make", [
    lambda n, features: Detections(_floats(n, 4), _floats(n), np.zeros(n, np.int64), features),
    lambda n, features: Tracks(np.zeros(n, np.int64), _floats(n, 4), _floats(n), features),
])  # fmt: skip
def test_features_are_a_row_for_each_or_none(make: Any) -> None:
    assert make(2, _floats(0)).features.shape == (2, 0)
    assert make(2, _floats(2, 8)).features.shape == (2, 8)
    assert make(0, _floats(0, 8)).features.shape == (0, 8)
    for wrong, said in ((_floats(3, 8), r"features is \(3, 8\), expected \(2, d\)"), (_floats(2), r"features is \(2,\)")):
        with pytest.raises(ValueError, match=said):
            make(2, wrong)


def test_nobody_s_features_are_shared() -> None:
    one, other = (Detections(_floats(1, 4), _floats(1), np.zeros(1, np.int64)) for _ in range(2))
    assert one.features is not other.features and one.features.dtype == np.float32


def test_what_people_are_said_to_be_cannot_be_changed_afterwards() -> None:
    position = Position(1, "1", UNKNOWN, UNKNOWN, 0.0, 1.0, 2.0, 0.1, UNKNOWN, ("a",), ("a/1",), "")
    presence = Presence("ward", "1", UNKNOWN, UNKNOWN, UNKNOWN, "desk", 1, 2, 0.0, "unknown")
    for record in (position, presence):
        with pytest.raises(AttributeError):
            record.identity = "2"  # type: ignore[misc]
        assert record == replace(record) and len({record, replace(record), replace(record, identity="2")}) == 2


@pytest.mark.parametrize("pace", [(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 0.0)])
def test_a_pace_that_makes_no_sense_is_refused(pace: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="in seconds"):
        Pace(*pace)
    assert Pace(0.0, 0.0, 0.1).known == 0
