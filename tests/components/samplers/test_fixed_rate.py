import numpy as np
import pytest

from components.contracts import InputError, Moment
from components.samplers.fixed_rate import FixedRate

START = 1_772_445_600_123_456_789  # a fleet time of 2026 that lies on no grid
SECOND = 1_000_000_000


def at(time):
    return Moment("cam", time)


def times(fps, seconds, *, jitter=0.0, start=START, seed=0):
    noise = np.random.default_rng(seed).uniform(-jitter, jitter, int(fps * seconds))
    return [start + round(i * SECOND / fps) + round(noise[i] * SECOND) for i in range(int(fps * seconds))]


def kept(fps, moments):
    sampler = FixedRate(fps)
    return [moment for moment in moments if sampler.keep(at(moment))]


@pytest.mark.parametrize("native", [7, 10, 21, 25, 29.97])
@pytest.mark.parametrize("fps", [1, 5, 7])
def test_an_hour_has_as_many_frames_as_asked_for(native, fps):
    assert abs(len(kept(fps, times(native, 3600))) - min(native, fps) * 3600) <= 2


@pytest.mark.parametrize("native", [7, 10, 21, 25])
def test_each_frame_is_the_one_nearest_to_a_point_of_the_grid(native):
    grid, half = SECOND // 5, SECOND / native / 2
    for moment in kept(5, times(native, 60))[1:]:
        off = moment % grid
        assert min(off, grid - off) <= half + 1


@pytest.mark.parametrize("fps", [5, 7, 10, 25])
@pytest.mark.parametrize("phase", [0, 1, 24_999_999, 50_000_000, 99_999_999])
def test_a_camera_at_just_the_rate_keeps_every_frame(fps, phase):
    moments = times(fps, 60, start=START // SECOND * SECOND + phase)
    assert kept(fps, moments) == moments


@pytest.mark.parametrize("phase", range(0, 100_000_000, 7_000_000))
def test_jitter_costs_no_frame(phase):
    moments = times(10, 60, jitter=0.02, start=START // SECOND * SECOND + phase)
    assert kept(10, moments) == moments


def test_jitter_brings_no_extra_frames():
    assert abs(len(kept(5, times(10, 600, jitter=0.03))) - 3000) <= 1


def test_a_slower_camera_keeps_everything():
    moments = times(7, 60)
    assert kept(10, moments) == moments


def test_cameras_of_one_rate_keep_the_same_moments_wherever_they_start():
    moments = times(25, 60)
    late = kept(5, moments[333:])
    assert late[1:] == [moment for moment in kept(5, moments) if moment > late[0]]


def test_the_same_times_give_the_same_answer_and_instances_share_nothing():
    moments = times(21, 30, jitter=0.01)
    first, second = FixedRate(5), FixedRate(5)
    assert [first.keep(at(m)) for m in moments] == [second.keep(at(m)) for m in moments]


def test_a_gap_is_no_debt():
    moments = times(10, 10) + times(10, 10, start=START + 3600 * SECOND)
    assert abs(len(kept(5, moments)) - 100) <= 2


def test_a_clock_that_is_set_back_does_not_silence_the_camera():
    moments = times(10, 10) + times(10, 10, start=START - 3600 * SECOND)
    assert abs(len(kept(5, moments)) - 100) <= 2


def test_two_frames_of_one_time_are_one():
    sampler = FixedRate(10)
    assert [sampler.keep(at(START)), sampler.keep(at(START))] == [True, False]


@pytest.mark.parametrize("fps", [0, -1, 1e9, float("nan")])
def test_an_impossible_rate_is_refused(fps):
    with pytest.raises(InputError, match=r"fps is .*expected 0.001 to 1000"):
        FixedRate(fps)
