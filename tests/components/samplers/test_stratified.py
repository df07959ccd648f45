import subprocess
import sys

import numpy as np
import pytest

from components.contracts import InputError, Moment
from components.samplers.stratified import HOUR, Stratified

START = 1_772_445_600_000_000_000 // HOUR * HOUR
SECOND = 1_000_000_000
CODE = """
from components.contracts import Moment
from components.samplers.stratified import Stratified
sampler = Stratified(per_hour=40, seed=3)
print([n for n in range(0, 3600 * 5) if sampler.keep(Moment("cam", {start} + n * 200_000_000))])
"""


def kept(hours, camera="cam", *, seed=3, sampler=None):
    sampler = sampler or Stratified(per_hour=40, seed=seed)
    times = [START + hour * HOUR + n * SECOND // 5 for hour in hours for n in range(3600 * 5)]
    return [time for time in times if sampler.keep(Moment(camera, time))]


def test_each_hour_has_its_number_spread_over_it():
    times = kept([0, 1])
    assert len(times) == 80
    for hour in (0, 1):
        parts = [(time - START - hour * HOUR) * 40 // HOUR for time in times if time // HOUR == START // HOUR + hour]
        assert parts == list(range(40))
    assert len({time % HOUR for time in times}) > 70


def test_the_order_of_hours_changes_nothing():
    assert sorted(kept([2, 0, 1])) == kept([0, 1, 2]) == sorted(kept([1]) + kept([0]) + kept([2]))


def test_another_process_says_the_same():
    said = subprocess.run([sys.executable, "-c", CODE.format(start=START)], capture_output=True, text=True, check=True).stdout
    assert [START + n * SECOND // 5 for n in eval(said)] == kept([0])


def test_cameras_and_seeds_differ():
    assert len({tuple(kept([0], camera, seed=seed)) for camera in ("a", "b") for seed in (0, 1)}) == 4


def test_moments_are_as_often_in_each_part_of_the_hour():
    inside = np.array([time % (HOUR // 40) for time in kept(range(6))]) / (HOUR // 40)
    assert np.histogram(inside, 4, (0, 1))[0].min() > 35


def test_footage_that_begins_late_has_no_frame_for_moments_before_it():
    whole = set(kept([0]))
    for cut in range(100, 3600, 500):
        sampler = Stratified(per_hour=40, seed=3)
        late = [START + n * SECOND // 5 for n in range(cut * 5, 18000) if sampler.keep(Moment("cam", START + n * SECOND // 5))]
        assert set(late) <= whole and len(late) >= sum(time >= START + cut * SECOND for time in whole)


@pytest.mark.parametrize("count", [0, -5, 10**6])
def test_an_impossible_number_is_refused(count):
    with pytest.raises(InputError, match=r"per_hour is .*expected 1 to 36000"):
        Stratified(per_hour=count)
