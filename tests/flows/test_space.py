"""Words with several values, in Hydra's own syntax, become axes; the words of -m become those of flows.sweep."""

import pytest

from components.contracts import InputError
from components.sweeps.space import Choice, Real, Whole
from flows._launch import compose
from flows._space import space, sweep_words


@pytest.mark.parametrize(
    ("word", "axis"),
    [
        ("model=yolov8n,yolov8s", Choice(key="model", values=("yolov8n", "yolov8s"))),
        ("model=choice(yolov8n, yolov8s)", Choice(key="model", values=("yolov8n", "yolov8s"))),
        ("sampling=glob(fixed*)", Choice(key="sampling", values=("fixed_10fps", "fixed_5fps", "fixed_7fps"))),
        ("only=[a,b],[c],null", Choice(key="only", values=("[a,b]", "[c]", "null"))),
        ("+x.y='a b','c,d'", Choice(key="+x.y", values=("'a b'", "'c,d'"))),
        ("seed=range(3)", Whole(key="seed", low=0, high=2)),
        ("n=range(1,10,3)", Whole(key="n", low=1, high=7, step=3)),
        ("n=range(0.5,2,0.5)", Choice(key="n", values=("0.5", "1.0", "1.5"))),
        ("n=int(interval(1,8))", Whole(key="n", low=1, high=8)),
        ("n=tag(log,int(interval(1,8)))", Whole(key="n", low=1, high=8, log=True)),
        ("n=interval(1,8)", Real(key="n", low=1.0, high=8.0)),
        ("lr=interval(1e-4,1e-2)", Real(key="lr", low=1e-4, high=1e-2)),
        ("lr=tag(log, interval(1e-4, 1e-2))", Real(key="lr", low=1e-4, high=1e-2, log=True)),
    ],
)
def test_every_way_of_writing_several_values(word, axis):
    found = space(["trainer=quick", word], {})
    assert (found.axes, found.fixed) == ((axis,), ("trainer=quick",))


def test_words_come_on_top_of_the_space_of_a_file():
    more = {"a": "choice(1, 2)", "b": [3, 4], "c": 5, "d": "interval(0, 1)"}
    found = space(["a=7", "d=8,9"], more)
    assert found.axes == (Choice(key="d", values=("8", "9")), Choice(key="b", values=("3", "4")))
    assert found.words({"d": "8", "b": "4"}) == ["d=8", "b=4", "a=7", "c=5"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["model=yolov8n"], "nothing varies in model=yolov8n; give several values"),
        ([], "nothing varies in no words"),
        (["lr=interval(2,1)"], "expected two numbers, the smaller first"),
        (["lr=tag(log,interval(0,1))"], "above 0"),
        (["lr=interval(1"], "'lr=interval(1' cannot be read"),
        (["n=1,2", "n=3,4"], "n: several words give values"),
        (["model=glob(zzz*)"], "model: no values"),
    ],
)
def test_what_cannot_be_swept_is_said(words, problem):
    with pytest.raises(InputError) as caught:
        space(words, {})
    assert problem in str(caught.value)


def test_the_words_of_a_sweep_and_those_of_its_runs():
    given = ["model=yolov8n,yolov8s", "runner=processes", "sweep=search", "sweep.resume=false", "sweep.search.trials=3",
             "database.url=sqlite:///x.db", "name='it''s'", "hydra.verbose=true"]  # fmt: skip
    words = sweep_words("train", given)
    assert words[:-1] == ["flow=train", "runner=processes", "sweep=search", "resume=false", "sweep.search.trials=3",
                          "database.url=sqlite:///x.db", "hydra.verbose=true"]  # fmt: skip
    config = compose("sweep", words)
    assert config["words"] == ["model=yolov8n,yolov8s", "database.url=sqlite:///x.db", "name='it''s'"]
    assert (config["flow"], config["resume"], config["runner"]["kind"]) == ("train", False, "processes")


def test_a_flow_with_a_runner_of_its_own_keeps_it():
    config = compose("sweep", sweep_words("prepare", ["runner=local", "sweep.runner=processes", "sampling=glob(fixed*)"]))
    assert config["words"] == ["runner=local", "sampling=glob(fixed*)"] and config["runner"]["kind"] == "processes"
