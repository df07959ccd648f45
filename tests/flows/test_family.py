"""A run that is part of a sweep stands below it, and is given up where the search says so."""

import pytest

from components.sweeps.diary import Diary, Point, Result
from flows import _family

SEARCH = {"_target_": "components.sweeps.tpe.Tpe", "trials": 9, "pruner_startup": 3}


class Kept:
    """A run of a ledger that keeps its figures in memory."""

    id = "r"

    def __init__(self):
        self.said, self.tags = [], {}

    def metrics(self, values, step):
        self.said.append((step, values))

    def tag(self, name, value):
        self.tags[name] = value


@pytest.fixture
def child(tmp_path):
    """The sixth of a sweep in which five have come to .2, .4, ... at their first epoch."""
    diary = Diary(tmp_path)
    for number in range(1, 7):
        diary.begin(Point(number=number, values={"n": str(number)}, digest=str(number)))
    for number in range(1, 6):
        diary.report(number, 10 * number, 0.2 * number)
        diary.end(Point(number=number, values={}, digest=""), Result(state="finished", objective=0.2 * number))
    return _family.Child(parent="p", number=6, objective=None, maximize=True, search=SEARCH, diary=str(tmp_path))


def test_outside_a_sweep_nothing_changes():
    run = Kept()
    assert _family.watched(run, 3) is run
    assert (_family.parent(), _family.tags()) == ("", {})


def test_inside_one_it_has_a_parent_and_is_given_up_when_it_is_poor(child):
    run = Kept()
    with _family.of(child):
        assert (_family.parent(), _family.tags()) == ("p", {"sweep.point": "6"})
        with pytest.raises(_family.GivenUp) as caught:
            _family.watched(run, 3).metrics({"loss": 2.0, "map50": 0.3}, 7)
    assert str(caught.value) == "given up after epoch 1 of 3: 0.3 was worse than the median of the others"
    assert (caught.value.figure, caught.value.run) == (0.3, "r") and run.tags["pruned"] == str(caught.value)
    assert run.said == [(7, {"loss": 2.0, "map50": 0.3})] and _family.parent() == ""
    assert not isinstance(caught.value, Exception), "nobody may take it for a failure"


@pytest.mark.parametrize(
    ("values", "epochs"),
    [({"map50": 0.9}, 3), ({"map50": 0.3}, 1), ({"loss": 2.0}, 3), ({"map50": 0.3, "epoch": 2.0}, 3)],
    ids=["it is good", "it is over", "no figure", "the last word of a training"],
)
def test_it_goes_on_where(child, values, epochs):
    run = Kept()
    with _family.of(child):
        _family.watched(run, epochs).metrics(values, 7)
    assert run.said == [(7, values)] and run.tags == {}
