import itertools
import math

import numpy as np
import pytest

from components.contracts import UNKNOWN, InputError, Observation, Pace, Person, Tracks
from components.identity.badge import Badge
from components.identity.fused import Fused

SECOND = 10**9
TICK = SECOND // 10
ROSTER = (
    Person("nurse_1", "nurse", "", "", 1),
    Person("nurse_2", "nurse", "", "", 2),
    Person("doctor_1", "doctor", "", "", 11),
)


class Told:
    """Evidence that says what the test wants: row -> observation without its row."""

    def __init__(self, said=None, *, pace=Pace(0.0, 0.0, 1.0)):  # noqa: B008
        self.said, self.pace, self.asked = said or {}, pace, []

    def look(self, frame, tracks, due):
        self.asked.append((frame.time, list(due)))
        return [Observation(row, *self.said[row]) for row in due if row in self.said]


def badge(number, strength=4.5):
    person = next(person.id for person in ROSTER if person.badge == number)
    return f"badge {number} read", {person: strength}


def uniform(role, strength=1.5):
    return f"uniform of a {role}", {}, {role: strength, "doctor" if role == "nurse" else "nurse": -strength}


class Watch:
    """Somebody's identifier and a clock."""

    def __init__(self, scene, identifier):
        self.scene, self.identifier, self.time = scene, identifier, 0

    def see(self, people, times=1, *, ids=None, step=TICK):
        for _ in range(times):
            who = self.identifier.identify(*self.scene(people, time=self.time, ids=ids))
            self.time += step
        return who


@pytest.fixture
def told(scene):
    def make(*sources, **options):
        return Watch(scene, Fused(roster=ROSTER, evidence={f"source_{i}": each for i, each in enumerate(sources)}, **options))

    return make


@pytest.fixture
def reader(scene, roster):
    def make(**options):
        return Watch(scene, Fused(roster=roster, evidence={"badge": Badge(roster=roster)}, **options))

    return make


# with real badges


def test_one_reading_is_thin_and_several_name_a_person(reader):
    watch = reader()
    names = [watch.see([(100, 1)]).people[0] for _ in range(8)]
    assert (names[0], names[-1]) == (UNKNOWN, "nurse_1")
    assert names == sorted(names, key=[UNKNOWN, "nurse_1"].index)


def test_name_role_confidence_and_reason_belong_together(reader):
    who = reader().see([(50, 1), (250, None), (400, 11)], 30)
    assert (who.people, who.roles) == (("nurse_1", UNKNOWN, "doctor_1"), ("nurse", UNKNOWN, "doctor"))
    assert who.confidence.dtype == np.float32
    assert who.confidence.tolist() == [pytest.approx(0.98, abs=0.02), 0, pytest.approx(0.98, abs=0.02)]
    assert who.reasons[0].startswith("badge 1 read ")
    assert who.reasons[1] == ""


def test_a_name_stays_while_the_badge_is_hidden(reader):
    watch = reader()
    sure = watch.see([(100, 1)], 30).confidence[0]
    later = watch.see([(100, None)], 100)
    assert later.people == ("nurse_1",)
    assert later.confidence[0] < sure


def test_a_name_fades_in_the_end(reader):
    watch = reader(memory_seconds=10)
    watch.see([(100, 1)], 30)
    assert watch.see([(100, None)], 40, step=SECOND).people == (UNKNOWN,)


def test_a_name_does_not_outlive_the_track(reader):
    watch = reader()
    watch.see([(100, 1)], 20)
    assert watch.see([(100, None)], ids=[2]).people == (UNKNOWN,)


def test_a_track_that_changes_people_becomes_unknown_and_then_the_other(reader):
    watch = reader()
    watch.see([(100, 1)], 30)
    names = [watch.see([(100, 11)]).people[0] for _ in range(120)]
    assert names[-1] == "doctor_1" and UNKNOWN in names
    assert names == sorted(names, key=["nurse_1", UNKNOWN, "doctor_1"].index)


