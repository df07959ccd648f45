"""The drill: two versions, gates between them, and the way back, on which everything is verified before anything is switched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.contracts import InputError
from flows._run import start
from flows.charge import charge
from flows.evaluate import evaluate
from flows.ingest import ingest
from flows.prepare import prepare
from flows.promote import promote
from flows.rollback import rollback
from flows.track import track
from flows.train import train
from tests.flows.ward import files

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=6", "width=320", "height=180")]
TWO = ["only=[bay_a,corridor]", "runner=local", *SMALL]
TINY = [f"trainer.{word}" for word in ("epochs=1", "epoch_steps=4", "batch_size=2", "image_size=[160,96]")]
EASY = ["detector.score=0.0001", "tracker.track_thresh=0.0002", "tracker.min_conf=0.0001"]  # the networks have hardly learned
WATCH = [
    *TWO,
    "footage=recorded",
    "sampling=fixed_5fps",
    "detector.score=0.0001",
    "tracker.track_thresh=0.0002",
    "tracker.min_conf=0.0001",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory, with_tables) -> Iterator[Path]:
    """Footage, two datasets, two versions, the first of which was in charge, was followed with, and is not any more."""
    folder = with_tables(tmp_path_factory.mktemp("drill") / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        patch.delenv("PREFECT_API_URL", raising=False)
        for flow, words in (
            (ingest, TWO), (prepare, TWO), (train, TINY), (promote, ["reason=first", "by=Lee"]), (track, WATCH),
            (prepare, [*TWO, "sampling=fixed_7fps"]), (train, [*TINY, "seed=1"]),
            (promote, ["reason=newer", "by=Kim", "force=true"]),
        ):  # fmt: skip
            outcome = start(flow, words, folder / flow.__name__)
            assert not outcome.code, outcome.message
    return folder


@pytest.fixture
def runs(world, monkeypatch) -> Path:
    monkeypatch.setenv("RUNS", str(world))
    return world


def champion(runs: Path) -> str:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    return str(client.get_model_version_by_alias("staff_detector", "champion").version)


def folder_of(runs: Path, version: int) -> Path:
    """The model's files in the artifact store."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    return Path(client.get_model_version("staff_detector", str(version)).source.removeprefix("file://"))


def seen(runs: Path) -> dict[str, str]:
    """Digests of everything that was predicted."""
    kinds = ("sightings/", "frames/", "positions/")
    return {name: digest for name, digest in files(runs / "store").items() if name.startswith(kinds)}


@contextmanager
def away(path: Path) -> Iterator[None]:
    """Something that is not where it was."""
    path.rename(path.with_name("away"))
    try:
        yield
    finally:
        path.with_name("away").rename(path)


