from components.association.evidence import Evidence
from components.association.tracks import SECOND, Track
from components.contracts import UNKNOWN
from tests.components.association.crowd import sighting


def _named(person, confidence, camera="a"):
    seen = sighting(camera, 1, 0, 0, person=person, confidence=confidence)
    track = Track((camera, 1), seen)
    track.see(seen, SECOND)
    return track


def test_a_name_keeps_the_highest_confidence_and_says_which_camera_read_it():
    evidence = Evidence()
    assert (evidence.person, evidence.confidence) == (UNKNOWN, 0.0)
    evidence.name(_named("nurse_1", 0.9))
    evidence.name(_named("nurse_1", 0.5, "b"))
    assert (evidence.person, evidence.confidence, evidence.reason) == ("nurse_1", 0.9, "b: badge read")


def test_roles_are_counted_and_unknown_is_no_vote():
    evidence = Evidence()
    for role in ("nurse", "nurse", "doctor", UNKNOWN):
        evidence.vote(role)
    assert evidence.roles == {"nurse": 2, "doctor": 1}


def test_what_is_known_of_two_that_were_one_is_put_together_and_a_name_is_not_overwritten():
    old, young = Evidence("nurse_1", 0.9, "why", {"nurse": 1}), Evidence("nurse_2", 0.99, "other", {"nurse": 2, "doctor": 1})
    old.absorb(young)
    assert old == Evidence("nurse_1", 0.9, "why", {"nurse": 3, "doctor": 1})
    nobody = Evidence()
    nobody.absorb(young)
    assert nobody == young
