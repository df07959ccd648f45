from components.association.tracks import SECOND, Track
from components.contracts import UNKNOWN
from tests.components.association.crowd import START, STEP, sighting, stretch


def _track(*seen):
    track = Track(("a", 1), seen[0])
    for each in seen:
        track.see(each, 2 * SECOND)
    return track


def test_a_track_knows_what_its_memory_holds_and_no_more():
    track = _track(*(sighting("a", 1, t, t) for t in stretch(0, 100)))
    assert len(track.recent) == 11 and track.first.time == START
    assert (track.camera, track.last.x) == ("a", 99.8)
    assert [seen.x for seen in track.since(START + round(99.4 * SECOND))] == [99.4, 99.6, 99.8]


def test_of_a_moment_the_newest_sighting_counts():
    track = _track(*(sighting("a", 1, t, t) for t in (0.0, 0.1, 0.19, 0.2)))
    found = track.at(START, STEP)
    assert found is not None and found.x == 0.19
    assert track.at(START + 2 * STEP, STEP) is None is track.at(START - STEP, STEP)


def test_the_name_is_the_newest_one_and_a_role_stays_while_nobody_says_another():
    track = _track(sighting("a", 1, 0, 0, person="nurse_1", role="nurse"), sighting("a", 1, 1, 0))
    assert (track.person, track.confidence, track.reason, track.role) == (UNKNOWN, 0.0, "", "nurse")
