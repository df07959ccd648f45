"""From a prediction to the commit and from a frame to what it became; whatever is changed afterwards is the link that breaks."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from flows._run import start
from flows.audit import audit
from flows.ingest import ingest
from flows.prepare import prepare
from flows.promote import promote
from flows.retain import retain
from flows.track import track
from flows.train import train

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=6", "width=320", "height=180")]
TWO = "only=[bay_a,corridor]"
TINY = [f"trainer.{word}" for word in ("epochs=1", "epoch_steps=4", "batch_size=2", "image_size=[160,96]")]
EASY = ["detector.score=0.0001", "tracker.track_thresh=0.0002", "tracker.min_conf=0.0001"]  # the network has hardly learned
LOCAL = "runner=local"


@pytest.fixture(scope="module")
def world(tmp_path_factory, with_tables) -> Iterator[Path]:
    """Footage, a dataset, a model in charge and a track run, made once; whoever changes something puts it back."""
    folder = with_tables(tmp_path_factory.mktemp("audited") / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        patch.delenv("PREFECT_API_URL", raising=False)
        for flow, words in (
            (ingest, [TWO, *SMALL]), (prepare, [TWO, *SMALL]), (train, TINY), (promote, []),
            (track, [TWO, "footage=recorded", "sampling=fixed_5fps", *EASY, *SMALL]),
        ):  # fmt: skip
            more = [LOCAL] if flow in (ingest, prepare, track) else []
            outcome = start(flow, [*words, *more], folder / flow.__name__)
            assert not outcome.code, outcome.message
    return folder


@pytest.fixture
def runs(world, monkeypatch) -> Path:
    monkeypatch.setenv("RUNS", str(world))
    return world


@pytest.fixture
def prediction(runs) -> str:
    """The name of one sighting."""
    row = pq.read_table(io.BytesIO(_file(runs, "store/sightings").read_bytes())).to_pylist()[-1]
    run = _file(runs, "store/sightings").name.rpartition("-")[0]
    return f"{run}/{row['camera']}/{row['track']}/{row['time']}"


def test_every_link_of_an_untouched_prediction_holds_but_the_clock_of_which_nothing_is_known(runs, prediction):
    summary = audit([f"prediction={prediction}"])
    states = {link["name"]: link["state"] for link in summary.details["links"]}
    assert list(states) == [
        "sighting", "track", "run", "segment", "camera", "frame", "clock", "model", "dataset", "config", "commit", "charge",
        "chain", "detection",
    ]  # fmt: skip
    assert summary.ok and set(states.values()) <= {"verified", "unknown"}
    solid = {"sighting", "run", "segment", "frame", "camera", "model", "dataset", "config", "charge", "chain"}
    assert {name for name in solid if states[name] != "verified"} == set()
    image = cv2.imread(summary.figures["picture"])
    assert image.shape == (180, 320, 3)


def test_the_picture_is_the_frame_of_the_footage(runs, prediction):
    facts = _link(audit([f"prediction={prediction}"]), "frame")["facts"]
    again = _link(audit([f"prediction={prediction}"]), "frame")["facts"]
    assert facts["sha256"] == again["sha256"] and (facts["width"], facts["height"]) == (320, 180)


def _flipped(path: Path) -> Callable[[], None]:
    """Change one byte in the middle of a file; gives what puts it back."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    return lambda: path.write_bytes(content) and None


def _without_a_row(path: Path) -> Callable[[], None]:
    """Take the first row out of a Parquet file."""
    content = path.read_bytes()
    table = pq.read_table(io.BytesIO(content))
    last = table["time"].to_pylist()[-1]
    keep = [i for i, time in enumerate(table["time"].to_pylist()) if time != last or i == len(table) - 1]
    assert len(keep) < len(table), "several people are in the last frame"
    pq.write_table(table.take(keep), path)
    return lambda: path.write_bytes(content) and None


def _edited(runs: Path, statement: str, undo: str) -> Callable[[], None]:
    def run(words: str) -> None:
        with sqlite3.connect(runs / "wardflow.db") as connection:
            assert connection.execute(words).rowcount > 0
        connection.close()

    run(statement)
    return lambda: run(undo)


def _file(runs: Path, below: str, name: str = "*.parquet") -> Path:
    return sorted(path for path in (runs / below).rglob(name) if "camera=bay_a" in str(path) or "camera=" not in str(path))[0]


