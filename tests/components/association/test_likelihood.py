from math import inf, log

import numpy as np
import pytest

from components.association.association import Association
from components.association.identities import Identity, Spot
from components.association.likelihood import agreement, beside, hidden, normal
from components.association.tracks import SECOND, Track
from tests.components.association.crowd import START, sighting, stretch

LIKELIHOOD = Association(newcomers=2.0)._likelihood


def _track(camera, number, x, begin=0.0, end=1.0, **what):
    seen = [sighting(camera, number, t, x, **what) for t in stretch(begin, end)]
    track = Track((camera, number), seen[0])
    for each in seen:
        track.see(each, 10 * SECOND)
    return track


def _identity(track):
    identity = Identity("1")
    identity.join(track, sure=1.0, now=START)
    identity.move([track.last], track.last.time)
    if track.person != "unknown":
        identity.evidence.name(track)
    return identity


def test_more_newcomers_make_somebody_new_more_probable():
    assert Association(newcomers=4.0)._likelihood.new() - LIKELIHOOD.new() == pytest.approx(log(2))


def test_two_tracks_of_one_camera_at_one_time_cannot_be_the_same():
    identity = _identity(_track("a", 1, 3))
    assert LIKELIHOOD.same(_track("a", 2, 3), identity) == -inf
    assert LIKELIHOOD.same(_track("a", 2, 3, 2, 3), identity) > -inf


def test_who_stands_nearer_to_another_view_is_more_probably_the_same():
    identity = _identity(_track("a", 1, 3))
    near, beyond, far = (LIKELIHOOD.same(_track("b", 1, x), identity) for x in (3.1, 4.0, 7.0))
    assert near > LIKELIHOOD.new() > far and near > beyond > far


def test_who_comes_back_soon_and_near_is_more_probably_the_same():
    identity = _identity(_track("a", 1, 3))
    soon, late, elsewhere = (
        LIKELIHOOD.same(_track("a", 2, x, t, t + 1), identity) for x, t in ((3.2, 1.4), (3.2, 60), (12, 1.4))
    )
    assert soon > late > elsewhere and soon > LIKELIHOOD.new()
    assert LIKELIHOOD.same(_track("b", 2, 3, 0, 1), Identity("2")) == -inf, "nobody knows where that was"


def test_names_and_roles_speak_for_and_against():
    identity = _identity(_track("a", 1, 3, person="nurse_1", role="nurse"))

    def odds(**what):
        return agreement(_track("b", 1, 3, **what), identity)

    assert odds() == 0
    assert odds(person="nurse_1") > 2 and odds(person="nurse_2") < -2
    assert odds(person="nurse_2", confidence=0.5) > odds(person="nurse_2", confidence=0.99)
    assert odds(role="nurse") > 0 > odds(role="doctor")


def test_densities_fall_with_distance_and_with_time():
    last, first = Spot(START, 0, 0, 0.2, 1.0, 0.0), sighting("a", 1, 1, 1, 0)
    assert hidden(last, first, 1.0) > hidden(Spot(START, 0, 0, 0.2), first, 1.0), "on the way that somebody walked"
    assert hidden(last, sighting("a", 1, 1, 1.5, 0), 1.0) > hidden(last, sighting("a", 1, 1, 6, 0), 1.0)
    grid = np.linspace(-5, 5, 201)
    total = sum(normal(float(x * x + y * y), 0.5) for x in grid for y in grid) * 0.05**2
    assert total == pytest.approx(1, abs=0.001)
    pairs = [(sighting("a", 1, 0, x), sighting("b", 1, 0, -x)) for x in (-1, 1)]
    assert beside(pairs) == pytest.approx(beside([(sighting("a", 1, 0, 0), sighting("b", 1, 0, 0))])), "the mean distance counts"