def test_nobody_is_in_two_places(reader):
    watch = reader()
    watch.see([(100, 1)], 20)
    who = watch.see([(100, 1), (400, 1)], 20)
    assert who.people == ("nurse_1", UNKNOWN)
    assert who.confidence[1] == 0
    assert who.reasons[1].startswith("nurse_1 is surer elsewhere in this picture; badge 1 read")


def test_whoever_was_away_for_long_is_forgotten(reader):
    watch = reader(forget_seconds=10)
    watch.see([(100, 1)], 20)
    watch.time += 9 * SECOND
    assert watch.see([(100, None)]).people == ("nurse_1",)
    watch.time += 11 * SECOND
    assert watch.see([(100, None)]).people == (UNKNOWN,)


def test_without_a_roster_nobody_is_named(scene):
    watch = Watch(scene, Fused(roster=(), evidence={"badge": Badge(roster=())}))
    who = watch.see([(100, 1)], 5)
    assert (who.people, who.roles, who.confidence.tolist(), who.reasons) == ((UNKNOWN,), (UNKNOWN,), [0], ("",))


def test_nobody_is_nobody(reader):
    who = reader().see([])
    assert (who.people, who.roles, who.confidence.shape, who.reasons) == ((), (), (0,), ())


# what is made of any evidence


def test_without_evidence_or_sources_everybody_is_unknown(told):
    assert told().see([(0, None)], 5).people == (UNKNOWN,)
    assert told(Told()).see([(0, None)], 5).people == (UNKNOWN,)


def test_weak_evidence_stays_thin_however_long_it_is_watched(told):
    """A source that is wrong for somebody is wrong for all of their life: it never gets more than its bound."""
    watch = told(Told({0: ("looks like nurse_1", {"nurse_1": 0.5})}), bound=1.5)
    assert watch.see([(0, None)], 500).people == (UNKNOWN,)


