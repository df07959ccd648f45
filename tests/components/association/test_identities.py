import numpy as np
import pytest

from components.association.identities import Identity, Spot, fused
from components.association.tracks import SECOND, Track
from components.contracts import UNKNOWN
from tests.components.association.crowd import START, sighting


def _track(camera="a", number=1, **what):
    seen = sighting(camera, number, 0, 0, **what)
    track = Track((camera, number), seen)
    track.see(seen, SECOND)
    return track


def test_views_are_fused_by_how_sure_they_are_and_are_no_surer_than_they_may_be():
    one, other = sighting("a", 1, 0, 0, 0, uncertainty=0.1), sighting("b", 1, 0, 1, 0, uncertainty=0.3)
    spot = fused([one, other], START)
    assert (spot.x, spot.y) == (pytest.approx(0.1), 0)
    assert 0.07 <= spot.uncertainty <= 0.1
    many = fused([sighting("a", 1, 0, 5, uncertainty=0.2)] * 50, START)
    assert many.uncertainty == pytest.approx(0.7 * 0.2)
    assert fused([one], START) == Spot(START, 0, 0, 0.1)


def test_somebody_walks_on_at_the_speed_of_before_but_nobody_runs():
    identity = Identity("1")
    for tick in range(11):
        identity.move([sighting("a", 1, tick / 5, tick / 5)], START + tick * SECOND // 5)
    assert identity.spot is not None
    assert identity.spot.ahead(1.0) == (pytest.approx(3.0, abs=0.05), 2.0)
    identity.move([sighting("b", 1, 2.2, 50)], START + 11 * SECOND // 5)
    assert np.hypot(identity.spot.vx, identity.spot.vy) == pytest.approx(2)
    assert identity.camera == "b"
    identity.move([sighting("a", 1, 9, 3)], START + 9 * SECOND)
    assert (identity.spot.vx, identity.spot.vy) == (0, 0), "after a gap nobody knows"


def test_a_track_joins_leaves_and_ends():
    identity, track = Identity("1"), _track(role="nurse")
    identity.join(track, sure=0.8, now=START)
    assert (track.identity, track.sure, identity.members) == ("1", 0.8, {("a", 1): track})
    identity.leave(track)
    assert (track.identity, track.refused, identity.members) == ("", {"1"}, {})
    identity.join(track, sure=1.0, now=START)
    identity.end(track)
    assert identity.members == {} and identity.evidence.roles == {"nurse": 1}


def test_a_track_that_joins_with_a_name_which_is_not_the_identity_s_is_to_be_looked_into():
    identity, track = Identity("1"), _track(person="nurse_1")
    identity.join(track, sure=1.0, now=START)
    assert track.decided_as == UNKNOWN
    identity.evidence.name(track)
    identity.join(track, sure=1.0, now=START)
    assert track.decided_as == "nurse_1"


def test_the_role_is_what_most_tracks_showed():
    identity = Identity("1")
    assert identity.role() == UNKNOWN
    tracks = [_track("a", 1, role="nurse"), _track("b", 1, role="nurse"), _track("c", 1, role="doctor"), _track("d", 1)]
    for track in tracks:
        identity.join(track, sure=1.0, now=START)
    assert identity.role() == "nurse"
    identity.end(tracks[2])
    identity.evidence.vote("doctor")
    assert identity.role(without=tracks[0]) == "doctor"
