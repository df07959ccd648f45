"""Two evaluations side by side, through the flow and a real MLflow; what they stand on is what evaluating noted down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.contracts import InputError
from components.evaluation.comparison import Basis, CameraUse
from components.ledger.mlflow import Mlflow
from flows import _basis, compare

RESIZE = {"_target_": "components.preprocessing.resize.Resize", "width": 640}
BASIS = Basis(
    protocol={"of": "model", "split": "test"}, chain=[RESIZE], steps=["1"], chain_digest="c" * 64, dataset="d" * 64,
    cameras=(CameraUse(camera="bay_a", version="b" * 64, frames=5, valid_from=0),),
)  # fmt: skip
OTHER = replace(BASIS, chain=[{**RESIZE, "width": 320}], steps=["2"], chain_digest="e" * 64)


@pytest.fixture
def ledger(runs: Path) -> Iterator[list[str]]:
    """Three evaluations, of which the last stands on another chain; their ids."""
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")
    ids = []
    for number, basis in enumerate((BASIS, BASIS, OTHER)):
        with ledger.open("evaluate", [f"n={number}"], {"n": number}, tags=_basis.tags(basis.plain())) as run:
            run.metrics({"map50": 0.5 + number / 10, "map50.camera.bay_a": 0.5}, 0)
            run.text(_basis.ARTIFACT, json.dumps(basis.plain()))
        ids.append(run.id)
    yield ids


def test_only_what_stands_on_the_same_ground_is_compared(ledger: list[str], runs: Path) -> None:
    first, second, _ = ledger
    same = compare.compare([f"runs=[{first},{second[:10]}]"])
    assert same.figures["map50"] == "0.5 -> 0.6 (+0.1)" and "map50.camera.bay_a" not in same.figures
    assert same.details["comparable"] and set(same.digests) == {"protocol", "chain", "dataset", "registry"}
    assert "map50.camera.bay_a" in compare.compare([f"runs=[{first},{second}]", "every=true"]).figures
    with pytest.raises(InputError) as refused:
        compare.compare([])
    assert "cannot be compared" in str(refused.value)
    assert "\n  chain: step 1 Resize: width is 640 in a, 320 in b\n" in str(refused.value)
    anyway = compare.compare(["anyway=true"])
    names = list(anyway.figures)
    assert names.index("differs 1") < names.index("map50") and anyway.figures["map50"] == "0.6 -> 0.7 (+0.1)"
    assert anyway.details["differences"] == ["chain: step 1 Resize: width is 640 in a, 320 in b"] and anyway.note
    done = subprocess.run([sys.executable, "-m", "flows.compare"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "width is 640 in a, 320 in b" in done.stderr


@pytest.mark.parametrize("word", ["runs=[latest]", "runs=latest", "anyway=perhaps"])
def test_words_that_do_not_fit(word: str) -> None:
    with pytest.raises(InputError, match=r"1 problem in the config"):
        compare.compare([word])


def test_the_chain_of_a_track_run_is_what_it_noted_or_what_its_words_say() -> None:
    assert _basis.chain_of({"chain": [RESIZE], "overrides": []}) == [RESIZE]
    assert _basis.chain_of({"overrides": ["preprocessing=none"]}) == []
    assert [step["_target_"] for step in _basis.chain_of({"overrides": ["preprocessing=standard"]})]


def test_steps_have_digests_as_long_as_their_code_is_here() -> None:
    from components.preprocessing.chain import digest

    chain: list[Any] = [RESIZE]
    assert _basis._steps(chain, digest(chain)) == [digest(chain)]
    assert _basis._steps(chain, "of other code") == []
    assert _basis._steps([{"_target_": "components.gone.Gone"}], "x") == []
