"""A better detector is called better, an equal one is not, and runs are paired picture by picture."""

from __future__ import annotations

import numpy as np
import pytest

from components.contracts import InputError
from components.evaluation.contrast import Drawing, Estimate, Table, contrasts, from_metrics, paired, plain, row, spread, table
from components.evaluation.slices import Slices
from tests.judged_tables import judge, samples

PICTURES = samples(80)
SLICES = Slices(people=5)
HOW = Drawing(count=200)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Of a detector, of one that sees other ghosts, and of a far better one; with what the evaluation said of the first."""
    folder = tmp_path_factory.mktemp("tables")
    first = judge(folder / "a", PICTURES, 0.6)
    judge(folder / "b", PICTURES, 0.6, seed=5)
    judge(folder / "c", PICTURES, 0.95, ghosts=0)
    return [table(folder / name) for name in "abc"], first


def rows_of(tables, **words):
    return {each.name: each for each in contrasts(paired(tables), score=0.25, slices=SLICES, how=HOW, **words)}


def test_better_worse_and_no_difference_shown(tables) -> None:
    rows = rows_of(tables[0])
    for name in ("map50", "map", "precision", "f1", "map50.camera.bay_a", "recall.role.nurse"):
        none, _, better = rows[name].changes
        assert none is None and better.word == "better" and better.low > 0, name
    assert [rows[name].changes[1].word for name in ("map50", "recall", "f1")] == ["no difference shown"] * 3
    swapped = rows_of(tables[0][::-1])["map50"].changes[2]
    assert swapped.word == "worse" and swapped.value == pytest.approx(-rows["map50"].changes[2].value)


def test_figures_are_those_of_the_evaluation_with_intervals_around_them(tables) -> None:
    rows, said = rows_of(tables[0]), tables[1].metrics()
    shared = [name for name in rows if name in said]
    assert len(shared) > 20 and {rows[name].kind for name in shared} == {"", "camera", "hour", "crowd", "role"}
    for name in shared:
        mine = rows[name].values[0]
        assert mine.value == pytest.approx(said[name], abs=1e-6) and mine.low <= mine.value <= mine.high, name
    assert rows["map50"].n == 80 and rows["map50.camera.desk"].n == 40


def test_the_same_seed_gives_the_same_intervals(tables) -> None:
    once, again = (rows_of(tables[0])["map50"] for _ in range(2))
    assert once == again


def test_pairs_share_their_draws_so_that_a_run_does_not_differ_from_itself(tables) -> None:
    change = rows_of([tables[0][0], tables[0][0]])["map50"].changes[1]
    assert (change.value, change.low, change.high, change.word) == (0, 0, 0, "no difference shown")


def test_only_pictures_that_all_have_judged_in_the_same_order(tmp_path, tables) -> None:
    judge(tmp_path, PICTURES[10:][::-1], 0.6)
    whole, other = tables[0][0], table(tmp_path)
    other = Table(tuple(f"{key.rsplit('-', 1)[0]}-{79 - i}" for i, key in enumerate(other.keys)), other.columns)
    one, two = paired([whole, other])
    assert one.keys == two.keys == whole.keys[10:]
    for name in ("time", "crowd", "camera"):
        assert np.array_equal(getattr(one.columns, name), getattr(two.columns, name)), name
    assert len(one.columns.score) == (whole.columns.picture >= 10).sum()
    with pytest.raises(InputError, match="not judged a single picture together"):
        paired([whole, Table(tuple(f"x{key}" for key in whole.keys), whole.columns)])


def test_figures_of_which_less_is_better() -> None:
    drawn = [np.array([5.0, 5, 5, 5]), np.array([3.0, 3, 3, 3])]
    assert row("id_switches", drawn, n=3).changes[1].word == "better"
    assert row("mota", drawn, n=3).changes[1].word == "worse"


def test_draws_without_a_meaning_are_left_out() -> None:
    nothing = np.array([np.nan, 1.0, 1.0])
    some = np.array([2.0, np.nan, 1.0])
    made = row("recall", [some, nothing], n=2)
    (value, none), (_, change) = made.values, made.changes
    assert (value.low, value.high) == (1, 1) and none is None and change is None
    assert row("recall", [some * np.nan, None], n=2).values == (None, None)


def test_runs_without_a_table_keep_what_the_ledger_says(tables) -> None:
    drawn = [row("map50", [np.array([0.5, 0.4, 0.6]), np.array([0.7, 0.6, 0.8])], n=2)]
    metrics = [{"map50": 0.5, "people": 3.0}, {"map50": 0.6, "latency_ms.p95": 2.0}, {"map50": 0.7}]
    (wide,) = spread(drawn, [0, 2], metrics)
    assert wide.values[1] == Estimate(value=0.6) and wide.changes[1].word == "" and wide.changes[1].value == pytest.approx(0.1)
    assert wide.changes[2].word == "better"
    (later,) = spread(drawn, [1, 2], metrics)
    assert later.values[2].low is not None and later.changes[2].low is None and later.changes[2].value == pytest.approx(0.2)
    rest = from_metrics(metrics, [wide])
    assert [(each.metric, each.kind) for each in rest] == [("people", ""), ("latency_ms.p95", "")]
    assert plain("x", [None, 1.0]).changes == (None, None)
