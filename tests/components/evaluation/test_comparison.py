from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from components.contracts import digest_of
from components.evaluation.comparison import Basis, CameraUse, basis_of, differences

HOUR = 3_600_000_000_000
TEN = 1_772_445_600_000_000_000
RESIZE = {"_target_": "components.preprocessing.resize.Resize", "width": 640, "height": 480}
GRAY = {"_target_": "components.preprocessing.gray.Gray"}
EVEN = {"_target_": "components.preprocessing.contrast.Contrast", "clip": 2.0}
BAY = CameraUse(camera="bay_a", version="b" * 64, frames=100, valid_from=TEN, valid_until=None)
DESK = CameraUse(camera="desk", version="d" * 64, frames=50, valid_from=TEN, valid_until=TEN + HOUR)


def _basis(*chain: dict[str, Any], code: str = "1", **more: Any) -> Basis:
    fields: dict[str, Any] = {
        "protocol": {"of": "model", "split": "test", "score": 0.25}, "chain": chain,
        "steps": [digest_of([step, code]) for step in chain],
        "chain_digest": digest_of([list(chain), code]), "dataset": "a" * 64, "cameras": (BAY, DESK),
    }  # fmt: skip
    return Basis(**{**fields, **more})


ONE = _basis(RESIZE, GRAY)


def _said(other: Basis, one: Basis = ONE) -> list[tuple[str, str]]:
    return [(each.part, each.says) for each in differences(one, other)]


def test_the_same_basis_may_be_compared_also_after_it_was_written_down() -> None:
    again = basis_of(json.loads(json.dumps(ONE.plain())))
    assert again.digests() == ONE.digests() and _said(again) == []


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ((dict(RESIZE, width=320), GRAY), ["step 1 Resize: width is 640 in a, 320 in b"]),
        ((RESIZE, GRAY, EVEN), ["step 3 Contrast is only in b: clip=2.0"]),
        ((RESIZE,), ["step 2 Gray is only in a: no parameters"]),
        ((EVEN, RESIZE, GRAY), ["step 1 Contrast is only in b: clip=2.0"]),
        ((RESIZE, EVEN), ["step 2 Gray is only in a: no parameters", "step 2 Contrast is only in b: clip=2.0"]),
        (({"_target_": RESIZE["_target_"], "width": 640}, GRAY), ["step 1 Resize: height is 480 in a, not there in b"]),
    ],
)
def test_which_step_and_which_parameter_of_the_chain(chain: tuple[dict[str, Any], ...], said: list[str]) -> None:
    assert _said(_basis(*chain)) == [("chain", each) for each in said]


def test_code_that_has_changed_is_said_of_the_step_or_of_the_chain_where_nobody_knows() -> None:
    newer = replace(_basis(RESIZE, GRAY, code="2"), steps=[ONE.steps[0], "other"])
    assert _said(newer) == [("chain", "step 2 Gray: its code, or that of what it imports, is not the same")]
    ((part, says),) = _said(replace(newer, steps=()))
    assert part == "chain" and says.startswith("the code of the steps is not the same: ") and "with the same parameters" in says


def test_a_dataset_with_the_frames_of_each_camera() -> None:
    other = _basis(
        RESIZE, GRAY, dataset="c" * 64, cameras=(replace(BAY, frames=80), DESK, replace(DESK, camera="lobby", frames=7))
    )
    assert _said(other)[:3] == [
        ("dataset", "aaaaaaaaaaaa in a, cccccccccccc in b"),
        ("dataset", "bay_a: 100 frames in a, 80 in b (-20)"),
        ("dataset", "lobby: 0 frames in a, 7 in b (+7)"),
    ]
    same = _said(_basis(RESIZE, GRAY, dataset="c" * 64))
    assert same[1] == ("dataset", "as many frames of each camera, but not the same ones, or not with the same labels")


def test_a_camera_that_was_moved_with_its_validity() -> None:
    moved = CameraUse(camera="desk", version="e" * 64, frames=50, valid_from=TEN + HOUR, valid_until=None)
    unknown = CameraUse(camera="attic", version="f" * 64, frames=3)
    assert _said(_basis(RESIZE, GRAY, cameras=(BAY, moved, unknown))) == [
        ("registry", "attic: version ffffffffffff (not in the registry, 3 frames) only in b"),
        ("registry", "desk: version dddddddddddd (valid from 2026-03-02 10:00 until 2026-03-02 11:00, 50 frames) only in a"),
        ("registry", "desk: version eeeeeeeeeeee (valid from 2026-03-02 11:00 until now, 50 frames) only in b"),
    ]


def test_a_validity_that_was_entered_later_is_no_difference() -> None:
    assert _said(_basis(RESIZE, GRAY, cameras=(replace(BAY, valid_until=TEN + HOUR), DESK))) == []


def test_how_it_was_measured() -> None:
    assert _said(_basis(RESIZE, GRAY, protocol={"of": "model", "split": "val", "score": 0.25})) == [
        ("protocol", "split is test in a, val in b")
    ]


def test_what_is_compared_has_the_names_that_it_is_given() -> None:
    (said,) = differences(ONE, _basis(dict(RESIZE, width=320), GRAY), names=("a", "d"))
    assert said.says == "step 1 Resize: width is 640 in a, 320 in d"


def test_of_a_training_only_the_digests_are_known() -> None:
    one, other = (_basis(code=code, dataset=code * 64, cameras=()) for code in "12")
    assert _said(other, one) == [
        ("chain", f"{one.chain_digest[:12]} in a, {other.chain_digest[:12]} in b"),
        ("dataset", "111111111111 in a, 222222222222 in b"),
    ]
