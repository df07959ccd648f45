"""One mark per person: merging views of several cameras, and names of marks that last."""

from __future__ import annotations

import time

import pytest

from components.contracts import UNKNOWN
from components.dashboard.marks import SAME_PLACE, STEP, Continuity, Seen, merged, moments, present, step_of

MS = 1_000_000


def seen(camera="a", track=1, x=0.0, y=0.0, *, at=0, person=UNKNOWN, role=UNKNOWN, confidence=0.0, uncertainty=0.2):
    return Seen(camera, track, at * MS, person, role, confidence, x, y, uncertainty, "Bay A")


def test_a_named_person_seen_by_two_cameras_is_one_mark_at_the_most_certain_place():
    marks = merged(
        [seen("a", person="nurse-1", confidence=0.9, uncertainty=0.4, x=1.0), seen("b", person="nurse-1", confidence=0.9, x=1.3)]
    )
    assert [(mark.id, mark.best.x, mark.cameras) for mark in marks] == [("person/nurse-1", 1.3, ("a", "b"))]


def test_a_more_certain_name_beats_a_more_certain_place():
    marks = merged(
        [seen("a", person="nurse-1", confidence=0.95, uncertainty=0.4, x=1.0), seen("b", person="nurse-1", confidence=0.5, x=9)]
    )
    assert [mark.best.x for mark in marks] == [1.0]


@pytest.mark.parametrize(("distance", "people"), [(0.0, 1), (SAME_PLACE - 0.01, 1), (SAME_PLACE + 0.01, 2), (5.0, 2)])
def test_the_unknown_of_two_cameras_are_one_person_where_they_are_close(distance, people):
    assert len(merged([seen("a"), seen("b", x=distance)])) == people


def test_two_tracks_of_one_camera_stay_two_people_however_close():
    assert len(merged([seen("a", 1), seen("a", 2, x=0.1)])) == 2


def test_two_people_side_by_side_seen_by_two_cameras_are_two():
    marks = merged([seen("a", 1, x=0.0), seen("a", 2, x=0.5), seen("b", 7, x=0.05), seen("b", 8, x=0.45)])
    assert sorted(mark.cameras for mark in marks) == [("a", "b"), ("a", "b")]


def test_somebody_unnamed_beside_a_named_person_of_another_camera_is_that_person():
    marks = merged([seen("a", person="nurse-1", role="nurse", confidence=0.9), seen("b", x=0.3)])
    assert [(mark.id, len(mark.views)) for mark in marks] == [("person/nurse-1", 2)]


def test_roles_that_contradict_keep_people_apart_and_a_known_role_is_kept():
    assert len(merged([seen("a", role="nurse"), seen("b", role="doctor")])) == 2
    (mark,) = merged([seen("a"), seen("b", role="doctor", x=0.2, uncertainty=0.3)])
    assert mark.role == "doctor"


def test_different_names_at_one_place_are_different_people():
    assert len(merged([seen("a", person="nurse-1", confidence=1.0), seen("b", person="nurse-2", confidence=1.0)])) == 2


def test_of_each_track_only_the_newest_view_counts():
    (mark,) = merged([seen(x=2.0, at=100), seen(x=1.0, at=0)])
    assert mark.best.x == 2.0


def test_nobody_is_nobody():
    assert merged([]) == []
    assert list(moments([], STEP, Continuity())) == []


def test_a_nameless_mark_keeps_its_name_when_another_camera_takes_over():
    both = [seen("a", 1, at=0, uncertainty=0.1), seen("b", 5, at=0, x=0.1)]
    views = [*both, seen("b", 5, at=200, x=0.3), seen("b", 5, at=400, x=0.6)]
    assert {mark.id for marks in moments(views, STEP, Continuity()) for mark in marks} == {"track/a/1"}


def test_two_marks_never_have_one_name():
    views = [seen("a", 1, at=0), seen("b", 5, at=0, x=0.1), seen("a", 1, at=200), seen("b", 5, at=200, x=4.0)]
    *_, last = moments(views, STEP, Continuity())
    assert sorted(mark.id for mark in last) == ["track/a/1", "track/b/5"]


def test_the_memory_of_names_is_bounded():
    continuity = Continuity()
    for i in range(2000):
        continuity.keep(merged([seen("a", i, at=i * 200)]), i * 200 * MS)
    assert len(continuity._ids) < 30


def test_somebody_who_went_from_one_camera_to_the_next_is_counted_once():
    views = [seen("a", 1, at=0, x=0), seen("b", 5, at=0, x=0.1), seen("b", 5, at=1000, x=1.3)]
    assert [(mark.best.x) for mark in present(views, STEP, Continuity())] == [1.3]


@pytest.mark.parametrize(("period", "expected"), [(100, 200), (200, 200), (143, 200), (500, 500), (1000, 1000), (9000, 2000)])
def test_a_moment_is_as_long_as_a_camera_needs_to_look_once(period, expected):
    assert step_of(seen(at=i * period) for i in range(10)) == expected * MS


def test_a_single_view_makes_a_moment_of_the_usual_length():
    assert step_of([seen()]) == STEP


def test_merging_three_hundred_people_takes_a_few_milliseconds():
    views = [seen(camera, i, x=i % 20 * 1.5, y=i // 20 * 1.5) for i in range(300) for camera in "ab"]
    began = time.process_time()
    assert len(merged(views)) == 300
    assert time.process_time() - began < 0.5
