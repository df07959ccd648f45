"""Every gate says what is wrong, by how much, and what to do; where nothing is in charge there is nothing to be worse than."""

from __future__ import annotations

from math import nan

import pytest

from components.contracts import InputError
from components.promotion.candidate import Candidate, Measured
from components.promotion.gates import CARD, Comparable, Least, NoRegression, Quick, Whole

FIGURES = {
    "map50": 0.9,
    "recall": 0.8,
    "map50.camera.bay_a": 0.95,
    "recall.role.nurse": 0.7,
    "latency_ms.p95": 40.0,
    "frames": 100.0,
}


def candidate(
    now: dict[str, float] | None, before: dict[str, float] | str | None = "none", differences: tuple[str, ...] = ()
) -> Candidate:
    champion = None if before == "none" else Measured(model="staff_detector/1", metrics=before)
    card = dict.fromkeys(CARD, "x")
    return Candidate(
        version=Measured(model="staff_detector/2", metrics=now), champion=champion, differences=differences, card=card
    )


def test_what_is_as_good_passes_every_gate():
    same = candidate(FIGURES, dict(FIGURES))
    for gate in (Comparable(), NoRegression(), Least("map50", value=0.9), Quick(milliseconds=40.0), Whole()):
        assert gate.judge(same) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"map50": 0.88}, "map50 is 0.880, it was 0.900 with staff_detector/1: more than 0.01 less"),
        ({"map50.camera.bay_a": 0.89}, "map50.camera.bay_a is 0.890, it was 0.950"),
        ({"recall.role.nurse": 0.6}, "recall.role.nurse is 0.600"),
        ({"map50": nan}, "map50 is nan, it was 0.900"),
    ],
)
def test_a_figure_or_a_slice_that_is_worse_beyond_its_tolerance(changed, says):
    (found,) = NoRegression().judge(candidate(FIGURES | changed, FIGURES))
    assert says in found


@pytest.mark.parametrize("changed", [{"map50": 0.895}, {"map50.camera.bay_a": 0.91}, {"frames": 1.0}, {"latency_ms.p95": 400.0}])
def test_what_is_within_tolerance_or_no_figure_of_quality(changed):
    assert NoRegression().judge(candidate(FIGURES | changed, FIGURES)) == []


def test_a_slice_that_only_one_has_is_not_compared():
    assert NoRegression().judge(candidate({"map50": 0.9}, FIGURES)) == []


def test_kinds_of_slices_that_are_not_asked_for():
    assert NoRegression(slices=("camera",)).judge(candidate(FIGURES | {"recall.role.nurse": 0.0}, FIGURES)) == []
    with pytest.raises(InputError, match="slices has 'hours'"):
        NoRegression(slices=("hours",))


def test_a_champion_is_replaced_only_by_what_was_evaluated_as_it_was():
    assert "was never evaluated; python -m flows.evaluate" in Comparable().judge(candidate(None, FIGURES))[0]
    assert "not evaluated on the same dataset" in Comparable().judge(candidate(FIGURES, None))[0]
    assert Comparable().judge(candidate(FIGURES, FIGURES, ("chain: other",))) == [
        "the evaluations cannot be compared: chain: other"
    ]


def test_where_nothing_is_in_charge_only_absolute_gates_ask():
    first = candidate(None)
    assert Comparable().judge(first) == NoRegression().judge(first) == Quick(milliseconds=1.0).judge(first) == []
    assert "has no map50; at least 0.8" in Least("map50", value=0.8).judge(first)[0]


def test_least_and_quick_say_both_numbers():
    assert Least("map50", value=0.95).judge(candidate(FIGURES)) == ["map50 is 0.900; at least 0.95 is asked for"]
    assert Least("map50", value=0.8).judge(candidate({"map50": nan})) == ["map50 is nan; at least 0.8 is asked for"]
    assert Quick(milliseconds=30.0).judge(candidate(FIGURES)) == ["latency_ms.p95 is 40 ms a frame; at most 30 ms is asked for"]


def test_a_card_with_holes():
    holes = Candidate(version=Measured(model="m/1", metrics=None), champion=None, differences=(), card={"name": "x"})
    assert "does not say its dataset, preprocessing" in Whole().judge(holes)[0]
