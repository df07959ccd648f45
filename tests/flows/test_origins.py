"""Every value knows its file and line, or the word on the command line that it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows._origins import Origins

ROOT = Path(__file__).resolve().parents[2]


def line(file: str, text: str) -> str:
    """`file:n` of the first line that contains `text`."""
    lines = (ROOT / file).read_text().splitlines()
    return f"{file}:{next(number for number, content in enumerate(lines, 1) if text in content)}"


def test_a_value_of_the_root_config():
    assert Origins("ingest", ()).of("segment_seconds") == f"{line('conf/ingest.yaml', 'segment_seconds:')}: segment_seconds"


def test_a_value_of_a_group():
    at = line("conf/sampling/fixed_5fps.yaml", "fps: 5")
    assert Origins("prepare", ()).of("sampling.fps") == f"{at}: sampling.fps"


def test_a_value_of_the_option_that_was_chosen():
    at = line("conf/sampling/fixed_7fps.yaml", "fps: 7")
    assert Origins("prepare", ["sampling=fixed_7fps"]).of("sampling.fps") == f"{at}: sampling.fps"


def test_an_element_of_a_list_and_a_key_inside_it():
    at = line("conf/preprocessing/gray_640x480.yaml", "height: 480")
    found = Origins("prepare", ["preprocessing=gray_640x480"]).of("preprocessing[0].height")
    assert found == f"{at}: preprocessing[0].height"


def test_a_key_that_stands_nowhere_has_the_place_of_what_is_above_it():
    at = line("conf/sampling/fixed_5fps.yaml", "fps: 5")
    assert Origins("prepare", ()).of("sampling.fps.deeper.still") == f"{at}: sampling.fps.deeper.still"


def test_what_every_camera_has_is_found_there_and_spelled_so():
    at = line("conf/fleet/simulated_ward.yaml", "width: 960")
    assert Origins("ingest", ()).of("fleet.cameras.bay_a.width") == f"{at}: fleet.every_camera.width"


def test_deep_inside_what_every_camera_has():
    at = line("conf/fleet/simulated_ward.yaml", "ward: {")
    found = Origins("ingest", ()).of("fleet.cameras.station.ward.staff[2].badge")
    assert found == f"{at}: fleet.every_camera.ward.staff[2].badge"


def test_a_camera_that_says_it_itself_keeps_its_name():
    at = line("conf/fleet/simulated_ward.yaml", "bay_b: {")
    assert Origins("ingest", ()).of("fleet.cameras.bay_b.hfov") == f"{at}: fleet.cameras.bay_b.hfov"


@pytest.mark.parametrize("word", ["segment_seconds=3", "+segment_seconds=3", "++segment_seconds=3"])
def test_the_command_line_wins(word):
    assert Origins("ingest", [word]).of("segment_seconds") == f"command line, {word}: segment_seconds"


def test_an_override_of_one_camera_wins_over_what_all_have():
    origins = Origins("ingest", ["fleet.cameras.bay_a.width=3"])
    assert origins.of("fleet.cameras.bay_a.width").startswith("command line, fleet.cameras.bay_a.width=3: ")
    assert origins.of("fleet.cameras.bay_b.width").startswith("conf/fleet/simulated_ward.yaml:")


def test_a_value_of_a_plugin_shows_the_plugins_file(install):
    home = install("tiny_room", {}, {"sampling/tiny": "# A comment.\n_target_: tiny_room.x.Y\nfps: 3\n"})
    found = Origins("prepare", ["sampling=tiny"]).of("sampling.fps")
    assert found == f"{home / 'conf/sampling/tiny.yaml'}:3: sampling.fps"


def test_a_global_experiment_is_found_where_it_speaks(install):
    source = "# @package _global_\n# What it is for.\nsegment_seconds: 3\nfleet:\n  site: elsewhere\n"
    home = install("trial_room", {}, {"experiment/trial": source})
    origins = Origins("ingest", ["experiment=trial"])
    assert origins.of("segment_seconds") == f"{home / 'conf/experiment/trial.yaml'}:3: segment_seconds"
    assert origins.of("fleet.site") == f"{home / 'conf/experiment/trial.yaml'}:5: fleet.site"
    assert origins.of("fleet.cameras.bay_a.width").startswith("conf/fleet/simulated_ward.yaml:")


def test_what_nobody_has_written_is_shown_alone():
    assert Origins("ingest", ()).of("nowhere.to.be.found") == "nowhere.to.be.found"


def test_files_are_read_only_when_somebody_asks(monkeypatch):
    monkeypatch.setattr("flows._origins._read", lambda *_: pytest.fail("read without being asked"))
    Origins("ingest", ())


def test_every_line_that_is_named_holds_the_last_key():
    origins = Origins("track", ())
    origins.of("fleet.site")
    files = {path: found for path, found in origins._found.items() if ".yaml:" in found}
    assert len(files) > 100
    for path, found in files.items():
        file, number = re.fullmatch(r"(.+):(\d+)", found).groups()
        key = path.rsplit(".", 1)[-1]
        text = (ROOT / file).read_text().splitlines()[int(number) - 1]
        assert key.isdigit() or re.search(rf"\b{re.escape(key)}:", text), (path, found, text)
