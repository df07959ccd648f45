"""What a killed sweep goes on from, and the ranking that comes of it."""

import subprocess
import sys

import pytest

from components.contracts import InputError
from components.sweeps import plots
from components.sweeps.diary import Diary, Point, Result
from components.sweeps.ranking import as_csv, ranked
from components.sweeps.space import Choice, Real


@pytest.fixture
def diary(tmp_path):
    return Diary(tmp_path / "sweep")


def point(number, **values):
    return Point(number=number, values=values or {"n": str(number)}, digest=f"d{number}")


def test_what_was_written_down_is_read_by_the_next_process(diary):
    diary.begin(point(1))
    diary.begin(point(2))
    diary.end(point(1), Result(state="finished", objective=0.5, run="r1"))
    diary.remember(parent="p")
    diary.remember(finished="yes")
    again = Diary(diary.folder)
    assert [(entry.point.number, entry.result and entry.result.objective) for entry in again.entries()] == [(1, 0.5), (2, None)]
    assert again.known() == {"parent": "p", "finished": "yes"}
    assert [trial.state for trial in again.trials()] == ["finished", "running"]
    assert [trial.values for trial in again.trials(without=1)] == [{"n": "2"}]


def test_reports_survive_half_a_line_and_a_step_that_is_said_again(diary):
    diary.begin(point(1))
    diary.report(1, 20, 0.2)
    diary.report(1, 40, 0.3)
    with (diary.home(1) / "reports.jsonl").open("a") as file:
        file.write("[60, 0.")  # killed
    diary.report(1, 60, 0.9)
    diary.report(1, 60, 0.4)
    diary.report(1, 40, 0.3)
    assert diary.reports(1) == [(0, 0.2), (1, 0.3), (2, 0.4)] and diary.reports(2) == []


def test_one_process_at_a_time(diary):
    imports = "from components.sweeps.diary import Diary; from pathlib import Path"
    program = f"{imports}; Diary(Path({str(diary.folder)!r})).mine().__enter__()"
    with diary.mine():
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "this very sweep is running already" in other.stderr
    with diary.mine():
        pass
    with pytest.raises(InputError, match="running already"), diary.mine(), diary.mine():
        pass


def test_a_point_with_the_config_of_another_has_its_figure(diary):
    diary.begin(point(1))
    diary.begin(point(2))
    diary.end(point(2), Result(state="same", same_as=1))
    assert diary.entries()[1].result.objective is None
    diary.end(point(1), Result(state="finished", objective=0.5, run="r1"))
    assert (diary.entries()[1].result.objective, diary.entries()[1].result.run) == (0.5, "r1")


def test_what_is_forgotten_is_put_aside(diary):
    for number in (1, 2):
        diary.begin(point(number))
        diary.forget()
        assert diary.entries() == [] and (diary.folder / f"before-{number}" / f"{number:04d}" / "point.json").is_file()


def test_the_ranking_and_its_pictures(diary, tmp_path):
    axes = (Real(key="lr", low=1e-4, high=1e-1, log=True), Choice(key="model", values=("a", "b, c")))
    results = [
        Result(state="finished", objective=0.25, run="r1", seconds=3.0), Result(state="failed", problem="no"),
        Result(state="finished", objective=0.75, run="r3", taken_over=True), Result(state="same", same_as=1),
        Result(state="pruned", objective=0.9, run="r5", problem="given up"),
    ]  # fmt: skip
    for number, result in enumerate(results, 1):
        one = point(number, lr=f"0.0{number}", model=("a", "b, c")[number % 2])
        diary.begin(one)
        diary.end(one, result)
    diary.begin(point(6, lr="0.06", model="a"))
    rows = ranked(diary.entries(), maximize=True)
    assert [(row.rank, row.number) for row in rows] == [(1, 3), (2, 1), (None, 5), (None, 4), (None, 2)]
    assert [row.number for row in ranked(diary.entries(), maximize=False)][:2] == [1, 3]
    assert as_csv(rows, "map50").splitlines()[:2] == [
        "rank,point,state,map50,lr,model,run,seconds,note", '1,3,finished,0.75,0.03,"b, c",r3,0.0,"finished before, taken over"',
    ]  # fmt: skip
    assert rows[3].note == "the same config as #1" and rows[4].note == "no"
    trials = [trial for trial in diary.trials() if trial.state in ("finished", "pruned")]
    plots.parallel(axes, trials, "map50", tmp_path / "parallel.png")
    plots.parallel(axes, trials[:1], "map50", tmp_path / "alone.png")
    plots.importances({"lr": 0.7, "model": 0.3}, tmp_path / "importances.png")
    assert all((tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in ("parallel", "alone", "importances"))
