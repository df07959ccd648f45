"""A sweep is a run with children: killed anywhere it ends with as many as an undisturbed one, and equal ones are run once."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.contracts import InputError, digest_of
from components.ledger.connection import connect
from components.ledger.mlflow import Child, Mlflow
from components.sweeps.diary import Diary, Result
from components.sweeps.grid import Grid
from flows import _run
from flows._space import space, sweep_words
from flows._sweep import Driver, Sweep, Task
from flows._sweep_shown import Whole
from flows._workers import Runner
from flows.ingest import ingest
from flows.sweep import _note_finished, sweep

ROOT = Path(__file__).resolve().parents[2]
SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=160", "height=90")]
PREPARE = [*SMALL, "only=[bay_a,corridor]", "runner=local", "sampling=fixed_5fps"]
SPACE = "sampling.fps=2,3,4,5"  # four datasets
LONGER = "sampling.fps=2,3,4,5,6,7,8,9"  # so many that an interrupt comes before the end on a busy machine too


def quoted(*words: str) -> str:
    return f"words=[{','.join(repr(word) for word in words)}]"


def begin(*words: str) -> subprocess.Popen[str]:
    """flows.prepare -m with these words more, in a process group of its own."""
    command = [sys.executable, "-m", "flows.prepare", "-m", *PREPARE, "sweep.objective=kept", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory, with_tables):
    """Footage of two cameras, and an empty ledger."""
    folder = with_tables(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        _run.start(ingest, [*SMALL, "only=[bay_a,corridor]"], folder / "ingest")
        assert Mlflow(f"sqlite:///{folder}/mlflow.db", experiment="wardflow").find({}, dataset="") is None
    return folder


@pytest.fixture
def footage(template, runs):
    shutil.copytree(template, runs, dirs_exist_ok=True)
    with sqlite3.connect(runs / "mlflow.db") as database:
        database.execute("update experiments set artifact_location = ?", (f"file://{runs}/artifacts",))
    database.close()
    return runs


def ledger(runs: Path):
    client = connect(f"sqlite:///{runs}/mlflow.db")
    known = client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1000)
    parents = [run for run in known if run.data.tags.get("flow") == "sweep"]
    return client, parents, [run for run in known if "mlflow.parentRunId" in run.data.tags]


def at_work(process: subprocess.Popen[str], runs: Path, results: int) -> None:
    """Returns once the sweep has written down so many results."""
    deadline = time.monotonic() + 60
    while len(list((runs / "sweeps").glob("*/*/result.json"))) < results and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)


def test_interrupted_and_then_killed_it_ends_with_every_run_once(footage):
    """The soak test below kills a longer one at many random moments."""
    process = begin(LONGER)
    at_work(process, footage, 1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "interrupted; run the same command again" in errors and "8 of 8 runs" not in errors
    _, parents, children = ledger(footage)
    assert [run.info.status for run in parents] == ["KILLED"] and "RUNNING" not in {run.info.status for run in children}
    process = begin(LONGER)
    at_work(process, footage, 2)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = sweep(sweep_words("prepare", [*PREPARE, "sweep.objective=kept", LONGER]))
    assert (done.status, done.figures["runs"]) == ("completed", 8)
    client, parents, children = ledger(footage)
    assert len(parents) == 1 and parents[0].info.status == "FINISHED"
    assert sorted(run.info.status for run in children) == ["FINISHED"] * 8
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parents[0].info.run_id}
    rows = list(csv.DictReader(_artifact(client, parents[0], "ranking.csv", footage)))
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 9)]
    kept = [float(row["kept"]) for row in rows]
    assert kept == sorted(kept, reverse=True) and {row["run"] for row in rows} <= {run.info.run_id for run in children} | {""}


def _artifact(client, run, name: str, folder: Path) -> list[str]:
    return Path(client.download_artifacts(run.info.run_id, name, str(folder))).read_text().splitlines()


def test_what_was_run_before_is_taken_over_and_equal_ones_are_run_once(footage):
    first = quoted(*PREPARE, "sampling.fps=2,3")
    assert sweep(["flow=prepare", first, "sweep.objective=kept"]).figures["runs"] == 2
    done = sweep(["flow=prepare", first, "sweep.objective=kept"])
    assert done.status == "unchanged" and done.details["ranking"][0]["values"] == {"sampling.fps": "3"}
    more = quoted(*PREPARE, "sampling.fps=3,4", "picture={format:jpg,quality:95},{quality:95,format:jpg}")
    other = sweep(["flow=prepare", more, "sweep.objective=kept", "sweep.direction=minimize"])
    assert (other.figures["runs"], other.figures["the_same_again"], other.figures["taken_over"]) == (2, 2, 1)
    notes = [row["note"] for row in other.details["ranking"]]
    assert notes == ["finished before, taken over", "", "the same config as #1", "the same config as #3"]
    assert other.details["ranking"][0]["run"] == done.details["ranking"][0]["run"]
    _, _, children = ledger(footage)
    assert len(children) == 3, "three datasets were made, whoever asked"


def test_only_failures_are_run_again(footage):
    rest = [word for word in PREPARE if not word.startswith("only")]
    words = ["flow=prepare", quoted(*rest, "only=[station],[bay_a]"), "sweep.objective=kept"]
    failed = sweep(words)
    assert (failed.status, failed.figures["runs"], failed.figures["failed"]) == ("failed", 1, 1)
    assert "no footage of station in the store" in failed.failures["#1 only=[station]"]
    assert ledger(footage)[1][0].info.status == "FAILED"
    _run.start(ingest, [*SMALL, "only=[station]"], footage / "ingest")
    whole = sweep(words)
    assert (whole.status, whole.figures["runs"], len(whole.details["ranking"])) == ("completed", 2, 2)
    _, parents, children = ledger(footage)
    assert [run.info.run_id for run in parents] == [whole.figures["sweep"]] == [failed.figures["sweep"]] and len(children) == 2


def driver(folder: Path, **sweep) -> Driver:
    """Of a sweep of four points, without workers."""
    task = Task(
        flow="prepare", space=space([SPACE], {}), sweep=Sweep(search=Grid(), **sweep), search={}, diary=Diary(folder),
        runner=Runner("local"), parent="p", total=4, digest=digest_of, entered=lambda _, result: result,
    )  # fmt: skip
    return Driver(task, Whole(task.diary, 4, maximize=True, live=None))


def test_an_objective_that_no_run_gives_ends_the_sweep_with_the_names(tmp_path):
    one = driver(tmp_path, objective="mota")
    point = one.next()
    one.end(point, Result(state="finished", figures={"kept": 3, "cameras": 2, "a.b": 1}))
    assert one.next() is None
    problem = "sweep.objective=mota: the run gave no such figure; expected one of cameras, kept"
    assert [entry.result.problem for entry in one.task.diary.entries()] == [problem]


def test_a_failure_stops_the_sweep_only_where_that_was_asked_for(tmp_path):
    for on_failure, more in (("stop", False), ("continue", True)):
        one = driver(tmp_path / on_failure, on_failure=on_failure)
        one.end(one.next(), Result(state="failed", problem="no"))
        assert (one.next() is not None) == more
        again = driver(tmp_path / on_failure)
        assert again.next().number == 1, "what failed is run again first"


def test_a_run_that_ended_just_before_the_kill_is_not_run_again(tmp_path):
    one = driver(tmp_path)
    one.next(), one.next()
    planned = SimpleNamespace(diary=one.task.diary, sweep=Sweep(search=Grid(), objective="map50"))
    _note_finished(
        planned, [Child(run="r", tags={"sweep.point": "2"}, metrics={"map50": 0.5}), Child(run="s", tags={}, metrics={})]
    )
    assert [entry.result and (entry.result.run, entry.result.objective) for entry in planned.diary.entries()] == [
        None,
        ("r", 0.5),
    ]
    again = driver(tmp_path)
    assert [again.next().number, again.next().number] == [1, 3]


def test_an_interrupted_run_is_no_failure(tmp_path):
    one = driver(tmp_path)
    point = one.next()
    one.stop()
    one.end(point, Result(state="failed", problem="its worker process died"))
    assert one.next() is None and one.task.diary.entries()[0].result is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["flow=demo"], "flow=demo: this cannot be swept; expected one of "),
        (["flow=prepare", "runner=threads", quoted(SPACE)], "runner=threads: seeds and numbers of threads belong to a process"),
        (["flow=prepare", quoted("sampling.fps=interval(1,5)")], "sampling.fps: sweep=grid goes through every value"),
        (["flow=prepare", quoted("sampling=fixed_5fps,fixed_6fps")], "sampling=fixed_6fps: there is no such option"),
        (["flow=prepare", quoted("sampling.fps=1,fast,quick")], "sampling.fps: input should be a valid number"),
        (["flow=prepare", "sweep=search", "sweep.search.trails=3", quoted(SPACE)], "sweep.search.trails"),
        (["flow=train", "sweep.objective=mota", quoted("seed=1,2", f"dataset={'0' * 64}")], "0 datasets have that name"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(words, problem, tmp_path, monkeypatch):
    runs = tmp_path / "nothing"
    monkeypatch.setenv("RUNS", str(runs))
    with pytest.raises(InputError) as caught:
        sweep(words)
    assert problem in str(caught.value) and not (runs / "mlflow.db").exists() and not (runs / "sweeps").exists()


TINY = [
    "trainer.epochs=2",
    "trainer.epoch_steps=2",
    "trainer.image_size=[64,32]",
    "+trainer.threads=1",
    "+trainer.validation_pictures=4",
]


@pytest.mark.slow
def test_a_search_of_twenty_trainings_killed_again_and_again_ends_with_twenty(runs, command):
    ward = [f"fleet.every_camera.{word}" for word in ("seconds=6", "width=320", "height=180")]
    for flow in ("ingest", "prepare"):
        assert command(flow, *ward).returncode == 0
    words, chance, killed = [sys.executable, "-m", "flows.train", "-m", "sweep=search", *TINY], random.Random(11), 0
    while killed < 6:
        process = subprocess.Popen(words, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(6, 25))
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        killed += 1
    assert killed >= 2 and "sweep: " in command("train", *words[3:], timeout=900).stdout
    client, parents, children = ledger(runs)
    assert [run.info.status for run in parents] == ["FINISHED"]
    rows = list(csv.DictReader(_artifact(client, parents[0], "ranking.csv", runs)))
    assert len(rows) == 20 and {row["state"] for row in rows} <= {"finished", "pruned"}
    assert len(children) == len({row["run"] for row in rows}) == 20
    finished = sum(row["state"] == "finished" for row in rows)
    assert sorted(run.info.status for run in children) == ["FINISHED"] * finished + ["KILLED"] * (20 - finished)
    assert {path.path for path in client.list_artifacts(parents[0].info.run_id)} >= {"ranking.csv", "parallel_coordinates.png"}
