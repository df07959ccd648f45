"""The shape of the answers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from components.dashboard.answers import CameraState, Trail

STATE = {
    "camera": "a",
    "location": "",
    "run": "",
    "message": "",
    "last_frame_ms": 0,
    "frames": 0,
    "rejected": 0,
    "dropped": 0,
    "fps": 0.0,
    "expected": 0.0,
    "gaps": 0,
    "missing_ms": 0,
    "gap_reason": "",
}


def test_an_answer_cannot_be_changed():
    state = CameraState(**STATE, state="ok")
    with pytest.raises(ValidationError):
        state.state = "failed"


def test_a_state_that_the_page_does_not_know_is_refused():
    with pytest.raises(ValidationError, match="'ok', 'failed' or 'silent'"):
        CameraState(**STATE, state="asleep")


def test_times_are_whole_milliseconds_that_javascript_can_hold():
    trail = Trail(
        id="a",
        person="p",
        role="r",
        confidence=1,
        cameras=[],
        reason="",
        t_ms=[1_795_352_370_123],
        x=[0],
        y=[0],
        uncertainty=[0],
        zone=[0],
    )
    assert '"t_ms":[1795352370123]' in trail.model_dump_json()
    assert trail.t_ms[0] < 2**53
