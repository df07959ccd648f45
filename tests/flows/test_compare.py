"""Runs side by side, through the flow and a real MLflow; what they stand on is what evaluating noted down."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets.dataset import StoredDataset
from components.evaluation.comparison import Basis, CameraUse
from components.evaluation.detection import evaluate_detector
from components.evaluation.sequences import JUDGED_TRACKS, SCHEMA
from components.ledger.mlflow import Digests, Mlflow
from components.storage.storage import Storage
from flows import _basis, compare
from tests.judged_tables import Seeing
from tests.made_datasets import SECOND, START, Shot, make, png

RESIZE = {"_target_": "components.preprocessing.resize.Resize", "width": 640}
NASTY = "evaluate <script>alert(1)</script>\x1b[31m"
SLICES = {"_target_": "components.evaluation.slices.Slices", "people": 5}


def basis(dataset: str) -> Basis:
    return Basis(
        protocol={"of": "model", "split": "test", "score": 0.25}, chain=[RESIZE], steps=["1"], chain_digest="c" * 64,
        dataset=dataset, cameras=(CameraUse(camera="bay_a", version="b" * 64, frames=5, valid_from=0),),
    )  # fmt: skip


def shots() -> list[Shot]:
    """Pictures of two cameras, two minutes apart, with three people each."""
    size = (64, 48)
    boxes = [[4.0, 2, 20, 28], [30, 5, 44, 30], [50, 10, 62, 40]]
    people = ("ann", "bob", "eve")
    return [
        Shot(camera, START + i * 120 * SECOND, png(i, width=64, height=48), split="test", boxes=boxes, people=people, size=size)
        for camera in ("bay_a", "desk") for i in range(12)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, with_tables) -> Path:
    """A ledger: two models with trainings and evaluations; an evaluation of before tables; one on another chain."""
    home = with_tables(tmp_path_factory.mktemp("home"))
    digest = make(home / "store", shots())
    database = Database(f"sqlite:///{home}/wardflow.db")
    with database.session() as session:
        about = {"path": f"datasets/{digest}", "kept": 24, "rejected": 0, "chain_digest": "c" * 64, "created": 1}
        session.add(DatasetRow(digest=digest, **about))
    database.close()
    ledger = Mlflow(f"sqlite:///{home}/mlflow.db", experiment="wardflow")
    for number, (name, share, title) in enumerate((("yolov8n", 0.5, "first"), ("yolov8s", 0.95, NASTY)), 1):
        _train(ledger, home, name, number)
        _evaluate(ledger, home, title, basis(digest), model=f"staff_detector/{number}", judged=_judge(home, digest, share))
    _evaluate(ledger, home, "old", basis(digest))
    other = replace(basis(digest), chain=[{**RESIZE, "width": 320}], steps=["2"], chain_digest="e" * 64)
    _evaluate(ledger, home, "elsewhere", other)
    return home


def _judge(home: Path, digest: str, share: float) -> tuple[Path, dict[str, float]]:
    folder = home / f"judged{share}"
    folder.mkdir()
    dataset = StoredDataset(digest, storage=Storage(str(home / "store")))
    pictures = dataset.split("test")
    detector = Seeing([replace(pictures[i], visibility=np.ones(3, np.float32)) for i in range(len(pictures))], share, ghosts=1)
    report = evaluate_detector(detector, dataset=dataset, folder=folder, where=pictures.where)
    return folder, report.metrics()


def _train(ledger: Mlflow, home: Path, name: str, number: int) -> None:
    folder = home / f"model{number}"
    folder.mkdir()
    (folder / "model.onnx").write_text(name)
    tags = {"flow": "train", "preprocessing_digest": "c" * 64}
    with ledger.open("train", [f"model={name}"], {"model": {"name": name}, "seed": 0}, dataset="f" * 64, tags=tags) as run:
        run.metrics({"map50": 0.3 + number / 10}, 0)
        run.text("diff.json", json.dumps([{"key": "model.name", "origin": f"conf/model/{name}.yaml:3"}]))
        run.artifacts(folder, path="model")
        digests = Digests(cameras="a", chain="c" * 64, dataset="f" * 64, config="g")
        ledger.register(run, name="staff_detector", folder=folder, digests=digests)


def _evaluate(ledger: Mlflow, home: Path, title: str, ground: Basis, *, model: str = "", judged: Any = None) -> None:
    folder, metrics = judged or (None, {"map50": 0.55, "map50.camera.bay_a": 0.5})
    tags = {**_basis.tags(ground.plain()), "model": model, "of": "model"}
    config = {"slices": SLICES, "score": 0.25, "detector": {"weights": f"models:/{model}"}}
    with ledger.open(title, [], {**config, "title": title}, tags=tags) as run:
        run.metrics(metrics, 0)
        run.text(_basis.ARTIFACT, json.dumps(ground.plain()))
        if folder is not None:
            run.artifacts(folder)


@pytest.fixture(autouse=True)
def _here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNS", str(home))
    yield


def test_two_models_with_intervals_configs_slices_and_pictures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = compare.compare(["runs=[staff_detector/1,staff_detector/2]", "resamples=200", "pictures=3"])
    figures = done.details["figures"]
    assert done.ok and done.details["comparable"] and set(done.digests) == {"protocol", "chain", "dataset", "registry"}
    assert figures["recall"]["changes"][1]["word"] == figures["recall.camera.desk"]["changes"][1]["word"] == "better"
    assert figures["map50"]["n"] == 24 and figures["map50"]["changes"][1]["low"] > 0 and done.figures["better"]
    settings = {each["key"]: each for each in done.details["config"]}
    assert settings["trained.model.name"]["values"] == ["yolov8n", "yolov8s"]
    assert settings["trained.model.name"]["origins"] == ["conf/model/yolov8n.yaml:3", "conf/model/yolov8s.yaml:3"]
    assert "trained.seed" not in settings and len(done.details["pictures"]) == 3
    shown = capsys.readouterr().out
    assert "trained.model.name" in shown and "\x1b[31m" not in shown and "camera.desk" not in shown
    page = Path(done.figures["report"]).read_text()
    assert "<script" not in page and "&lt;script&gt;" in page and page.count("data:image/jpeg") == 3
    assert not re.search(r"(src|href)=.?(https?:|//)", page)
    ledger = Mlflow(f"sqlite:///{home}/mlflow.db", experiment="wardflow")
    kept = ledger.evaluation(Path(done.figures["report"]).stem, artifact=_basis.ARTIFACT)
    assert kept.flow == "compare" and kept.tags["compared.b"] == done.details["runs"][1]["facts"]["id"]
    files = ledger.files(kept.run, ["compare.html", "compare.json"], folder=home / "fetched")
    assert files["compare.html"].read_text() == page
    assert json.loads(files["compare.json"].read_text())["figures"].keys() == figures.keys()


def test_any_number_with_and_without_tables(capsys: pytest.CaptureFixture[str]) -> None:
    done = compare.compare(["runs=[old,staff_detector/1,staff_detector/2]", "resamples=100", "every=true", "metrics=[map50]"])
    assert set(done.details["figures"]) > {"map50", "map50.camera.bay_a"}
    assert all(name.startswith("map50") for name in done.details["figures"])
    bare, first, second = done.details["figures"]["map50"]["values"]
    assert bare == {"value": 0.55, "low": None, "high": None} and first["low"] < first["value"] < second["low"]
    assert "has not kept what was judged: its figures have no intervals" in done.note
    assert "map50.camera.bay_a" in capsys.readouterr().out


def test_only_what_stands_on_the_same_ground_is_compared() -> None:
    with pytest.raises(InputError) as refused:
        compare.compare(["runs=[first,old,elsewhere]"])
    said = str(refused.value)
    assert re.match(r"a \(\w{8} first\) and c \(\w{8} elsewhere\) cannot be compared", said)
    assert "\n  chain: step 1 Resize: width is 640 in a, 320 in c\n" in said
    anyway = compare.compare(["runs=[first,elsewhere]", "anyway=true", "resamples=50"])
    assert anyway.details["differences"] == ["chain: step 1 Resize: width is 640 in a, 320 in b"]
    assert "not stand on the same ground" in anyway.note and not anyway.digests
    done = subprocess.run(
        [sys.executable, "-m", "flows.compare", "runs=[old,elsewhere]"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2 and "width is 640 in a, 320 in b" in done.stderr


def test_trainings_have_figures_of_their_own_validation() -> None:
    done = compare.compare(["runs=['train model=yolov8n','train model=yolov8s']"])
    assert done.details["figures"]["map50"]["changes"][1]["value"] == pytest.approx(0.1)
    assert [each["key"] for each in done.details["config"]] == ["model.name"]
    with pytest.raises(InputError, match=r"protocol: of is train in a, model in b"):
        compare.compare(["runs=['train model=yolov8n',first]"])


def test_track_runs_are_drawn_by_sequence(home: Path, tmp_path: Path) -> None:
    ledger = Mlflow(f"sqlite:///{home}/mlflow.db", experiment="wardflow")
    ground = replace(basis("a" * 64), protocol={"of": "tracks"})
    for number, cameras in enumerate(([f"c{i}" for i in range(12)], ["c0", "c1"], ["c0"])):
        counts = {"people": 90.0, "false_negatives": 30.0 - number, "false_positives": 3.0, "id_switches": 1.0, "idf1": 0.7}
        rows = [(camera, name, value) for camera in cameras for name, value in counts.items()]
        columns = dict(zip(SCHEMA.names, map(list, zip(*rows, strict=True)), strict=True))
        pq.write_table(pa.table(columns, schema=SCHEMA), tmp_path / JUDGED_TRACKS)
        config = {"n": number, "tracked": {"tracker": {"lost_seconds": number}}}
        with ledger.open(f"tracks {number}", [], config, tags={**_basis.tags(ground.plain()), "of": "tracks"}) as run:
            run.text(_basis.ARTIFACT, json.dumps(ground.plain()))
            run.artifacts(tmp_path)
    done = compare.compare(["runs=[tracks 0,tracks 1]"])
    assert (
        done.details["figures"]["mota"]["n"] == 2
        and "only the 2 sequences that all have judged are drawn; a has more" in done.note
    )
    assert "below 10 nothing is called better or worse" in done.note and "better" not in done.figures
    assert "tracked.tracker.lost_seconds" in {each["key"] for each in done.details["config"]}
    assert "one sequence cannot be drawn from" in compare.compare(["runs=[tracks 0,tracks 2]"]).note
    mixed = compare.compare(["runs=[tracks 0,staff_detector/2]", "anyway=true"])
    assert "no figures that can be drawn together" in mixed.note


def test_without_the_dataset_there_are_no_pictures(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{home}/wardflow.db")
    with database.session() as session:
        session.query(DatasetRow).update({"deleted": START, "deleted_by": "raw 30 days"})
    try:
        done = compare.compare(["runs=[staff_detector/1,staff_detector/2]", "resamples=10"])
    finally:
        with database.session() as session:
            session.query(DatasetRow).update({"deleted": None, "deleted_by": ""})
        database.close()
    assert done.details["pictures"] == [] and "no pictures: " in done.note and "retention rule raw 30 days" in done.note


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs=[latest]"], r"1 problem in the config"),
        (["runs=latest"], r"1 problem in the config"),
        (["anyway=perhaps"], r"1 problem in the config"),
        (["confidence=95"], r"1 problem in the config"),
        (["runs=[first,first]"], r"first and first are the same run"),
        (["runs=[first,nothing]"], r"no evaluations are called 'nothing'"),
        (["runs=[first,old]", "metrics=[map5]"], r"no run has 'map5'; did you mean 'map50'\? there are "),
        (["runs=[first,old]", f"dataset={'0' * 12}"], r"dataset=000000000000: 0 datasets have that name"),
        (["runs=[staff_detector/1,old]", f"dataset={'0' * 64}"], r"no evaluations are called 'staff_detector/1'"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        compare.compare(words)


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