CHANGES: dict[str, tuple[str, Callable[[Path], Callable[[], None]]]] = {
    "footage": ("segment", lambda runs: _flipped(_file(runs, "store/raw", "*.mp4"))),
    "sightings": ("sighting", lambda runs: _without_a_row(_file(runs, "store/sightings"))),
    "camera": ("camera", lambda runs: _edited(
        runs, "UPDATE cameras SET location = 'elsewhere' WHERE id = 'bay_a'",
        "UPDATE cameras SET location = 'Bay A' WHERE id = 'bay_a'")),
    "weights": ("model", lambda runs: _flipped(_file(runs, "artifacts", "model.onnx"))),
    "manifest": ("dataset", lambda runs: _flipped(_file(runs, "store/datasets", "dataset.json"))),
    "config": ("config", lambda runs: _text(_trained(runs) / "config.yaml", "epochs: 1", "epochs: 2")),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_changed_afterwards_is_the_first_link_that_breaks(runs, prediction, what):
    name, change = CHANGES[what]
    with _changed(change(runs)):
        summary = audit([f"prediction={prediction}"])
        broken = [link["name"] for link in summary.details["links"] if link["state"] == "broken"]
        assert not summary.ok and broken and broken[0] == name
    assert audit([f"prediction={prediction}"]).ok


@pytest.mark.parametrize(
    ("what", "kind"), [("footage", "segment"), ("weights", "model"), ("manifest", "dataset"), ("camera", "camera")]
)
def test_verify_finds_the_same(runs, what, kind):
    with _changed(CHANGES[what][1](runs)):
        summary = audit(["verify=all"])
        assert not summary.ok and next(iter(summary.failures)).split()[0] == kind
        assert summary.figures["broken"] >= 1
    assert audit(["verify=all"]).ok


def test_an_edited_row_of_the_ledger_of_deletions_is_found(runs):
    assert retain(["do=hold", "name=case", "cameras=[bay_a]", "since=2026-03-02", "until=2026-03-02", "who=Lee", "why=asked"]).ok
    assert audit(["verify=ledgers"]).ok
    edit, undo = ("UPDATE retention_events SET who = 'Kim'", "UPDATE retention_events SET who = 'Lee'")
    with _changed(_edited(runs, edit, undo)):
        assert "row 1 (hold" in next(iter(audit(["verify=ledgers"]).failures.values()))
    assert audit(["verify=ledgers"]).ok


def test_a_frame_is_followed_to_datasets_models_and_sightings(runs, prediction):
    _, camera, _, time = prediction.split("/")
    summary = audit([f"frame={camera}-{time}"])
    links = summary.details["links"]
    assert summary.ok and {link["name"] for link in links} >= {"segment", "run", "sighting"}
    assert prediction in [link["thing"] for link in links]
    kept = json.loads(_file(runs, "store/datasets", "dataset.json").read_text())["digest"]
    named = [link["thing"] for link in links if link["name"] == "dataset"]
    assert named in ([kept], [])  # sampled at 10 fps, or between two of those


def test_a_frame_of_a_dataset_names_the_models_that_learned_from_it(runs):
    table = pq.read_table(io.BytesIO(_file(runs, "store/datasets", "manifest.parquet").read_bytes()))
    row = next(row for row in table.to_pylist() if row["split"] == "train")
    links = audit([f"frame={row['key']}"]).details["links"]
    assert [(link["thing"], link["says"]) for link in links if link["name"] == "model"] == [
        ("staff_detector/1", "it learned from this frame (champion)")
    ]


def test_the_predictions_of_a_moment_have_the_names_that_can_be_followed(runs, prediction):
    _, camera, _, time = prediction.split("/")
    moment = np.datetime64(int(time), "ns").astype("datetime64[ms]")
    summary = audit([f"camera={camera}", f"at={moment}"])
    assert summary.next == f"python -m flows.audit prediction={prediction.rsplit('/', 2)[0]}/" + summary.next.split("/", 2)[2]
    assert {row["time"] for row in summary.details["predictions"]} == {int(time)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "needs one of"),
        (["verify=all", "frame=a-1"], "not frame and verify at once"),
        (["prediction=abc"], "expected RUN/CAMERA/TRACK/TIME"),
        (["prediction=abc/bay_a/1/2"], "run abc has no sightings of camera bay_a"),
        (["frame=bay_a"], "expected CAMERA-TIME"),
        (["frame=bay_a-12"], "no footage, dataset or track run has camera bay_a"),
        (["camera=bay_a"], "audit needs one of"),
        (["at=2026-03-02T10:00"], "belong together"),
        (["camera=bay_a", "at=2031-01-01"], "no finished track run"),
        (["verify=everything"], "verify"),
    ],
)
def test_wrong_words_say_what_is_expected(runs, words, says):
    with pytest.raises(InputError, match=says):
        audit(words)


@contextmanager
def _changed(undo: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    finally:
        undo()


def _text(path: Path, old: str, new: str) -> Callable[[], None]:
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))
    return lambda: path.write_text(content) and None


def _trained(runs: Path) -> Path:
    """The artifacts of the training run."""
    return next(path.parent.parent for path in (runs / "artifacts").rglob("model.onnx"))


def _link(summary, name):
    return next(link for link in summary.details["links"] if link["name"] == name)
