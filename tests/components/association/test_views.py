from __future__ import annotations

from itertools import count
from math import inf

import numpy as np
import pytest

from components.association.identities import Identity
from components.association.tracks import SECOND, Track
from components.association.views import Views
from components.contracts import UNKNOWN, Sighting

STEP, NOW = SECOND // 5, 4 * SECOND // 5
NUMBERS = count(1)


def _track(camera: str, x: float, *, person: str = UNKNOWN, role: str = UNKNOWN) -> Track:
    """Somebody who stands at (x, 0) for the five moments up to NOW."""
    number = next(NUMBERS)
    seen = [
        Sighting(camera, "v", number, i * STEP, i, "", 0, person, 0.9, role, x, 0.0, 0.1, "Bay", (0, 0, 1, 1), 1.0)
        for i in range(5)
    ]
    track = Track((camera, number), seen[0])
    for sighting in seen:
        track.see(sighting, 2 * SECOND)
    return track


def _identity(*tracks: Track) -> Identity:
    identity = Identity(str(next(NUMBERS)))
    for track in tracks:
        identity.join(track, sure=1.0, now=NOW)
        identity.move([track.last], NOW)
    return identity


@pytest.mark.parametrize(("camera", "x", "two"), [("b", 0.3, False), ("b", 3.0, True), ("a", 0.1, True)])
def test_two_tracks_of_one_moment(camera: str, x: float, two: bool) -> None:
    assert Views(STEP).two(_track("a", 0.0), _track(camera, x)) == two


def test_tracks_of_different_moments_may_be_one_person() -> None:
    early, late = _track("a", 0.0), _track("a", 9.0)
    late.recent.clear()
    late.see(Sighting("a", "v", 9, 99 * STEP, 99, "", 0, UNKNOWN, 0, UNKNOWN, 9.0, 0, 0.1, "Bay", (0, 0, 1, 1), 1.0), SECOND)
    assert not Views(STEP).two(early, late)


def test_the_odd_one_is_who_stands_apart_from_most() -> None:
    near, beside, far = _track("a", 0.0), _track("b", 0.2), _track("c", 4.0)
    identity = _identity(near, beside, far)
    assert Views(STEP).odd_one(identity, [near, beside, far], NOW) is far
    assert Views(STEP).odd_one(identity, [near, beside], NOW) is None


def test_tracks_that_changed_people_fit_better_crosswise() -> None:
    views, mine, theirs = Views(STEP), _track("a", 2.0), _track("a", 0.0)
    left, right = _identity(mine, _track("b", 0.1)), _identity(theirs, _track("b", 2.1))
    assert views.crossed(mine, theirs, left, right, NOW)
    assert not views.crossed(theirs, mine, left, right, NOW)


def test_who_says_who_it_is_is_not_taken_to_have_changed() -> None:
    mine, theirs = _track("a", 2.0, person="nurse_1"), _track("a", 0.0)
    left, right = _identity(mine, _track("b", 0.1)), _identity(theirs, _track("b", 2.1))
    assert not Views(STEP).crossed(mine, theirs, left, right, NOW)


def test_nothing_is_known_beside_whom_no_other_camera_sees() -> None:
    track = _track("a", 0.0)
    assert Views(STEP).aside(track, _identity(_track("a", 0.0)), NOW) == inf
    assert np.isclose(Views(STEP).aside(track, _identity(_track("b", 0.4)), NOW), 0.4)


@pytest.mark.parametrize(
    ("camera", "x", "person", "one"),
    [("b", 0.2, UNKNOWN, True), ("b", 2.5, UNKNOWN, False), ("a", 0.2, UNKNOWN, False), ("b", 0.2, "n2", False)],
)
def test_identities_that_stand_together_are_one(camera: str, x: float, person: str, one: bool) -> None:
    old, young = _identity(_track("a", 0.0)), _identity(_track(camera, x))
    old.evidence.person, young.evidence.person = "n1" if person != UNKNOWN else UNKNOWN, person
    assert Views(STEP).one(old, young, NOW) == one
