"""One run: a row in the database, a summary in its folder, a message and an exit code, whatever happens."""

from __future__ import annotations

import errno
import json
import sqlite3

import pytest

from components.contracts import InputError
from flows import _record, _run
from flows._summary import Summary

GOOD = Summary("completed", {"frames": 5}, details={"objective": 0.5, "run_key": "abc"})


@pytest.fixture
def rows(runs):
    def read():
        connection = sqlite3.connect(runs / "wardflow.db")
        found = connection.execute(
            "SELECT flow, status, overrides, finished IS NOT NULL, summary, published FROM runs"
        ).fetchall()
        connection.close()
        return [
            (flow, status, json.loads(words), bool(done), json.loads(summary), published)
            for flow, status, words, done, summary, published in found
        ]

    return read


def flow(outcome):
    """A flow with the config of ingest that ends in the given way."""

    def ingest(overrides):
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return ingest


def test_a_good_run(tmp_path, rows, capsys):
    outcome = _run.start(flow(GOOD), ("segment_seconds=3",), tmp_path / "run")
    assert outcome == _run.Outcome(0, "", 0.5)
    assert rows() == [
        (
            "ingest",
            "completed",
            ["segment_seconds=3"],
            True,
            {"frames": 5, "objective": 0.5, "run_key": "abc", "status": "completed"},
            0,
        )
    ]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["flow"] == "ingest" and summary["overrides"] == ["segment_seconds=3"]
    assert len(summary["config_digest"]) == 64
    assert "ingest: completed" in capsys.readouterr().out


def test_the_config_has_a_digest_that_follows_its_values(tmp_path, rows):
    digests = []
    for number, words in enumerate([(), (), ("segment_seconds=3",)]):
        _run.start(flow(GOOD), words, tmp_path / str(number))
        digests.append(json.loads((tmp_path / str(number) / "summary.json").read_text())["config_digest"])
    assert digests[0] == digests[1] != digests[2]


def test_a_run_that_did_not_succeed(tmp_path, rows):
    failed = Summary("failed", {"cameras": 1}, failures={"a": "is gone", "b": "is dark"})
    assert _run.start(flow(failed), (), tmp_path) == _run.Outcome(1, "is gone; is dark", None)
    assert rows()[0][1] == "failed"


def test_wrong_input_is_one_message(tmp_path, rows, capsys):
    assert _run.start(flow(InputError("no footage; run flows.ingest")), (), tmp_path).code == 2
    assert capsys.readouterr().err == "error: no footage; run flows.ingest\n"
    assert rows()[0][1:5] == ("failed", [], True, {"failures": {"ingest": "no footage; run flows.ingest"}})
    assert not list(tmp_path.glob("**/traceback.txt"))


def test_a_bug_is_a_message_and_a_trace_in_a_file(tmp_path, rows, capsys):
    assert _run.start(flow(KeyError("segments")), (), tmp_path / "run").code == 1
    said = capsys.readouterr().err
    assert said == f"error: unexpected KeyError: 'segments'\nthe traceback is in {tmp_path / 'run' / 'traceback.txt'}\n"
    assert "raise outcome" in (tmp_path / "run" / "traceback.txt").read_text()
    assert rows()[0][1] == "failed"


def test_an_interrupt_says_how_to_go_on(tmp_path, rows, capsys):
    assert _run.start(flow(KeyboardInterrupt()), (), tmp_path).code == 130
    assert capsys.readouterr().err == "interrupted; run the same command again, it goes on from here\n"
    assert rows()[0][1:5] == ("failed", [], True, {"failures": {"ingest": "interrupted"}})


def test_a_full_disk_is_a_message(tmp_path, capsys):
    assert _run.start(flow(OSError(errno.ENOSPC, "No space left on device", "/x/y")), (), tmp_path).code == 1
    assert capsys.readouterr().err.startswith("error: no space left on the device for /x/y; ")


def test_a_wrong_database_is_found_before_the_flow_begins(tmp_path, capsys):
    def ingest(overrides):
        pytest.fail("began")

    assert _run.start(ingest, ("database.url=5",), tmp_path).code == 2
    assert "command line, database.url=5: database.url: input should be a valid string, got 5" in capsys.readouterr().err
    assert _run.start(ingest, ("database=nosuch",), tmp_path).code == 2
    assert "database=nosuch: there is no such option" in capsys.readouterr().err


def test_a_run_in_a_deployment_raises_where_it_fails(runs):
    assert _run.deployed(flow(GOOD), []) == {"frames": 5}
    assert len(list(runs.glob("ingest/*/*/summary.json"))) == 1
    with pytest.raises(RuntimeError, match="a: is gone"):
        _run.deployed(flow(Summary("failed", failures={"a": "is gone"})), [])
    with pytest.raises(InputError, match="no footage"):
        _run.deployed(flow(InputError("no footage")), [])


def test_figures_that_are_no_numbers_can_be_kept(tmp_path, rows):
    assert _run.start(flow(Summary("completed", {"mota": float("nan")})), (), tmp_path).code == 0
    assert rows()[0][4] == {"mota": None, "status": "completed"}


def test_a_password_that_was_typed_is_not_recorded(tmp_path, rows):
    word = "fleet.cameras.a.url='rtsp://viewer:hush@10.0.0.1/a'"
    kept = "fleet.cameras.b.url='rtsp://viewer:${oc.env:PW}@10.0.0.1/b'"
    assert _record.discreet([word, kept, "x=1"]) == [word.replace("hush", "***"), kept, "x=1"]


def test_others_learn_of_a_run_before_it_ends(tmp_path, rows):
    def ingest(overrides):
        _record.say(run_key="abc", site="ward")
        (row,) = rows()
        assert row[1] == "running" and row[4] == {"run_key": "abc", "site": "ward"}
        return GOOD

    assert _run.start(ingest, (), tmp_path / "run").code == 0
    _record.say(run_key="nobody listens")
