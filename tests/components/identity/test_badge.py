import numpy as np
import pytest

from components.contracts import UNKNOWN, InputError, Person
from components.identity.badge import Badge
from components.preprocessing.resize import Resize

SECOND = 10**9


def name(badge, scene, people, times=1, **options):
    """The identities after so many frames of the same scene."""
    for _ in range(times):
        who = badge.identify(*scene(people, **options))
    return who


def test_three_readings_name_a_person(roster, scene):
    badge = Badge(roster=roster)
    names = [badge.identify(*scene([(100, 1)])).people for _ in range(4)]
    assert names == [(UNKNOWN,), (UNKNOWN,), ("nurse_1",), ("nurse_1",)]


def test_name_role_and_confidence_belong_together(roster, scene):
    who = name(Badge(roster=roster), scene, [(50, 1), (250, None), (400, 11)], 5)
    assert who.people == ("nurse_1", UNKNOWN, "doctor_1")
    assert who.roles == ("nurse", UNKNOWN, "doctor")
    assert who.confidence.dtype == np.float32
    assert who.confidence.tolist() == [pytest.approx(0.8, abs=0.1), 0, pytest.approx(0.8, abs=0.1)]


def test_a_badge_that_is_on_no_roster_names_nobody(roster, scene):
    assert name(Badge(roster=roster), scene, [(100, 33)], 10).people == (UNKNOWN,)


def test_a_name_stays_while_the_badge_is_hidden(roster, scene):
    badge = Badge(roster=roster)
    name(badge, scene, [(100, 1)], 5)
    assert name(badge, scene, [(100, None)], 100).people == ("nurse_1",)


def test_a_name_does_not_outlive_the_track(roster, scene):
    badge = Badge(roster=roster)
    name(badge, scene, [(100, 1)], 5)
    assert name(badge, scene, [(100, None)], ids=[2]).people == (UNKNOWN,)


def test_a_track_that_changes_people_becomes_unknown_and_then_the_other(roster, scene):
    badge = Badge(roster=roster, every=1)
    name(badge, scene, [(100, 1)], 10)
    names = [name(badge, scene, [(100, 11)]).people[0] for _ in range(30)]
    assert names[-1] == "doctor_1" and UNKNOWN in names
    assert names == sorted(names, key=["nurse_1", UNKNOWN, "doctor_1"].index)


def test_nobody_is_in_two_places(roster, scene):
    badge = Badge(roster=roster)
    name(badge, scene, [(100, 1)], 8)
    who = name(badge, scene, [(100, 1), (400, 1)], 8)
    assert who.people == ("nurse_1", UNKNOWN)
    assert who.confidence[1] == 0


def test_a_badge_on_two_overlapping_people_is_nobodys(roster, scene):
    frame, tracks = scene([(100, 1)])
    boxes = np.concatenate([tracks.boxes, tracks.boxes + np.array([30, 5, 30, 5], np.float32)])
    both = type(tracks)(np.array([1, 2]), boxes, np.ones(2, np.float32))
    badge = Badge(roster=roster)
    for _ in range(8):
        who = badge.identify(frame, both)
    assert who.people == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize("width", [640, 480, 1280])
def test_it_reads_what_preprocessing_leaves(roster, scene, width):
    badge = Badge(roster=roster)
    for _ in range(4):
        frame, tracks = scene([(100, 1), (400, 11)])
        who = badge.identify(Resize(width=width)(frame), tracks)
    assert who.people == ("nurse_1", "doctor_1")


def test_people_who_reach_out_of_the_picture_are_no_problem(roster, scene):
    frame, tracks = scene([(100, 1)])
    outside = type(tracks)(
        np.array([5, 6]), np.array([[-50, -80, 20, 90], [700, 400, 800, 500]], np.float32), np.ones(2, np.float32)
    )
    assert Badge(roster=roster).identify(frame, outside).people == (UNKNOWN, UNKNOWN)


def test_whoever_was_away_for_long_is_forgotten(roster, scene):
    badge = Badge(roster=roster, forget_seconds=10)
    name(badge, scene, [(100, 1)], 5, time=0)
    assert name(badge, scene, [(100, None)], time=9 * SECOND).people == ("nurse_1",)
    name(badge, scene, [], time=30 * SECOND)
    assert name(badge, scene, [(100, None)], time=31 * SECOND).people == (UNKNOWN,)


def test_whoever_is_sure_is_looked_at_now_and_then_only(roster, scene, monkeypatch):
    badge, looks = Badge(roster=roster, every=10), []
    read = badge._read
    monkeypatch.setattr(badge, "_read", lambda *given: looks.append(1) or read(*given))
    name(badge, scene, [(100, 1)], 53)
    assert len(looks) == 3 + 5


def test_without_a_roster_nothing_is_read(scene, monkeypatch):
    badge = Badge(roster=())
    monkeypatch.setattr(badge, "_detector", None)
    who = name(badge, scene, [(100, 1)])
    assert (who.people, who.roles, who.confidence.tolist()) == ((UNKNOWN,), (UNKNOWN,), [0])


def test_nobody_is_nobody(roster, scene):
    who = Badge(roster=roster).identify(*scene([]))
    assert (who.people, who.roles, who.confidence.shape) == ((), (), (0,))


def test_instances_share_nothing(roster, scene):
    first, second = Badge(roster=roster), Badge(roster=roster)
    name(first, scene, [(100, 1)], 5)
    assert name(second, scene, [(100, None)]).people == (UNKNOWN,)


def test_two_people_with_one_badge_are_refused(roster):
    with pytest.raises(InputError, match="badge 1: both nurse_1 and nurse_9 have it"):
        Badge(roster=(*roster, Person("nurse_9", "nurse", "", "", 1)))


@pytest.mark.parametrize("wrong", [{"confidence": 0.95}, {"confidence": 0.3}, {"every": 0}, {"forget_seconds": 0}])
def test_settings_that_make_no_sense_are_refused(roster, wrong):
    with pytest.raises(InputError, match=r"expected more than 0\.5"):
        Badge(roster=roster, **wrong)
