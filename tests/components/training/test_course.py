"""Every sample once a pass, mixed, and the same wherever one begins."""

from __future__ import annotations

import numpy as np
import pytest

from components.training.course import Course, Pass, runs

SIZES = [(1, 4), (3, 4), (63, 8), (64, 8), (65, 8), (1000, 8), (5000, 7), (4097, 16)]


def shown(course: Course, number: int = 0) -> list[np.ndarray]:
    lap = Pass(course, number)
    return [lap.batch(k) for k in range(course.batches)]


@pytest.mark.parametrize(("count", "batch"), SIZES)
def test_every_sample_comes_once_a_pass(count: int, batch: int) -> None:
    batches = shown(Course(count=count, batch=batch, seed=1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(count))
    assert [len(one) for one in batches[:-1]] == [batch] * (len(batches) - 1) and 0 < len(batches[-1]) <= batch


def test_passes_seeds_and_nothing_else_decide() -> None:
    course = Course(count=1000, batch=8, seed=1)
    first, again, later = shown(course), shown(Course(count=1000, batch=8, seed=1)), shown(course, 1)
    other = shown(Course(count=1000, batch=8, seed=2))
    assert np.array_equal(np.concatenate(first), np.concatenate(again))
    assert not np.array_equal(np.concatenate(first), np.concatenate(later))
    assert not np.array_equal(np.concatenate(first), np.concatenate(other))


def test_batches_are_of_several_places_and_pools_are_read_in_runs() -> None:
    course = Course(count=20_000, batch=8, seed=3)
    lap = Pass(course, 0)
    apart = [len({position // course.chunk for position in lap.batch(k).tolist()}) for k in range(100)]
    assert np.mean(apart) > 4  # of 8 pictures, how many are of different times
    pieces = runs(lap.pool(2, 1))
    assert sum(map(len, pieces)) == course.mixed
    assert len(pieces) <= course.mixed // course.chunk + 2  # the first and the last may be cut


def test_a_small_split_is_mixed_picture_by_picture() -> None:
    order = np.concatenate(shown(Course(count=60, batch=4, seed=0)))
    assert np.count_nonzero(np.diff(order) == 1) < 10


def test_pools_of_two_lanes_share_no_sample() -> None:
    course = Course(count=3000, batch=8, seed=0)
    lap, last = Pass(course, 0), (course.rounds * course.batch - 1) // course.mixed
    pools = [set(lap.pool(lane, number).tolist()) for lane in range(course.lanes) for number in range(last + 1)]
    assert sum(map(len, pools)) == len(set().union(*pools)) == course.rounds * course.batch * course.lanes


def test_runs_of_neighbours() -> None:
    assert [run.tolist() for run in runs(np.array([7, 3, 4, 9, 8]))] == [[3, 4], [7, 8, 9]]
    assert runs(np.zeros(0, np.int64)) == []