def test_readings_of_successive_frames_are_not_independent(told):
    """Ten frames within a second are worth less than ten seconds with one frame each, whatever the frame rate."""
    said = Told({0: badge(1, 1.0)})
    burst, slow, fast = told(said, bound=20), told(said, bound=20), told(said, bound=20)
    burst.see([(0, None)], 10)
    slow.see([(0, None)], 10, step=SECOND)
    fast.see([(0, None)], 20, step=TICK // 2)
    logs = [next(iter(watch.identifier._beliefs.values())).logs.max() for watch in (burst, slow, fast)]
    assert logs[1] > 2.5 * logs[0]
    assert logs[2] == pytest.approx(logs[0], rel=0.1)


def test_the_order_of_sources_and_observations_does_not_matter(told, scene):
    said = [Told({0: badge(1), 1: uniform("nurse")}), Told({1: badge(2, 3.0), 0: uniform("nurse")}), Told({0: badge(2, 1.0)})]
    answers = []
    for order in itertools.permutations(said):
        who = told(*order).see([(0, None), (300, None)], 12)
        answers.append((who.people, who.roles, who.confidence.round(5).tolist()))
    assert answers == [answers[0]] * 6


def test_a_badge_that_contradicts_lowers_the_confidence(told):
    source = Told({0: badge(1)})
    watch = told(source)
    before = watch.see([(0, None)], 30)
    source.said = {0: badge(2)}
    after = watch.see([(0, None)], 4)
    assert (before.people, after.people) == (("nurse_1",), ("nurse_1",)) or after.people == (UNKNOWN,)
    assert after.confidence[0] < before.confidence[0]
    assert "but badge 2 read 4 times" in after.reasons[0] or after.reasons[0].startswith("not enough: ")


def test_kinds_of_evidence_help_each_other(told):
    alone = told(Told({0: badge(1, 3.0)})).see([(0, None)])
    both = told(Told({0: badge(1, 3.0)}), Told({0: uniform("nurse", 2.5)})).see([(0, None)])
    assert (alone.people, both.people) == ((UNKNOWN,), ("nurse_1",))
    assert both.reasons == ("badge 1 read once; uniform of a nurse once",)


def test_a_uniform_against_a_badge_is_said(told):
    who = told(Told({0: badge(1, 7.0)}), Told({0: uniform("doctor", 1.0)})).see([(0, None)], 5)
    assert who.people == ("nurse_1",)
    assert who.reasons == ("badge 1 read 5 times; but uniform of a doctor 5 times",)


def test_a_role_is_known_where_the_person_is_not(told):
    who = told(Told({0: uniform("nurse", 3.0)})).see([(0, None)], 20)
    assert (who.people, who.roles, who.confidence.tolist()) == ((UNKNOWN,), ("nurse",), [0])
    assert who.reasons == ("uniform of a nurse 20 times",)


def test_a_stranger_can_have_a_role_that_nobody_on_the_roster_has(told):
    said = Told({0: ("uniform of a visitor", {}, {"visitor": 3.0, "nurse": -3.0, "doctor": -3.0})})
    assert told(said).see([(0, None)], 30).roles == ("visitor",)
    assert told(said, others=()).see([(0, None)], 30).roles == (UNKNOWN,)


def test_a_look_that_is_graded_says_how_sure_it_was(told):
    said = Told({0: ("uniform of a nurse", {}, {"nurse": 3.0, "doctor": -3.0}, 0.93)})
    assert told(said).see([(0, None)], 9).reasons == ("uniform of a nurse 0.93",)


def test_a_single_piece_of_evidence_gives_what_bayes_says(told):
    """One reading with log-likelihood ratio 3 for one of three people, who share 0.7; 0.3 for strangers."""
    watch = told(Told({0: badge(1, 3.0)}), confidence=0.51)
    expected = 0.7 / 3 * math.exp(3) / (0.7 / 3 * math.exp(3) + 1 - 0.7 / 3)
    assert watch.see([(0, None)]).confidence[0] == pytest.approx(expected, abs=1e-5)


def test_whoever_is_known_is_looked_at_less_often(told):
    source = Told({0: badge(1)}, pace=Pace(0.2, 1.0, 1.0))
    told(source).see([(0, None), (300, None)], 31)
    asked = {row: [time // TICK for time, due in source.asked if row in due] for row in (0, 1)}
    assert asked[1] == list(range(0, 31, 2))
    assert asked[0][-2:] == [asked[0][-2], asked[0][-2] + 10] and len(asked[0]) < 8


def test_instances_share_nothing(told):
    first, second = told(Told({0: badge(1)})), told(Told())
    first.see([(0, None)], 20)
    assert second.see([(0, None)]).people == (UNKNOWN,)


def test_memory_is_bounded(told, scene):
    watch = told(Told(), forget_seconds=5)
    for number in range(1, 200):
        watch.see([(0, None)], ids=[number], step=SECOND)
    assert len(watch.identifier._beliefs) <= 7


def test_hundred_people_are_quick(told):
    frame_tracks = Tracks(np.arange(100), np.tile(np.float32([[0, 0, 50, 100]]), (100, 1)), np.ones(100, np.float32))
    source = Told({row: badge(1) for row in range(100)})
    watch = told(source)
    frame, _ = watch.scene([(0, None)])
    assert len(watch.identifier.identify(frame, frame_tracks).people) == 100


@pytest.mark.parametrize(
    ("wrong", "saying"),
    [
        ({"confidence": 0.4}, "confidence is 0.4, expected more than 0.5"),
        ({"stranger": 0.0}, "stranger is 0.0, expected 0 < x < 1"),
        ({"bound": 0.0, "memory_seconds": -1.0}, "bound is 0.0, expected more than 0; memory_seconds is -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, saying):
    with pytest.raises(InputError, match=saying):
        Fused(roster=ROSTER, evidence={}, **wrong)


def test_somebody_who_is_on_the_roster_twice_is_refused():
    with pytest.raises(InputError, match="nurse_1 is on the roster twice"):
        Fused(roster=(*ROSTER, ROSTER[0]), evidence={})
