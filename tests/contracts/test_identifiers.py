"""What everyone who names people must do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from components.contracts import UNKNOWN, Camera, Frame, Identifier, Person, Tracks
from components.identity.badge import Badge
from components.identity.fused import Fused
from components.identity.qr import Qr
from components.identity.unknown import Unknown

ROSTER = (Person("nurse_1", "nurse", "Bay A", "07:00-19:00", 1),)
KINDS: dict[str, Callable[[], Identifier]] = {
    "badge": lambda: Fused(roster=ROSTER, evidence={"badge": Badge(roster=ROSTER)}),
    "several": lambda: Fused(roster=ROSTER, evidence={"badge": Badge(roster=ROSTER), "qr": Qr(roster=ROSTER)}),
    "nobody": Unknown,
}


@pytest.fixture(params=KINDS)
def identifier(request: pytest.FixtureRequest) -> Identifier:
    return KINDS[request.param]()


@pytest.fixture
def frame() -> Frame:
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return Frame(Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), 0, 0, "", 0, image, np.eye(3))


def tracks(n: int) -> Tracks:
    boxes = np.array([[10 * i, 5, 10 * i + 40, 110] for i in range(n)], np.float32).reshape(-1, 4)
    return Tracks(np.arange(1, n + 1), boxes, np.ones(n, np.float32))


@pytest.mark.parametrize("n", [0, 1, 7])
def test_one_answer_for_each_track(identifier: Identifier, frame: Frame, n: int) -> None:
    who = identifier.identify(frame, tracks(n))
    assert (len(who.people), len(who.roles), who.confidence.shape) == (n, n, (n,))
    assert who.confidence.dtype == np.float32
    assert len(who.reasons) in (0, n)


def test_without_evidence_nobody_is_named(identifier: Identifier, frame: Frame) -> None:
    for _ in range(5):
        who = identifier.identify(frame, tracks(4))
    assert (who.people, who.roles, who.confidence.tolist()) == ((UNKNOWN,) * 4, (UNKNOWN,) * 4, [0] * 4)


def test_frame_and_tracks_are_not_touched(identifier: Identifier, frame: Frame) -> None:
    image, people = frame.image.copy(), tracks(3)
    identifier.identify(frame, people)
    assert (frame.image == image).all() and (people.boxes == tracks(3).boxes).all()
