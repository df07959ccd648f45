from __future__ import annotations

import pytest

from components.database.database import Database
from components.database.runs import LOST, Runs, Steps, at_work
from components.database.schema import RunRow


def _ended(runs: Runs, run: str, *words: str, flow: str = "train", status: str = "completed", **summary: object) -> None:
    runs.begin(run, flow, words, "c" * 64, published=False)
    runs.end(run, status, summary)


def test_the_newest_completed_run_is_found(database: Database) -> None:
    runs = Runs(database)
    assert runs.newest("train") is None
    _ended(runs, "1", loss=1.0)
    _ended(runs, "2", "a=1", loss=2.0)
    _ended(runs, "3", status="failed", loss=3.0)
    _ended(runs, "4", flow="track", loss=4.0)
    runs.begin("5", "train", [], "d" * 64, published=False)
    assert runs.newest("train") == {"loss": 2.0, "overrides": ["a=1"], "config_digest": "c" * 64}


def test_a_run_is_found_by_all_its_words_and_by_its_key(database: Database) -> None:
    runs = Runs(database)
    _ended(runs, "1", "a=1", "b=2", run_key="k1")
    _ended(runs, "2", "a=1", run_key="k2")
    newest = runs.newest("train", ["b=2", "a=1"])
    assert newest is not None and newest["run_key"] == "k1"
    assert runs.newest("train", ["a=1"], key="k2") is not None
    assert runs.newest("train", ["b=2"], key="k2") is None
    assert runs.newest("train", ["c=3"]) is None


def test_finished_runs_wait_for_a_server(database: Database) -> None:
    runs = Runs(database)
    _ended(runs, "1", loss=1.0)
    _ended(runs, "2", status="failed", error="no")
    runs.begin("3", "train", [], "", published=False)
    runs.begin("4", "train", [], "", published=True)
    runs.end("4", "completed", {})
    waiting = runs.unpublished(10)
    assert [(run["id"], run["status"], run["summary"]) for run in waiting] == [
        ("1", "completed", {"loss": 1.0}), ("2", "failed", {"error": "no"}),
    ]  # fmt: skip
    assert all(run["started"] <= run["finished"] for run in waiting)
    assert [run["id"] for run in runs.unpublished(1)] == ["1"]
    runs.mark_published("1")
    assert [run["id"] for run in runs.unpublished(10)] == ["2"]


def test_a_step_is_worked_once(database: Database) -> None:
    steps, worked = Steps(database, "prepare"), list[int]()

    def work() -> dict[str, int]:
        worked.append(1)
        return {"kept": 3, "at": 1_772_445_600_000_000_000}

    first, second = steps.once("k", "part cam", work), steps.once("k", "part cam", work)
    assert first == {"kept": 3, "at": 1_772_445_600_000_000_000, "unchanged": False}
    assert second == {**first, "unchanged": True}
    assert len(worked) == 1
    steps.once("other", "part cam", work)
    assert len(worked) == 2


def test_a_step_whose_product_is_gone_is_worked_again(database: Database) -> None:
    steps = Steps(database, "prepare")
    steps.once("k", "part", lambda: {"n": 1})
    assert steps.once("k", "part", lambda: {"n": 2}, still=lambda: False) == {"n": 2, "unchanged": False}
    assert steps.result("k") == {"n": 2}


def test_a_step_that_fails_is_not_finished(database: Database) -> None:
    steps = Steps(database, "prepare")
    with pytest.raises(ZeroDivisionError):
        steps.once("k", "part", lambda: {"n": 1 // 0})
    assert steps.result("k") is None


def test_a_run_whose_process_is_gone_is_ended_by_the_next_that_begins(database: Database) -> None:
    runs = Runs(database)
    for run in ("lost", "there"):
        runs.begin(run, "track", [], "", published=False)
    runs.say("lost", {"run_key": "k1"})
    _silent_since(database, "lost", LOST + 1)
    assert _state(database, "lost") == ("running", False, {"run_key": "k1"})
    runs.begin("next", "track", [], "", published=False)
    status, at_work, summary = _state(database, "lost")
    assert (status, at_work, summary["run_key"]) == ("failed", False, "k1")
    assert "ended without a word" in summary["failures"]["track"]
    assert _state(database, "there")[:2] == ("running", True)


def test_a_run_that_was_taken_for_lost_is_back_with_its_next_beat_but_not_after_its_end(database: Database) -> None:
    runs = Runs(database)
    runs.begin("slow", "track", [], "", published=False)
    _silent_since(database, "slow", LOST + 1)
    runs.begin("next", "track", [], "", published=False)
    assert _state(database, "slow")[0] == "failed"
    runs.beat("slow")
    assert _state(database, "slow")[:2] == ("running", True)
    runs.end("slow", "completed", {})
    runs.beat("slow")
    assert _state(database, "slow")[:2] == ("completed", False)


def _silent_since(database: Database, run: str, nanoseconds: int) -> None:
    with database.session() as session:
        session.get_one(RunRow, run).alive -= nanoseconds


def _state(database: Database, run: str) -> tuple[str, bool, dict]:
    with database.session() as session:
        row = session.get_one(RunRow, run)
        return row.status, at_work(row), dict(row.summary)
