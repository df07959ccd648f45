"""Evaluations in a real MLflow are found by what people call them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from components.contracts import InputError
from components.ledger.mlflow import Digests, Mlflow


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """Two evaluations, one of before they said what they stand on, a training, and one that failed."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = Mlflow(f"sqlite:///{folder}/mlflow.db", experiment="e")
    assert ledger.lineages() == []
    tags = {"flow": "evaluate", "digest.chain": "c"}
    with ledger.open("evaluate", ["old=1"], {"n": 0}, tags=tags):
        pass
    for number in (1, 2):
        with ledger.open("evaluate", [f"score={number}"], {"n": number}, tags=tags) as run:
            run.metrics({"map50": number / 10}, 0)
            run.text("basis.json", json.dumps({"dataset": str(number)}))
    with pytest.raises(RuntimeError), ledger.open("evaluate", ["score=3"], {"n": 3}, tags=tags):
        raise RuntimeError
    with ledger.open("train", ["score=9"], {"n": 9}, tags={"flow": "train"}) as run:
        (folder / "model").mkdir()
        (folder / "model" / "model.onnx").write_text("x")
        run.artifacts(folder / "model", path="model")
        digests = Digests(cameras="a", chain="c", dataset="d" * 64, config="f")
        ledger.register(run, name="staff", folder=folder / "model", digests=digests)
    ledger.promote("staff", version="1", alias="champion")
    yield ledger


def test_newest_first_by_id_and_by_title(ledger: Mlflow) -> None:
    latest = ledger.evaluation("latest", artifact="basis.json")
    assert (latest.title, latest.metrics, latest.basis) == ("evaluate score=2", {"map50": 0.2}, {"dataset": "2"})
    before = ledger.evaluation("latest~1", artifact="basis.json")
    assert before.title == "evaluate score=1"
    assert ledger.evaluation(before.run[:8], artifact="basis.json") == ledger.evaluation(
        "evaluate score=1", artifact="basis.json"
    )


@pytest.mark.parametrize("word", ["latest~7", "evaluate score=3", "train score=9", "abc"])
def test_what_is_no_finished_evaluation_is_not_found(ledger: Mlflow, word: str) -> None:
    with pytest.raises(InputError, match=r"runs: no evaluations are called .*; there are: \w{8} evaluate score=2; "):
        ledger.evaluation(word, artifact="basis.json")


def test_one_that_does_not_say_what_it_stands_on(ledger: Mlflow) -> None:
    with pytest.raises(InputError, match=r"\(evaluate old=1\) does not say what its figures stand on: .*basis.json"):
        ledger.evaluation("evaluate old=1", artifact="basis.json")


def test_what_models_were_made_of(ledger: Mlflow) -> None:
    (model,) = ledger.lineages()
    assert (model.model, model.dataset, model.aliases) == ("staff/1", "d" * 64, ("champion",))


def test_without_a_ledger_there_are_no_models_and_none_is_made(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert Mlflow(f"sqlite:///{tmp_path}/none.db", experiment="e").lineages() == []
    assert list(tmp_path.iterdir()) == []
