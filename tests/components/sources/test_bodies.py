from __future__ import annotations

import numpy as np
import pytest

from components.sources.bodies import BACK, CHEST, JOINT, MARKER, POINTS, STRIDE, joints, looks
from components.sources.ward import Moment, Ward


def _moment(count: int, *, heading: float = 0.0, paced: float = 0.0, speed: float = 0.0, reach: float = 0.0) -> Moment:
    row = np.ones(count)
    return Moment(np.arange(count), np.full((count, 2), 5.0), row * heading, row * paced, row * speed, row * reach)


def test_people_have_people_s_proportions_and_stand_on_the_floor(ward: Ward) -> None:
    cast = looks(ward)
    body = joints(_moment(len(cast)), cast)
    assert body.shape == (len(cast), POINTS, 3)
    head = body[:, JOINT["hair"], 2] + 0.1
    assert head == pytest.approx(np.array([look.height for look in cast]), abs=0.06)
    assert body[:, JOINT["foot"]] == pytest.approx(np.tile([5.0, 5.0, 0.0], (len(cast), 1)))


def test_one_foot_is_always_on_the_floor(ward: Ward) -> None:
    cast = looks(ward)[:1]
    for paced in np.linspace(0, STRIDE, 12):
        body = joints(_moment(1, paced=paced, speed=1.3), cast)
        ankles = body[0, [JOINT["ankle_l"], JOINT["ankle_r"]], 2]
        assert ankles.min() == pytest.approx(0.07 * cast[0].height / 1.75)
        assert ankles.max() < 0.45


def test_legs_alternate_and_arms_swing_against_them(ward: Ward) -> None:
    cast = looks(ward)[:1]
    height = cast[0].height / 1.75
    quarter, three = (joints(_moment(1, paced=share * STRIDE * height, speed=1.3), cast)[0] for share in (0.25, 0.75))
    for body, front, back in ((quarter, "l", "r"), (three, "r", "l")):
        assert body[JOINT[f"knee_{front}"], 0] > body[JOINT[f"knee_{back}"], 0] + 0.2
        assert body[JOINT[f"hand_{front}"], 0] < body[JOINT[f"hand_{back}"], 0] - 0.2


def test_badges_are_square_and_on_opposite_sides(ward: Ward) -> None:
    cast = looks(ward)[:1]
    body = joints(_moment(1, heading=np.pi / 2), cast)[0]
    for first in (CHEST, BACK):
        corners = body[first : first + 4]
        sides = np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1)
        assert sides == pytest.approx(np.full(4, MARKER * cast[0].height / 1.75))
    assert body[CHEST, 1] > 5.0 > body[BACK, 1]  # facing north


def test_reaching_brings_the_hands_forward(ward: Ward) -> None:
    cast = looks(ward)[:1]
    rest, work = joints(_moment(1), cast)[0], joints(_moment(1, reach=1.0), cast)[0]
    assert work[JOINT["hand_l"], 0] > rest[JOINT["hand_l"], 0] + 0.2


def test_looks_show_the_role_and_differ_between_people(ward: Ward) -> None:
    cast = looks(ward)
    uniforms = {actor.role: look.top for actor, look in zip(ward.actors, cast, strict=True) if actor.role != "visitor"}
    assert len(set(uniforms.values())) == len(uniforms) == 4
    assert len({(look.height, look.skin, look.hair) for look in cast}) == len(cast)
    assert all(look.coat == (actor.role == "doctor") for actor, look in zip(ward.actors, cast, strict=True))