@contextmanager
def tampered(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(content)


def dataset_of(runs: Path, version: int) -> Path:
    return runs / "store" / "datasets" / json.loads((folder_of(runs, version) / "model.json").read_text())["dataset"]


@contextmanager
def another_commit(runs: Path) -> Iterator[None]:
    """The run says another commit than the card."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    run = client.get_model_version("staff_detector", "1").run_id
    before = client.get_run(run).data.tags["git_commit"]
    client.set_tag(run, "git_commit", "0" * 40)
    try:
        yield
    finally:
        client.set_tag(run, "git_commit", before)


@contextmanager
def cut_off(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    try:
        yield
    finally:
        path.write_bytes(content)


def shard(runs: Path) -> Path:
    return min(dataset_of(runs, 1).glob("*.tar"))


SPOILED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "dataset": ("dataset", lambda runs: away(dataset_of(runs, 1))),
    "manifest": ("dataset", lambda runs: tampered(dataset_of(runs, 1) / "dataset.json")),
    "shard": ("dataset", lambda runs: away(shard(runs))),
    "half a shard": ("dataset", lambda runs: cut_off(shard(runs))),
    "commit": ("commit", another_commit),
    "weights": ("model", lambda runs: tampered(folder_of(runs, 1) / "model.onnx")),
    "card": ("model", lambda runs: tampered(folder_of(runs, 1) / "model.json")),
    "config": ("config", lambda runs: away(folder_of(runs, 1).parent / "config.yaml")),
}


@pytest.mark.parametrize("what", SPOILED)
def test_where_anything_is_not_as_it_was_nothing_is_switched_and_the_reason_is_said(runs, what):
    name, spoil = SPOILED[what]
    before = champion(runs)
    with spoil(runs):
        summary = rollback([f"reason={what}", "to=1"])
    assert not summary.ok and name in summary.failures and champion(runs) == before == "2"
    (refused, *_) = charge([]).details["rows"]
    assert (refused["kind"], refused["version"], refused["why"]) == ("refused", "1", what)


def test_with_all_present_predictions_are_bit_for_bit_those_of_before(runs, tmp_path):
    before = {
        name: digest for name, digest in files(runs / "store").items() if name.startswith(("sightings/", "frames/", "positions/"))
    }
    assert before and champion(runs) == "2"
    assert rollback(["reason=worse at night", "by=Kim"]).ok and champion(runs) == "1"
    kept = tmp_path / "store"
    for kind in ("sightings", "frames", "positions"):
        if (runs / "store" / kind).exists():
            shutil.copytree(runs / "store" / kind, kept / kind)
            shutil.rmtree(runs / "store" / kind)
    with sqlite3.connect(runs / "wardflow.db") as connection:
        connection.execute("DELETE FROM steps WHERE flow = 'track'")  # so that it is not found again, but done again
    connection.close()
    summary = track(WATCH)
    assert summary.ok and summary.figures["model"] == "staff_detector/1"
    after = {
        name: digest for name, digest in files(runs / "store").items() if name.startswith(("sightings/", "frames/", "positions/"))
    }
    assert after == before
    newest = charge([]).details["rows"][0]
    assert (newest["kind"], newest["version"], newest["before"], newest["who"]) == ("appointed", "1", "2", "Kim")
    assert rollback(["reason=forth again", "to=2"]).ok and champion(runs) == "2"


def test_gates_refuse_with_all_reasons_at_once_and_the_ledger_says_so(runs):
    summary = promote(["version=1", "reason=again", "by=Lee", "gates=strict"])
    assert not summary.ok and champion(runs) == "2"
    reasons = " ".join(summary.failures.values())
    assert "was never evaluated" in reasons and "at least 0.8 is asked for" in reasons
    row = charge([]).details["rows"][0]
    assert row["kind"] == "refused" and len(row["detail"]["gates"]) == len(summary.failures) >= 2


def test_a_version_that_was_evaluated_like_the_champion_passes(runs):
    for version in (1, 2):
        assert evaluate([f"detector.weights=models:/staff_detector/{version}", "split=train", "dataset=latest"]).ok
    figures = promote(["version=1", "reason=as good"])
    reasons = figures.details["reasons"]
    assert figures.ok == (not reasons) and not any("evaluated" in reason for reason in reasons)
    if not figures.ok:
        assert all("more than" in reason for reason in reasons)
    else:
        assert rollback(["reason=back", "to=2"]).ok


def test_what_ran_at_a_moment_is_answered_by_appointment_and_by_run(runs):
    summary = charge(["at=2026-03-02T10:00:03", "camera=bay_a"])
    assert summary.figures["in charge"] == "nothing" and "staff_detector/1" in summary.figures["ran"]
    assert charge(["at=2040-01-01"]).figures["in charge"] == "staff_detector/2 (champion)"


def test_an_alias_that_somebody_moved_by_hand_is_found(runs):
    from mlflow import MlflowClient

    assert charge(["do=verify"]).ok
    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    client.set_registered_model_alias("staff_detector", "champion", "1")
    try:
        summary = charge(["do=verify"])
        assert not summary.ok and "somebody has moved the alias without it" in " ".join(summary.failures.values())
    finally:
        client.set_registered_model_alias("staff_detector", "champion", "2")
    assert charge(["do=verify"]).ok


@pytest.mark.parametrize(
    ("flow", "words", "says"),
    [
        (rollback, [], "a rollback needs a reason"),
        (rollback, ["reason=x", "to=2"], "staff_detector/2 is champion already"),
        (rollback, ["reason=x", "to=99"], "no such version"),
        (rollback, ["reason=x", "alias=challenger"], "the ledger knows of nothing that was challenger before"),
        (promote, ["force=true"], "force=true needs a reason"),
        (promote, ["alias=chief"], "alias"),
        (promote, ["version=99"], "no such version"),
        (charge, ["camera=bay_a"], "belongs to at="),
    ],
)
def test_wrong_words(runs, flow, words, says):
    with pytest.raises(InputError, match=says):
        flow(words)
