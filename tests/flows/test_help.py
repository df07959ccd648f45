"""`--help` tells what a flow does, which options there are, and which values can be changed, without composing anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows import _help, _launch

CONF = Path(_launch.CONF)
FLOWS = sorted(file.stem for file in CONF.glob("*.yaml"))
ROOT_CONFIG = """# A comment.
defaults:
  - fleet: ward
  - detector: hog
  - optional local: default
  - hydra: default
  - _self_
  - experiment: null

only: null  # names of cameras
deep: {a: 1, b: [2, 3]}
"""


@pytest.fixture
def text(tmp_path):
    (tmp_path / "walk.yaml").write_text(ROOT_CONFIG)
    return _help.text(tmp_path, "walk", "Walk around.", {"fleet": ["film", "ward"], "experiment": ["big"], "detector": []})


def test_begins_with_what_the_flow_is_for(text):
    assert text.splitlines()[0] == "Walk around."


def test_names_every_group_with_its_options_and_marks_the_default(text):
    groups = {
        line.split()[0]: line.split(maxsplit=1)[1]
        for line in text.splitlines()
        if re.match(r"  (fleet|experiment|detector) ", line)
    }
    assert groups == {"fleet": "film, ward*", "experiment": "big", "detector": "none yet"}


def test_says_nothing_of_what_is_not_for_the_user(text):
    assert not re.search(r"^  (hydra|local|_self_)\b", text, flags=re.MULTILINE)


def test_names_every_value_with_its_comment(text):
    assert "  only: null  # names of cameras" in text.splitlines()
    assert "  deep: {a: 1, b: [2, 3]}" in text.splitlines()


def test_names_the_exit_codes(text):
    assert "Exit codes: 0 done, 1 the run failed, 2 " in text


@pytest.mark.parametrize("name", FLOWS)
def test_of_every_flow_has_every_group_and_value_of_its_config(name):
    text = _help.text(CONF, name, "About.", _launch.options())
    config = _launch.compose(name, [], missing=True)
    for key in config:
        assert re.search(rf"^  {key}(:| )", text, flags=re.MULTILINE), key
    for group, options in _launch.options().items():
        if re.search(rf"^  - {group}: (?!null)\w", (CONF / f"{name}.yaml").read_text(), flags=re.MULTILINE) and group != "hydra":
            (line,) = re.findall(rf"^  {group} +(.*)$", text, flags=re.MULTILINE)
            assert {option.strip().rstrip("*") for option in line.split(",")} == set(options)
            assert line.count("*") == 1, line
