"""Before anything starts a fleet says what it costs, and the run fails where that is too much."""

from __future__ import annotations

import re

import pytest

from flows import fleet

FLEET = """# A small fleet.
site: here
zones: []
staff: []
every_camera: {{_target_: components.sources.stream.Stream, declared: {{{declared}}}}}
groups:
  bays: {{declared: {{{group}}}}}
cameras:
"""
DECLARED = {"declared": "width: 1280, height: 720, fps: 25, megabits: 2.0", "group": "megabits: 4.0"}


@pytest.fixture
def budget(install):
    """The summary of do=budget of a fleet with these values and words; every second of its cameras is in a group."""

    def run(*words: str, declared: str = "", group: str = "", cameras: int = 2):
        text = FLEET.format(declared=declared, group=group)
        text += "".join(
            f"  cam{i}: {{url: 'rtsp://10.0.0.{i}/a'{', group: bays' * (i % 2 == 0)}}}\n" for i in range(1, cameras + 1)
        )
        install("small_fleet", {}, {"fleet/small": text})
        return fleet.fleet(["fleet=small", "do=budget", *words])

    return run


def test_what_is_declared_is_summed_up(budget, capsys):
    summary = budget(**DECLARED)
    assert summary.ok and summary.next == "python -m flows.ingest fleet=small"
    assert summary.figures["gigabytes_per_day"] == pytest.approx(6 * 10.8)
    assert (summary.figures["frames_per_second"], summary.figures["cameras_declared"]) == (10.0, 2)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["bays", "1", "5", "43.2"] in [row[:4] for row in rows] and ["fleet", "2", "10", "64.8"] in [row[:4] for row in rows]


def test_what_is_too_much_names_the_camera_and_what_to_change(budget):
    summary = budget("budget.fleet.gigabytes_per_day=50", "budget.camera.frames_per_second=2", **DECLARED)
    assert not summary.ok and not summary.next
    said = summary.failures["fleet gigabytes_per_day"]
    assert said.startswith("64.8, and budget.fleet.gigabytes_per_day is 50; the most has camera cam2 with 43.2 (declared)")
    assert re.search(r"fleet\.cameras\.cam2\.declared\.megabits \(.*small\.yaml:7\)", said)
    assert "sampling.fps" in summary.failures["camera cam1 frames_per_second"]


@pytest.mark.parametrize(("option", "frames"), [("keyframes", 1.0), ("fixed_10fps", 20.0)])
def test_sampling_decides_what_is_worked_on(budget, option, frames):
    assert budget(f"sampling={option}").figures["frames_per_second"] == frames


def test_guesses_are_called_so(budget):
    summary = budget()
    assert "2 of 2 bitrates are guesses" in summary.note and summary.figures["cameras_measured"] == 0


def test_many_cameras_over_a_limit_are_not_a_hundred_sentences(budget):
    summary = budget("budget.camera.gigabytes_per_day=10", cameras=40)
    assert len(summary.failures) == 11 and summary.failures["cameras gigabytes_per_day"].startswith("30 more")


def test_footage_and_simulated_cameras_are_measured(lab4, capsys):
    words = ["fleet=video", f"fleet.cameras.cam1.uri={lab4 / 'cam0.mp4'}", "do=budget"]
    summary = fleet.fleet([*words, "+fleet.cameras.cam2.uri=/nowhere.mp4"])
    assert summary.figures["cameras_measured"] == 1 and "/nowhere.mp4" in summary.details["silent"]["cam2"]
    assert "could not be measured" in capsys.readouterr().out


def test_what_a_source_says_itself_is_declared_too():
    summary = fleet.fleet(["fleet=usb", "do=budget"])
    (cost,) = summary.details["costs"]
    assert (cost["sent"]["width"], cost["sent"]["fps"], cost["sent"]["codec"], cost["sent"]["basis"]) == (
        1280,
        25,
        "mjpeg",
        "estimated",
    )
