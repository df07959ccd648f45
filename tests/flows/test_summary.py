"""What came out of a run is in a file that programs read, and on a console that loses nothing of it."""

from __future__ import annotations

import json
import math
import os

import pytest

from flows._summary import Summary, finite, show, write

FULL = Summary(
    "failed",
    {"cameras": 3, "frames": 12_345, "mota": 0.75, "minutes": 123.456, "model": "staff_detector/3", "map50": None},
    {"dataset": "0123456789abcdef" * 4},
    {"bay_a": "film.mp4 does not exist; expected a video file"},
    note="three of four",
    next="python -m flows.prepare only=[bay_b,corridor]",
    details={"start": 5},
)


def shown(capsys, summary, path="x/summary.json") -> list[str]:
    show(summary, "track", path, 1.25)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_the_file_has_everything(tmp_path):
    path = write(FULL, tmp_path / "a" / "b", {"flow": "track", "seconds": 1.5})
    assert path == tmp_path / "a" / "b" / "summary.json"
    content = json.loads(path.read_text())
    assert content == {
        "flow": "track",
        "seconds": 1.5,
        "status": "failed",
        "figures": dict(FULL.figures),
        "digests": dict(FULL.digests),
        "failures": dict(FULL.failures),
        "note": "three of four",
        "next": FULL.next,
        "details": {"start": 5},
    }


def test_the_file_is_replaced_whole_and_nothing_stays_beside_it(tmp_path):
    folder = tmp_path / "run"
    write(FULL, folder, {})
    write(Summary("completed"), folder, {})
    assert [path.name for path in folder.iterdir()] == ["summary.json"]
    assert json.loads((folder / "summary.json").read_text())["status"] == "completed"


def test_the_file_is_json_whatever_was_measured(tmp_path):
    def strict(name):
        raise AssertionError(name)

    path = write(Summary("completed", {"mota": math.nan, "fps": math.inf}, details={"a": [1.0, -math.inf]}), tmp_path, {})
    content = json.loads(path.read_text(), parse_constant=strict)
    assert content["figures"] == {"mota": None, "fps": None}
    assert content["details"] == {"a": [1.0, None]}


def test_finite_leaves_everything_else_alone():
    value = {"a": [1, 2.5, "x", None, True], "b": {"c": (1,)}}
    assert finite(value) == {"a": [1, 2.5, "x", None, True], "b": {"c": [1]}}


def test_the_console_shows_all_of_it(capsys):
    lines = shown(capsys, FULL)
    assert lines == [
        "track: failed in 1.2 s",
        "cameras 3",
        "frames 12,345",
        "mota 0.750",
        "minutes 123.5",
        "model staff_detector/3",
        "map50 -",
        "dataset 0123456789ab",
        "three of four",
        "failed bay_a: film.mp4 does not exist; expected a video file",
        "details x/summary.json",
        "next python -m flows.prepare only=[bay_b,corridor]",
    ]


@pytest.mark.parametrize(("status", "words"), [("completed", "completed"), ("unchanged", "nothing to do"), ("failed", "failed")])
def test_the_first_line_says_how_it_went(capsys, status, words):
    assert shown(capsys, Summary(status))[0] == f"track: {words} in 1.2 s"
    assert Summary(status).ok == (status != "failed")


def test_brackets_are_no_markup(capsys):
    summary = Summary(
        "failed", {"words [red]": "only=[bay_a]"}, failures={"prepare only=[a]": "[/nothing] is closed"}, note="[b]"
    )
    lines = shown(capsys, summary)
    assert "words [red] only=[bay_a]" in lines
    assert "failed prepare only=[a]: [/nothing] is closed" in lines
    assert "[b]" in lines


def test_long_values_stay_on_one_line_so_that_they_can_be_copied(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    address, problem = "http://127.0.0.1:8765/" + "x" * 90, "word " * 40
    summary = Summary("failed", {"dashboard": address}, failures={"cam": problem.strip()}, note=problem, next=f"open {address}")
    lines = shown(capsys, summary, path="y" * 100)
    assert f"dashboard {address}" in lines
    assert f"failed cam: {problem.strip()}" in lines
    assert problem.strip() in lines
    assert f"details {'y' * 100}" in lines
    assert f"next open {address}" in lines


def test_two_processes_do_not_share_a_half_written_file(tmp_path, monkeypatch):
    names = []
    monkeypatch.setattr("pathlib.Path.write_text", lambda self, text: names.append(self.name) or self.touch())
    for process in (1, 2):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        write(Summary("completed"), tmp_path, {})
    assert len(set(names)) == 2
