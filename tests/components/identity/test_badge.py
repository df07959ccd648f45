import numpy as np
import pytest

from components.contracts import InputError, Person
from components.identity.badge import Badge
from components.preprocessing.resize import Resize


def read(badge, frame, tracks):
    """Row and words of what is read on everybody."""
    return [(said.row, said.says) for said in badge.look(frame, tracks, range(len(tracks)))]


def test_a_reading_speaks_for_its_owner(roster, scene):
    (said,) = Badge(roster=roster).look(*scene([(100, 11)]), [0])
    assert (said.row, said.says, list(said.people), dict(said.roles)) == (0, "badge 11 read", ["doctor_1"], {})
    assert said.people["doctor_1"] == pytest.approx(np.log(9 * 2))


def test_more_trust_is_stronger_evidence(roster, scene):
    weak, strong = (Badge(roster=roster, trust=trust).look(*scene([(100, 1)]), [0])[0] for trust in (0.6, 0.99))
    assert strong.people["nurse_1"] > weak.people["nurse_1"] > 0


def test_everybody_has_an_own_badge(roster, scene):
    assert read(Badge(roster=roster), *scene([(50, 1), (250, None), (400, 11)])) == [(0, "badge 1 read"), (2, "badge 11 read")]


def test_only_those_who_are_due_are_looked_at(roster, scene):
    assert [said.row for said in Badge(roster=roster).look(*scene([(50, 1), (400, 11)]), [1])] == [1]


def test_a_badge_that_is_on_no_roster_says_nothing(roster, scene):
    assert read(Badge(roster=roster), *scene([(100, 33)])) == []


def test_a_badge_on_two_overlapping_people_is_nobodys(roster, scene):
    frame, tracks = scene([(100, 1)])
    boxes = np.concatenate([tracks.boxes, tracks.boxes + np.array([30, 5, 30, 5], np.float32)])
    both = type(tracks)(np.array([1, 2]), boxes, np.ones(2, np.float32))
    assert read(Badge(roster=roster), frame, both) == []


@pytest.mark.parametrize("width", [640, 480, 1280])
def test_it_reads_what_preprocessing_leaves(roster, scene, width):
    frame, tracks = scene([(100, 1), (400, 11)])
    assert read(Badge(roster=roster), Resize(width=width)(frame), tracks) == [(0, "badge 1 read"), (1, "badge 11 read")]


def test_people_who_reach_out_of_the_picture_are_no_problem(roster, scene):
    frame, tracks = scene([(100, 1)])
    boxes = np.array([[-50, -80, 20, 90], [700, 400, 800, 500]], np.float32)
    assert read(Badge(roster=roster), frame, type(tracks)(np.array([5, 6]), boxes, np.ones(2, np.float32))) == []


def test_without_a_roster_nothing_is_read(scene, monkeypatch):
    badge = Badge(roster=())
    monkeypatch.setattr(badge, "_detector", None)
    assert read(badge, *scene([(100, 1)])) == []


def test_two_people_with_one_badge_are_refused(roster):
    with pytest.raises(InputError, match="badge 1: both nurse_1 and nurse_9 have it"):
        Badge(roster=(*roster, Person("nurse_9", "nurse", "", "", 1)))


@pytest.mark.parametrize("trust", [0.5, 1.0, -1.0])
def test_a_trust_that_makes_no_sense_is_refused(roster, trust):
    with pytest.raises(InputError, match=rf"trust is {trust}; expected"):
        Badge(roster=roster, trust=trust)
