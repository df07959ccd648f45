"""A grid is complete and in order; a search is a function of its seed and of what it has seen."""

import pytest

from components.contracts import InputError
from components.sweeps.grid import Grid
from components.sweeps.space import Choice, Real, Trial, Whole, count, untried
from components.sweeps.study import importances
from components.sweeps.tpe import Tpe

PAIR = (Choice(key="model", values=("a", "b")), Whole(key="n", low=1, high=5, step=2))
LINE = (Real(key="lr", low=1e-4, high=1e-1, log=True), Choice(key="model", values=("a", "b")))


def searched(search, space, figure, *, maximize=True, most=100):
    seen = []
    while len(seen) < most and (values := search.next(space, seen, maximize=maximize)) is not None:
        seen.append(Trial(values=values, state="finished", figure=figure(values)))
    return seen


def test_a_grid_has_every_combination_once_the_last_axis_changing_fastest():
    seen = searched(Grid(), PAIR, lambda _: None)
    assert [(one.values["model"], one.values["n"]) for one in seen] == [(m, n) for m in "ab" for n in "135"]
    assert count(PAIR) == 6 and count(LINE) is None


def test_a_grid_goes_on_with_what_is_missing():
    rest = [Trial(values={"model": m, "n": n}, state="failed") for m in "ab" for n in "135" if (m, n) != ("a", "3")]
    assert untried(PAIR, rest) == {"model": "a", "n": "3"}


def test_an_interval_has_no_list_of_values():
    with pytest.raises(InputError, match="lr: an interval of real numbers has no list of values; give range"):
        Grid().next(LINE, [], maximize=True)


class TestTpe:
    def test_finds_where_the_objective_is_best(self):
        seen = searched(Tpe(trials=30), LINE, lambda v: -abs(float(v["lr"]) - 0.01) - 0.1 * (v["model"] == "a"))
        best = max(seen, key=lambda trial: trial.figure)
        assert len(seen) == 30 and best.values["model"] == "b" and 0.002 < float(best.values["lr"]) < 0.05

    def test_minimizes_too(self):
        seen = searched(Tpe(trials=20), LINE, lambda v: abs(float(v["lr"]) - 0.01), maximize=False)
        assert min(trial.figure for trial in seen) < 0.008

    def test_goes_on_after_a_kill_as_if_there_had_been_none(self):
        whole = searched(Tpe(trials=12, seed=3), LINE, lambda v: float(v["lr"]))
        assert [Tpe(trials=12, seed=3).next(LINE, whole[:n], maximize=True) for n in range(12)] == [one.values for one in whole]

    def test_never_proposes_a_point_twice_and_ends_where_there_are_no_more(self):
        seen = searched(Tpe(trials=50), PAIR, lambda v: float(v["n"]))
        assert len({tuple(one.values.items()) for one in seen}) == len(seen) == 6

    def test_what_is_running_failed_or_the_same_does_not_disturb_it(self):
        states = (("running", None), ("failed", None), ("same", 0.5), ("finished", 0.5), ("finished", None), ("pruned", 0.1))
        seen = [
            Trial(values={"lr": f"0.00{i}", "model": "a"}, state=state, figure=figure)
            for i, (state, figure) in enumerate(states, 1)
        ]
        assert Tpe(trials=7, startup=1).next(LINE, seen, maximize=True) is not None
        assert Tpe(trials=5).next(LINE, seen, maximize=True) is None, "the same again is no run"

    def test_gives_up_what_is_worse_than_the_median_at_the_same_epoch(self):
        others = [Trial(values={}, state="finished", figure=1.0, reports=((0, 0.1 * i), (1, 0.2 * i))) for i in range(1, 6)]
        search = Tpe(trials=9)
        assert search.poor([(0, 0.05)], others, maximize=True) and not search.poor([(0, 0.05)], others, maximize=False)
        assert not search.poor([(0, 0.4)], others, maximize=True) and not search.poor([(0, 0.05)], others[:3], maximize=True)
        assert not Tpe(trials=9, pruner="none").poor([(0, 0.0)], others, maximize=True)
        assert not Tpe(trials=9, pruner_warmup=1).poor([(0, 0.0)], others, maximize=True)

    @pytest.mark.parametrize("wrong", [{"trials": 0}, {"trials": 3, "startup": 0}, {"trials": 3, "pruner_startup": 0}])
    def test_needs_numbers_above_zero(self, wrong):
        with pytest.raises(InputError, match=r"sweep\.search\.\w+ is 0; expected 1 or more"):
            Tpe(**wrong)


def test_importance_is_where_the_spread_comes_from():
    seen = searched(Tpe(trials=24), LINE, lambda v: float(v["model"] == "b") + float(v["lr"]))
    shares = importances(LINE, seen, maximize=True)
    assert list(shares) == ["model", "lr"] and shares["model"] > 0.8
    assert importances(LINE, seen[:3], maximize=True) == {}
    assert importances(LINE, [Trial(values=one.values, state="finished", figure=1.0) for one in seen], maximize=True) == {}
