"""What a run says of itself: every difference with its file and line or word, a name that reads like it, code and machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows import _described, _launch
from flows._described import ABSENT, differences, leaves, machine, readable, title

ROOT = Path(__file__).resolve().parents[2]


def of(flow: str, *words: str):
    return differences(flow, words, _launch.compose(flow, words, missing=True))


def row(rows, key):
    return next(row for row in rows if row["key"] == key)


def test_defaults_differ_in_nothing():
    assert of("train") == [] and title("train", [], []) == "train yolov8n"


def test_a_group_is_said_once_and_then_the_values_that_differ_with_the_line_of_the_file():
    rows = of("train", "model=ssdlite")
    assert rows[0] == {"key": "model", "default": "yolov8n", "value": "ssdlite", "origin": "command line, model=ssdlite"}
    target = row(rows, "model._target_")
    line = next(n for n, text in enumerate((ROOT / "conf/model/ssdlite.yaml").read_text().splitlines(), 1) if "_target_" in text)
    assert target["origin"] == f"conf/model/ssdlite.yaml:{line}"
    assert title("train", ["model=ssdlite"], rows) == "train ssdlite"


def test_a_value_has_the_word_that_it_came_from():
    words = ["trainer.learning_rate=0.01", "trainer.image_size=[160,96]"]
    rows = of("train", *words)
    assert [(row["key"], row["value"], row["origin"]) for row in rows] == [
        ("trainer.image_size", [160, 96], "command line, trainer.image_size=[160,96]"),
        ("trainer.learning_rate", 0.01, "command line, trainer.learning_rate=0.01"),
    ]
    assert title("train", words, rows) == "train yolov8n, size 160x96, lr 0.01"


def test_places_are_in_the_diff_and_not_in_the_name(tmp_path):
    words = [f"work={tmp_path}", "seed=3"]
    rows = of("train", *words)
    assert {row["key"] for row in rows} == {"work", "seed"} and title("train", words, rows) == "train yolov8n, seed 3"


def test_what_was_taken_away_and_what_was_added():
    rows = of("ingest", "fleet=stream", "~fleet.cameras.cam1", "+fleet.cameras.a.url=rtsp://10.0.0.1/a")
    assert row(rows, "fleet.cameras.a.url")["default"] == ABSENT
    assert row(rows, "fleet.cameras.bay_a.location")["value"] == ABSENT


def test_a_long_diff_has_a_short_name():
    words = [f"trainer.{name}={value}" for name, value in (("epochs", 1), ("epoch_steps", 2), ("batch_size", 3))]
    words += [f"preprocessing={'standard'}"] * 0 + ["name=" + "x" * 200]
    assert len(title("train", words, of("train", *words))) <= 120


def test_leaves_keep_plain_lists_whole_and_open_the_others():
    assert leaves({"a": [1, 2], "b": [{"c": 1}], "d": {}}) == {"a": [1, 2], "b[0].c": 1, "d": {}}


def test_it_reads_as_a_line_each():
    assert readable([{"key": "a", "default": 1, "value": 2, "origin": "conf/x.yaml:3"}]) == "a: 1 -> 2  (conf/x.yaml:3)\n"


def test_the_machine_says_what_it_is():
    found = machine()
    assert int(found["hardware.cores"]) > 0 and float(found["hardware.memory_gb"]) > 0 and found["hardware.cpu"]


@pytest.mark.parametrize("dirty", [True, False])
def test_a_run_carries_all_of_it(tmp_path, monkeypatch, dirty):
    from components.ledger.mlflow import Mlflow
    from flows import _code

    monkeypatch.setattr(_code, "commit", lambda: _code.Commit("c" * 40, dirty))
    monkeypatch.setattr(_code, "changes", lambda: "+ password=hunter2hunter2\n+ x = 1\n")
    ledger = Mlflow(f"sqlite:///{tmp_path}/mlflow.db", experiment="x")
    config = _launch.compose("train", ["seed=7"])
    with _described.opened(ledger, "train", ["seed=7"], {"seed": 7}, effective=config, tags={"more": "x"}) as run:
        pass
    known = ledger.record(run.id)
    assert known.title == "train yolov8n, seed 7" and known.tags["seed"] == "7" and known.tags["more"] == "x"
    assert known.tags["git_commit"] == "c" * 40 and known.tags["git_dirty"] == str(dirty).lower()
    assert known.tags["hardware.cores"] and known.tags["flow"] == "train"
    folder = next((tmp_path / "artifacts").rglob("diff.json")).parent
    assert json.loads((folder / "diff.json").read_text())[0]["key"] == "seed"
    assert (folder / "uncommitted.patch").exists() == dirty
    if dirty:
        assert (
            "hunter2" not in (folder / "uncommitted.patch").read_text() and "x = 1" in (folder / "uncommitted.patch").read_text()
        )
