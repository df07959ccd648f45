"""The bodies of the people on the simulated ward: looks, and joints in the world at one moment of a walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.contracts import Floats64
from components.sources.ward import Moment, Ward

Colour = tuple[int, int, int]  # BGR in white light

JOINTS = (
    "hip_l", "knee_l", "ankle_l", "toe_l", "hip_r", "knee_r", "ankle_r", "toe_r",
    "shoulder_l", "elbow_l", "hand_l", "shoulder_r", "elbow_r", "hand_r",
    "neck", "face", "hair", "head", "bun", "eye_l", "eye_r", "foot",
)  # fmt: skip
JOINT = {name: row for row, name in enumerate(JOINTS)}
RINGS = ("shoulders", "waist", "hem", "coat")  # horizontal outlines of the trunk
RING = 8  # points of an outline
BADGE = 4  # corners of a badge: chest, then back
TRUNK = len(JOINTS)  # first row of the outlines
CHEST = TRUNK + RING * len(RINGS)
BACK = CHEST + BADGE
POINTS = BACK + BADGE

STRIDE = 1.38  # metres of two steps of somebody 1.75 m tall
MARKER = 0.24  # metres, side of the printed sheet with its white border
_OUTLINES = (
    (1.43, 0.185, 0.085),
    (1.06, 0.150, 0.105),
    (0.86, 0.185, 0.125),
    (0.52, 0.215, 0.165),
)  # height, half width, half depth
_SKINS = ((172, 198, 232), (150, 182, 222), (118, 156, 204), (88, 122, 170), (58, 84, 122))
_HAIRS = ((38, 44, 52), (44, 66, 96), (82, 122, 162), (120, 168, 204), (150, 152, 154), (36, 52, 104))
_STREET = ((92, 72, 150), (140, 96, 60), (84, 128, 84), (60, 140, 196), (150, 128, 150), (70, 66, 64))
_JEANS = ((116, 78, 52), (70, 66, 62), (92, 110, 128))
_UNIFORMS = {  # top, trousers
    "nurse": ((176, 128, 40), (168, 120, 38)),
    "doctor": ((244, 246, 246), (92, 78, 66)),
    "porter": ((72, 136, 62), (70, 62, 58)),
    "cleaner": ((40, 108, 214), (104, 98, 92)),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody looks like from day to day."""

    height: float  # metres
    girth: float  # factor on width and depth
    skin: Colour
    hair: Colour
    long_hair: bool
    top: Colour
    trousers: Colour
    shoes: Colour
    coat: bool
    long_sleeves: bool


def looks(ward: Ward) -> tuple[Look, ...]:
    """What the actors of a ward look like, in their order."""
    return tuple(_look(ward.seed, number, actor.role) for number, actor in enumerate(ward.actors))


def _look(seed: int, number: int, role: str) -> Look:
    rng = np.random.default_rng((seed, 3, number))
    long_hair = bool(rng.random() < 0.5)
    top, trousers = _UNIFORMS.get(role, (_STREET[rng.integers(len(_STREET))], _JEANS[rng.integers(len(_JEANS))]))
    return Look(
        height=min(max(float(rng.normal(1.68 if long_hair else 1.78, 0.05)), 1.55), 1.92),
        girth=float(rng.uniform(0.95, 1.18)),
        skin=_SKINS[rng.integers(len(_SKINS))],
        hair=_HAIRS[rng.integers(len(_HAIRS))],
        long_hair=long_hair,
        top=top,
        trousers=trousers,
        shoes=(236, 238, 238) if role == "nurse" else (52, 48, 46),
        coat=role == "doctor",
        long_sleeves=role in ("doctor", "visitor"),
    )


def joints(moment: Moment, cast: tuple[Look, ...]) -> Floats64:
    """(n, POINTS, 3): joints, outlines and badge corners of everybody in world metres."""
    height = np.array([cast[number].height for number in moment.actors]) / 1.75
    girth = np.array([cast[number].girth for number in moment.actors])
    local = np.zeros((len(height), POINTS, 3))  # forward, left, up of the point between the feet
    vigour = np.clip(moment.speed / 1.1, 0, 1)
    phase = 2 * np.pi * moment.paced / (STRIDE * height)
    _legs(local, phase, vigour)
    _arms(local, phase, vigour, moment.reach, girth)
    _head(local, vigour)
    _trunk(local, girth)
    local[:, [JOINT["foot"]], 2] = 0.0
    local *= height[:, None, None]
    return _placed(local, moment)


