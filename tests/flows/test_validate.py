"""One command looks at every config and says everything that is wrong, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _launch, validate
from flows.validate import commands, problems_of, variants

SOURCE = "class Rare:\n    def __init__(self, port: int) -> None: ...\n"
RARE = "# Rare.\n_target_: rare_room.tables.Rare\nprot: 1\nport: often\n"
FLEET = "# Odd.\nsite: s\nzones: []\nstaff: []\nevery_camera: {_target_: components.sources.video.Video}\ncameras:\n"
TRIAL = "# @package _global_\ndefaults:\n  - override /sampling: fixed_7fps\n  - override /{group}: {option}\n"


def test_every_config_that_we_have_is_right():
    summary = validate.validate([])
    assert not summary.failures
    assert summary.status == "completed"
    assert summary.figures["flows"] == len(commands())
    everything = [(name, words) for name in commands() for words in variants(name)]
    assert len(commands()) < summary.figures["configs"] < len(everything)


def test_an_option_that_leans_on_nothing_is_looked_at_once_and_any_other_in_every_flow():
    names = ["evaluate", "prepare", "track"]
    cases = list(validate._cases(names))
    everything = [(name, words) for name in names for words in variants(name)]
    assert {tuple(words) for _, words in cases} == {tuple(words) for _, words in everything}
    flows = {
        word: [name for name, words in cases if words == [word]] for word in ("database=sqlite", "identity=badge", "fleet=video")
    }
    assert flows == {"database=sqlite": ["evaluate"], "identity=badge": ["evaluate", "track"], "fleet=video": names}


def test_every_flow_is_looked_at():
    flows = {file.stem for file in (Path(_launch.CONF).parent / "flows").glob("[a-z]*.py")}
    assert set(commands()) == flows - {"validate"} == {file.stem for file in Path(_launch.CONF).glob("*.yaml")} - {"validate"}


def test_every_option_of_every_group_of_a_flow_is_looked_at():
    cases = variants("prepare")
    assert [] in cases
    for group in ("fleet", "sampling", "preprocessing", "labels", "storage", "database", "runner"):
        assert {words[0] for words in cases if words and words[0].startswith(f"{group}=")} == {
            f"{group}={option}" for option in _launch.options()[group]
        }
    assert not any(words and words[0].startswith(("hydra=", "local=")) for words in cases)


def test_an_experiment_is_looked_at_in_the_flows_that_have_its_groups(install):
    trials = {"experiment/one": ("preprocessing", "none"), "experiment/other": ("tracker", "bytetrack")}
    install("trial_room", {}, {name: TRIAL.format(group=group, option=option) for name, (group, option) in trials.items()})
    assert ["experiment=one"] in variants("prepare") and ["experiment=one"] in variants("track")
    assert ["experiment=other"] not in variants("prepare") and ["experiment=other"] in variants("track")
    assert problems_of("prepare", ["experiment=one"]) == []


def test_all_problems_of_a_plugins_config_with_file_line_value_and_advice(install):
    home = install("rare_room", {"tables": SOURCE}, {"database/rare": RARE, "database/torn": "url: [1\n"})
    summary = validate.validate(["flows=[publish]"])
    assert summary.status == "failed"
    assert summary.figures == {"flows": 1, "configs": 1 + len(_launch.options()["database"]), "problems": 3}
    at = home / "conf" / "database"
    assert sorted(summary.failures.values()) == [
        f"{at}/rare.yaml:3: database.prot: Rare has no such argument; did you mean 'port'?",
        f"{at}/rare.yaml:4: database.port: input should be a valid integer, unable to parse string as an integer, got 'often'",
        f"{at}/torn.yaml:2: not valid YAML: expected ',' or ']', but got '<stream end>'; correct the file there",
    ]
    assert {where.split(" (")[0] for where in summary.failures} == {"publish database=rare", "publish database=torn"}


def test_a_fleet_that_is_wrong_is_one_problem_and_the_others_are_looked_at_all_the_same(install):
    install("odd_room", {}, {"fleet/odd": f"{FLEET}  a/b: {{uri: film.mp4}}\n"})
    assert ["fleet=odd"] in variants("ingest") and ["storage=s3"] in variants("ingest")
    (problem,) = problems_of("ingest", ["fleet=odd"])
    assert "fleet.cameras.a/b: not a camera's id" in problem


def test_a_value_that_the_user_has_to_give_is_no_problem():
    assert problems_of("ingest", ["fleet=video"]) == []
    assert problems_of("ingest", ["storage=s3"]) == []


def test_a_flow_that_does_not_exist():
    with pytest.raises(InputError, match=r"flows=\['ingets'\]: there is no such flow; expected some of audit, calibrate, "):
        validate.validate(["flows=[ingets]"])


def test_nothing_is_written_but_the_record_of_the_run(command, tmp_path):
    runs = tmp_path / "nothing"
    result = command("validate", "flows=[publish]", RUNS=str(runs))
    assert result.returncode == 0, result.stdout + result.stderr
    assert {path.name for path in runs.iterdir()} == {"validate", "wardflow.db"}
    failed = command("validate", "flows=5")
    assert failed.returncode == 2
    assert "flows: input should be a valid list" in failed.stderr
