from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from time import process_time

import numpy as np
import psutil
import pytest

from components.association.association import Association
from components.association.tracks import SECOND
from components.contracts import UNKNOWN, Position
from tests.components.association.crowd import START, STEP, crowd, followed, sighting, stretch

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
from components.association.association import Association
from tests.components.association.test_association import digest, of_crowd
print(digest(of_crowd(Association(), 3)))
"""


def of_crowd(association: Association, seed: int, people: int = 10, moments: int = 300) -> list[Position]:
    found = [position for time, seen in crowd(seed, people, moments) for position in association.see(time, seen)]
    return found + association.close()


def digest(positions: list[Position]) -> str:
    return hashlib.sha256("\n".join(map(repr, positions)).encode()).hexdigest()


def identities(positions: list[Position]) -> set[str]:
    return {position.identity for position in positions}


def of_track(positions: list[Position], track: str) -> set[str]:
    return {position.identity for position in positions if track in position.tracks}


def test_one_person_in_two_overlapping_views_is_one_identity():
    seen = [sighting(camera, 1, t, 6 + t / 2 + fault) for t in stretch(0, 6) for camera, fault in (("a", 0.0), ("b", 0.4))]
    found = followed(Association(), seen)
    assert identities(found) == {"1"} and len(found) == 30
    assert all(position.cameras == ("a", "b") and position.tracks == ("a/1", "b/1") for position in found)
    assert all(abs(position.x - (6 + (position.time - START) / 2e9 + 0.2)) < 0.01 for position in found)
    assert all(position.uncertainty < 0.2 for position in found), "two views are surer than one"


def test_somebody_who_comes_into_a_second_view_stays_who_they_are():
    ways = {"a": (0.0, 8.0), "b": (6.0, 14.0)}
    seen = [sighting(c, 1, t, x) for t in stretch(0, 12) for c, (low, high) in ways.items() if low <= (x := 1.2 * t) <= high]
    found = followed(Association(), seen)
    assert identities(found) == {"1"}
    assert Counter(len(position.cameras) for position in found)[2] > 5


def test_two_people_in_one_view_are_never_one_identity_however_close_they_stand():
    seen = [sighting("a", track, t, 2 + 0.1 * track) for t in stretch(0, 5) for track in (1, 2)]
    found = followed(Association(), seen)
    assert len(found) == 50
    assert not of_track(found, "a/1") & of_track(found, "a/2")


def test_people_three_metres_apart_in_two_views_are_two():
    seen = [sighting(camera, 1, t, x) for t in stretch(0, 5) for camera, x in (("a", 5.0), ("b", 8.0))]
    assert identities(followed(Association(), seen)) == {"1", "2"}


def test_in_a_crowd_of_views_an_identity_has_one_track_of_a_camera_and_a_name_one_identity():
    for seed in range(3):
        moments = defaultdict(list)
        for position in of_crowd(Association(lag_seconds=(1.0, 0.4, 3.0)[seed]), seed, people=12, moments=150):
            moments[position.time].append(position)
            assert len({track.split("/")[0] for track in position.tracks}) == len(position.tracks)
            assert position.cameras == tuple(sorted(position.cameras)) and position.tracks == tuple(sorted(position.tracks))
        for there in moments.values():
            assert len({position.identity for position in there}) == len(there)
            names = [position.person for position in there if position.person != UNKNOWN]
            assert len(set(names)) == len(names)
            tracks = [track for position in there for track in position.tracks]
            assert len(set(tracks)) == len(tracks)


def test_who_is_named_again_after_a_long_gap_elsewhere_is_who_they_were():
    before = [sighting("a", 1, t, 3, person="nurse_1") for t in stretch(0, 4)]
    after = [sighting("d", 7, t, 30, person="nurse_1" if t > 122 else UNKNOWN) for t in stretch(120, 126)]
    other = [sighting("a", 2, t, 3) for t in stretch(60, 64)]
    found = followed(Association(), before + other + after)
    (home,) = of_track(found, "a/1")
    assert {position.identity for position in found if position.time >= START + 123 * SECOND} == {home}
    assert home not in of_track(found, "a/2")
    assert {position.person for position in found if position.identity == home} == {"nurse_1"}


def test_a_name_that_is_known_from_the_first_moment_is_given_from_the_first_moment():
    found = followed(Association(), [sighting("a", 1, t, 3, person="nurse_1") for t in stretch(0, 2)])
    assert [position.person for position in found] == ["nurse_1"] * 10
    assert found[0].reason == "a: badge read" and found[0].confidence == pytest.approx(0.95)


def test_of_two_people_with_one_name_at_one_time_only_one_has_it():
    seen = [
        sighting(c, 1, t, x, person="nurse_1", confidence=sure)
        for t in stretch(0, 6)
        for c, x, sure in (("a", 2, 0.99), ("d", 30, 0.8))
    ]
    found = followed(Association(), seen)
    named = defaultdict(set)
    for position in found:
        named[position.time].add(position.person)
    assert all(names == {"nurse_1", UNKNOWN} for names in named.values())
    assert len(identities(found)) == 2


def test_the_surer_of_two_tracks_in_one_view_keeps_the_name():
    seen = [
        sighting("a", track, t, x, person="nurse_1", confidence=sure)
        for t in stretch(0, 6)
        for track, x, sure in ((1, 2, 0.8), (2, 5, 0.99))
    ]
    last = {position.tracks: position.person for position in followed(Association(), seen)}
    assert last == {("a/1",): UNKNOWN, ("a/2",): "nurse_1"}


def test_thin_evidence_names_nobody():
    seen = [sighting("a", 1, t, 3, person="nurse_1", confidence=0.6, role="nurse") for t in stretch(0, 3)]
    found = followed(Association(confidence=0.7), seen)
    assert {(position.person, position.confidence, position.reason, position.role) for position in found} == {
        (UNKNOWN, 0.0, "", "nurse")
    }
    assert {position.person for position in followed(Association(confidence=0.55), seen)} == {"nurse_1"}


def test_one_picture_of_somebody_is_nobody():
    assert followed(
        Association(), [sighting("a", 1, 0, 3), sighting("a", 2, 4, 5), *(sighting("a", 3, t, 1) for t in stretch(3, 4))]
    )
    assert not followed(Association(), [sighting("a", 1, 0, 3)])


def test_a_track_that_changes_its_name_moves_to_the_identity_of_that_name():
    seen = [sighting("a", 1, t, 2, person="nurse_1" if t < 5 else "nurse_2") for t in stretch(0, 12)]
    seen += [sighting("d", 1, t, 30, person="nurse_2") for t in stretch(0, 3)]
    found = followed(Association(), seen)
    (second,) = of_track(found, "d/1")
    first = {position.identity for position in found if position.time < START + 3 * SECOND and "a/1" in position.tracks}
    late = [position for position in found if position.time > START + 6 * SECOND]
    assert first and second not in first
    assert {(position.identity, position.person) for position in late} == {(second, "nurse_2")}


def test_people_who_swapped_tracks_get_their_names_back():
    def name(track: int, t: float) -> str:
        return f"nurse_{track}" if t < 5 else f"nurse_{3 - track}"

    found = followed(Association(), [sighting("a", k, t, 1 + 2 * k, person=name(k, t)) for t in stretch(0, 12) for k in (1, 2)])
    who = {position.person: position.identity for position in found if position.time < START + 3 * SECOND}
    late = {position.person: (position.identity, position.tracks) for position in found if position.time > START + 8 * SECOND}
    assert late == {"nurse_1": (who["nurse_1"], ("a/2",)), "nurse_2": (who["nurse_2"], ("a/1",))}


def test_views_that_walk_away_from_each_other_become_two_people_and_those_that_stay_together_one():
    apart = [sighting(c, 1, t, 7 + (way * (t - 3) if t > 3 else 0)) for t in stretch(0, 8) for c, way in (("a", -1), ("b", 1))]
    found = followed(Association(), apart)
    assert len(identities([position for position in found if position.time < START + 2 * SECOND])) == 1
    assert len(identities([position for position in found if position.time > START + 7 * SECOND])) == 2
    joined = [sighting(c, 1, t, 7 + (way * max(4 - t, 0))) for t in stretch(0, 12) for c, way in (("a", -1), ("b", 1))]
    found = followed(Association(), joined)
    assert len(identities([position for position in found if position.time < START + SECOND])) == 2
    assert len(identities([position for position in found if position.time > START + 10 * SECOND])) == 1


@pytest.mark.parametrize("lag", [0.4, 1.0, 3.0])
def test_positions_are_final_one_lag_later_and_the_rest_comes_at_the_end(lag: float):
    found: list[Position] = []
    association = Association(lag_seconds=lag)
    for t in stretch(0, 10):
        time = START + round(t * SECOND)
        done = association.see(time, [sighting("a", 1, t, 2 + t / 3)])
        assert [position.time for position in done] == ([time - association.lag] if time - association.lag >= START else [])
        found += done
    rest = association.close()
    assert [position.time for position in found + rest] == [START + moment * STEP for moment in range(50)]
    assert len(rest) == round(lag * 5)
    assert association.close() == []


@pytest.mark.parametrize("gap", [0.6, 1.0, 2.0, 4.0, 6.0, 3600.0])
@pytest.mark.parametrize("track", [1, 2])
def test_moments_in_which_nobody_was_seen_need_not_be_told(gap: float, track: int):
    seen = [sighting("a", 1, t, 2) for t in stretch(0, 2)] + [sighting("a", track, t, 2) for t in stretch(2 + gap, 4 + gap)]
    told, times = Association(), sorted({one.time for one in seen})
    quiet = followed(told, seen)
    assert [position.time for position in quiet] == times, "no moment is lost, none comes twice"
    found: list[Position] = []
    loud = Association()
    for time in range(times[0], min(times[-1], times[0] + 12 * SECOND) + 1, STEP):
        found += loud.see(time, [one for one in seen if one.time == time])
    if gap < 10:
        assert [(p.time, p.identity) for p in found + loud.close()] == [(p.time, p.identity) for p in quiet]


def test_empty_moments_are_nothing():
    association = Association()
    assert [association.see(START + moment * STEP, []) for moment in range(20)] == [[]] * 20
    assert association.now() == association.close() == []
    assert Association().now() == Association().close() == []


def test_somebody_seen_shortly_before_the_end_has_a_position():
    found = followed(Association(), [sighting("a", 1, t, 2) for t in stretch(0, 0.6)])
    assert [position.identity for position in found] == ["1"] * 3


def test_a_moment_that_is_told_in_parts_has_one_position_of_each():
    found: list[Position] = []
    association = Association()
    for t in stretch(0, 4):
        for camera in ("a", "b"):
            found += association.see(START + round(t * SECOND), [sighting(camera, 1, t, 7)])
    found += association.close()
    assert len(found) == 20 and {position.cameras for position in found} == {("a", "b")}


def test_now_is_everybody_who_was_seen_within_the_last_lag():
    association = Association()
    for t in stretch(0, 4):
        here = [sighting("a", 1, t, 2)] + [sighting("d", 2, t, 30)] * (t < 3) + [sighting("b", 3, t, 9)] * (t < 2.5)
        association.see(START + round(t * SECOND), here)
    now = association.now()
    assert {position.tracks for position in now} == {("a/1",), ("d/2",)}
    assert {position.time for position in now} == {START + round(3.8 * SECOND)}
    assert association.now() == now, "asking changes nothing"


def test_the_same_sightings_give_the_same_positions_here_and_in_another_process():
    first = digest(of_crowd(Association(), 3))
    assert digest(of_crowd(Association(), 3)) == first
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert run.stdout.strip() == first


def test_looking_at_now_in_between_changes_nothing():
    found: list[Position] = []
    looked = Association()
    for time, seen in crowd(5, 8, 150):
        found += looked.see(time, seen)
        looked.now()
    assert digest(found + looked.close()) == digest(of_crowd(Association(), 5, 8, 150))


def test_identities_are_numbered_from_one_and_no_number_comes_back():
    association, known, gone = Association(lifetime_seconds=2), set[str](), set[str]()
    for time, seen in crowd(1, 10, 400):
        there = identities(association.see(time, seen))
        assert not there & gone
        known |= there
        gone |= {number for number in known if number not in association._identities}
    assert known <= {str(number) for number in range(1, 1 + association._count)}
    assert len(gone) > 20


def test_who_comes_back_within_a_lifetime_is_known_again_and_later_is_somebody_new():
    for gap, same in ((20, True), (60, False)):
        seen = [sighting("a", t > 5, t, 2, person="nurse_1") for t in (*stretch(0, 3), *stretch(3 + gap, 6 + gap))]
        assert (len(identities(followed(Association(lifetime_seconds=30), seen))) == 1) is same


def test_thousands_of_people_who_come_and_go_leave_nothing_behind():
    association, largest = Association(lifetime_seconds=10), 0
    for visit in range(1500):  # every second somebody for a moment, for two, or for a while, some of them with a name
        for t in stretch(visit, visit + (0.2, 0.4, 1.0)[visit % 3]):
            name = f"person {visit}" if visit % 2 else UNKNOWN
            association.see(START + round(t * SECOND), [sighting("abcd"[visit % 4], visit, t, visit * 7 % 30, person=name)])
        largest = max(
            largest, *map(len, (association._tracks, association._identities, association._people, association._moments))
        )
    assert association._count >= 450
    assert largest <= 20
    assert len(association._topology.passages) <= 16
    association.see(START + 1520 * SECOND, [])
    assert not association._tracks and not association._identities and not association._people


@pytest.mark.slow
def test_a_day_of_ten_people_is_as_quick_and_as_small_at_its_end_as_at_its_beginning():
    association, process = Association(step_seconds=0.5), psutil.Process()
    known, gone = set[str](), bytearray(10**6)
    moments, spent, memory, highest = 2 * 86_400, [0.0] * 10, [], 0
    for number, (time, seen) in enumerate(crowd(1, 10, moments, step=SECOND // 2, restless=0.01)):
        begun = process_time()
        there = association.see(time, seen)
        spent[number * 10 // moments] += process_time() - begun
        for identity in identities(there) - known:
            assert int(identity) <= association._count and not gone[int(identity)]
            known.add(identity)
        if number % 2000 == 1999:
            live = set(association._identities)
            for identity in known - live:
                gone[int(identity)] = 1
            known &= live
            memory.append(process.memory_info().rss)
            highest = max(highest, len(live), len(association._tracks))
    print(f"{sum(spent):.0f} s, tenths {[round(each, 1) for each in spent]}, {association._count} numbers, {highest} at once")
    print(f"resident MB {memory[len(memory) // 10] / 1e6:.1f} after a tenth, {memory[-1] / 1e6:.1f} in the end")
    assert spent[-1] <= 1.5 * spent[0]
    assert highest < 1000
    assert np.mean(memory[-5:]) < memory[len(memory) // 10] * 1.1 + 10e6