def _placed(local: Floats64, moment: Moment) -> Floats64:
    """Turn everybody to their heading and put them where they are."""
    cos, sin = np.cos(moment.heading)[:, None], np.sin(moment.heading)[:, None]
    world = local.copy()
    world[..., 0] = local[..., 0] * cos - local[..., 1] * sin + moment.floor[:, None, 0]
    world[..., 1] = local[..., 0] * sin + local[..., 1] * cos + moment.floor[:, None, 1]
    return world


def _legs(local: Floats64, phase: Floats64, vigour: Floats64) -> None:
    """Thighs swing like a pendulum, the knee of the leg that comes forward bends, the lower foot stands on the floor."""
    for side, left, turn in (("l", 0.095, 0.0), ("r", -0.095, np.pi)):
        swing = 0.42 * vigour * np.sin(phase + turn)
        bend = 0.06 + vigour * (0.08 + 0.62 * np.maximum(0, np.cos(phase + turn)) ** 2)
        hip, knee, ankle, toe = (JOINT[f"{joint}_{side}"] for joint in ("hip", "knee", "ankle", "toe"))
        local[:, [hip, knee, ankle, toe], 1] = left * np.array([1.0, 1.0, 1.0, 1.25])
        local[:, hip, 2] = 0.90
        _hang(local, hip, knee, 0.42, swing)
        _hang(local, knee, ankle, 0.41, swing - bend)
        local[:, toe, 0] = local[:, ankle, 0] + 0.16 * np.cos(swing - 0.4 * bend)
        local[:, toe, 2] = local[:, ankle, 2] - 0.04 + 0.16 * np.sin(swing - 0.4 * bend)
    feet = local[:, [JOINT["ankle_l"], JOINT["ankle_r"]], 2]
    local[:, :8, 2] -= (feet.min(1) - 0.07)[:, None]


def _arms(local: Floats64, phase: Floats64, vigour: Floats64, reach: Floats64, girth: Floats64) -> None:
    """Arms swing against the legs, or reach forward to work."""
    for side, left, turn in (("l", 1.0, np.pi), ("r", -1.0, 0.0)):
        swing = 0.36 * vigour * np.sin(phase + turn) + 0.55 * reach
        bend = 0.18 + 0.25 * vigour + 0.95 * reach
        shoulder, elbow, hand = (JOINT[f"{joint}_{side}"] for joint in ("shoulder", "elbow", "hand"))
        for joint, out in ((shoulder, 0.185), (elbow, 0.235), (hand, 0.215)):
            local[:, joint, 1] = left * out * girth
        local[:, shoulder, 2] = 1.39
        _hang(local, shoulder, elbow, 0.29, swing)
        _hang(local, elbow, hand, 0.29, swing + bend)


def _hang(local: Floats64, upper: int, lower: int, length: float, angle: Floats64) -> None:
    """Put a joint `length` below another, swung forward by `angle`."""
    local[:, lower, 0] = local[:, upper, 0] + length * np.sin(angle)
    local[:, lower, 2] = local[:, upper, 2] - length * np.cos(angle)


def _head(local: Floats64, vigour: Floats64) -> None:
    nod = 0.03 + 0.03 * vigour
    for name, (forward, left, up) in {
        "neck": (0.0, 0.0, 1.44), "face": (0.035, 0.0, 1.595), "hair": (-0.02, 0.0, 1.645), "head": (0.0, 0.0, 1.63),
        "bun": (-0.09, 0.0, 1.50), "eye_l": (0.105, 0.036, 1.635), "eye_r": (0.105, -0.036, 1.635),
    }.items():  # fmt: skip
        local[:, JOINT[name]] = (forward, left, up)
        local[:, JOINT[name], 0] += nod


def _trunk(local: Floats64, girth: Floats64) -> None:
    angle = np.arange(RING) * 2 * np.pi / RING + np.pi / RING
    for number, (up, wide, deep) in enumerate(_OUTLINES):
        rows = slice(TRUNK + number * RING, TRUNK + (number + 1) * RING)
        local[:, rows, 0] = deep * np.cos(angle) * girth[:, None] * 1.08
        local[:, rows, 1] = wide * np.sin(angle) * girth[:, None] * 1.05
        local[:, rows, 2] = up
    half = MARKER / 2
    for first, front in ((CHEST, 1.0), (BACK, -1.0)):  # seen from outside, clockwise from the left upper corner
        rows = slice(first, first + BADGE)
        local[:, rows, 0] = (front * 0.125 * girth)[:, None]
        local[:, rows, 1] = np.array([-half, half, half, -half]) * front
        local[:, rows, 2] = 1.24 + np.array([half, half, -half, -half])
