"""Evaluations in a real MLflow are found by what people call them, and no more of them is read than is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from components.contracts import InputError
from components.ledger.mlflow import Digests, Mlflow


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, with_tables) -> Iterator[Mlflow]:
    """Two evaluations of a model, one of before they said what they stand on, a training, and an evaluation that failed."""
    folder = with_tables(tmp_path_factory.mktemp("ledger"))
    ledger = Mlflow(f"sqlite:///{folder}/mlflow.db", experiment="e")
    assert ledger.lineages() == []
    tags = {"flow": "evaluate", "model": "staff/1"}
    with ledger.open("evaluate", ["old=1"], {"n": 0}, tags={"flow": "evaluate"}):
        pass
    for number in (1, 2):
        with ledger.open(
            "evaluate", [f"score={number}"], {"n": number}, tags={**tags, "of": "model", "digest.dataset": f"{number}" * 64}
        ) as run:
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
    assert latest.model == "staff/1" and latest.flow == "evaluate" and latest.started > 1_700_000_000_000
    before = ledger.evaluation("latest-1", artifact="basis.json")
    assert before.title == "evaluate score=1"
    for word in (before.run, before.run[:8], "evaluate score=1"):
        assert ledger.evaluation(word, artifact="basis.json") == before


def test_a_model_version_is_its_newest_evaluation_on_the_asked_dataset(ledger: Mlflow) -> None:
    for word in ("staff/1", "models:/staff/1", "staff@champion"):
        assert ledger.evaluation(word, artifact="basis.json").title == "evaluate score=2"
        assert ledger.evaluation(word, artifact="basis.json", dataset="1" * 64).title == "evaluate score=1"
    assert ledger.evaluation("latest", artifact="basis.json", dataset="1" * 64).title == "evaluate score=1"
    with pytest.raises(InputError, match=r"no evaluations are called 'staff/7'.*flows.evaluate detector.weights=models:/staff/7"):
        ledger.evaluation("staff/7", artifact="basis.json")
    with pytest.raises(InputError, match=r"no model 'staff' with the alias 'challenger'; python -m flows.promote"):
        ledger.evaluation("staff@challenger", artifact="basis.json")
    trained = ledger.training_of("staff/1")
    assert trained is not None and ledger.evaluation(trained, artifact="basis.json").title == "train score=9"
    assert ledger.training_of("staff/9") is None


def test_a_training_is_found_too_and_says_nothing_of_its_basis(ledger: Mlflow) -> None:
    train = ledger.evaluation("train score=9", artifact="basis.json")
    assert (train.flow, train.basis) == ("train", None)


@pytest.mark.parametrize("word", ["latest-7", "evaluate score=3", "abc", "abcdef01", 'it\'s "x"', "' or 1=1"])
def test_what_is_no_finished_run_is_not_found(ledger: Mlflow, word: str) -> None:
    with pytest.raises(
        InputError, match=r"runs: (no evaluations are called .*; there are: \w{8} evaluate score=2; |.* both kinds)"
    ):
        ledger.evaluation(word, artifact="basis.json")


def test_several_of_one_title(ledger: Mlflow) -> None:
    for _ in range(2):
        with ledger.open("shadow", ["twice"], {"n": 1}, tags={"flow": "shadow"}):
            pass
    with pytest.raises(
        InputError, match=r"several evaluations are called 'shadow twice'.*\w{8} shadow twice; \w{8} shadow twice"
    ):
        ledger.evaluation("shadow twice", artifact="basis.json")


def test_one_that_does_not_say_what_it_stands_on(ledger: Mlflow) -> None:
    with pytest.raises(InputError, match=r"\(evaluate old=1\) does not say what its figures stand on: .*basis.json"):
        ledger.evaluation("evaluate old=1", artifact="basis.json")


def test_files_that_are_there(ledger: Mlflow, tmp_path) -> None:
    run = ledger.evaluation("latest", artifact="basis.json").run
    found = ledger.files(run, ["basis.json", "judged.parquet"], folder=tmp_path / "a")
    assert list(found) == ["basis.json"] and json.loads(found["basis.json"].read_text()) == {"dataset": "2"}
    with pytest.raises(InputError, match="its files cannot be read from the ledger"):
        ledger.files("0" * 32, ["basis.json"], folder=tmp_path / "b")


def test_what_models_were_made_of(ledger: Mlflow) -> None:
    (model,) = ledger.lineages()
    assert (model.model, model.dataset, model.aliases) == ("staff/1", "d" * 64, ("champion",))


def test_without_a_ledger_there_are_no_models_and_none_is_made(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert Mlflow(f"sqlite:///{tmp_path}/none.db", experiment="e").lineages() == []
    assert list(tmp_path.iterdir()) == []
