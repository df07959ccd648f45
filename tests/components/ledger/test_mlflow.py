"""A real MLflow in a SQLite file: what goes in comes out again, twice is once, and nothing lies about."""

import logging
import socket
import sqlite3
from pathlib import Path

import pytest
import yaml

from components.contracts import InputError, digest_of
from components.ledger.mlflow import Digests, Mlflow

CONFIG = {"model": {"_target_": "components.models.ssdlite.SsdLite", "weights": None}, "seed": 0, "note": "x" * 7000}
DATASET = "d" * 64
DIGESTS = Digests(cameras="a" * 64, chain="c" * 64, dataset=DATASET, config=digest_of(CONFIG))


@pytest.fixture(scope="module")
def template(tmp_path_factory, with_tables):
    """An empty ledger, for the tests to copy."""
    folder = with_tables(tmp_path_factory.mktemp("ledger"))
    assert Mlflow(f"sqlite:///{folder}/mlflow.db", experiment="e").find({}, dataset="") is None
    return folder


@pytest.fixture
def ledger(template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect(template / "mlflow.db") as source, sqlite3.connect(tmp_path / "mlflow.db") as copy:
        source.backup(copy)
        copy.execute("update experiments set artifact_location = ?", (f"file://{tmp_path}/artifacts",))
    source.close()
    copy.close()
    return Mlflow(f"sqlite:///{tmp_path}/mlflow.db", experiment="e")


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    for name in ("model.onnx", "weights.safetensors", "model.json"):
        (folder / name).write_text(name)
    return folder


def _train(ledger, model, config=CONFIG):
    with ledger.open("train", ["model=ssdlite"], config, dataset=DATASET, tags={"git.commit": "abc"}) as run:
        run.metrics({"map50": 0.5}, 10)
        run.metrics({"map50": 0.75}, 20)
        run.dataset(DATASET, name="ward", source="runs/store/datasets/d")
        run.artifacts(model, path="model")
        return run, ledger.register(run, name="staff", folder=model, digests=DIGESTS)


def test_a_run_keeps_everything(ledger, model):
    run, version = _train(ledger, model)
    kept = ledger._client.get_run(run.id)
    assert version == "1"
    assert kept.info.status == "FINISHED"
    assert kept.info.run_name == "train model=ssdlite"
    assert kept.data.metrics == {"map50": 0.75}
    assert [m.step for m in ledger._client.get_metric_history(run.id, "map50")] == [10, 20]
    assert kept.data.tags["config_digest"] == digest_of(CONFIG)
    assert kept.data.tags["dataset_digest"] == DATASET
    assert kept.data.tags["git.commit"] == "abc"
    assert kept.data.tags["version.torch"]
    assert kept.data.params["model._target_"] == "components.models.ssdlite.SsdLite"
    assert kept.inputs.dataset_inputs[0].dataset.digest == DATASET[:36]
    folder = Path(kept.info.artifact_uri.removeprefix("file://"))
    assert yaml.safe_load((folder / "config.yaml").read_text()) == CONFIG
    assert (folder / "diff.txt").read_text() == "model=ssdlite\n"
    assert (folder / "model" / "model.onnx").is_file()


def test_a_text_goes_along(ledger):
    with ledger.open("train", [], CONFIG) as run:
        run.text("note.txt", "hello")
    folder = Path(ledger._client.get_run(run.id).info.artifact_uri.removeprefix("file://"))
    assert (folder / "note.txt").read_text() == "hello"


def test_a_finished_run_is_found_by_config_and_dataset(ledger, model):
    assert ledger.find(CONFIG, dataset=DATASET) is None
    run, version = _train(ledger, model)
    found = ledger.find(CONFIG, dataset=DATASET)
    assert (found.run, found.version, found.metrics) == (run.id, version, {"map50": 0.75})
    assert ledger.find(CONFIG | {"seed": 1}, dataset=DATASET) is None
    assert ledger.find(CONFIG, dataset="e" * 64) is None


def test_registering_a_run_twice_is_once(ledger, model):
    run, version = _train(ledger, model)
    assert ledger.register(run, name="staff", folder=model, digests=DIGESTS) == version == "1"
    assert _train(ledger, model, CONFIG | {"seed": 1})[1] == "2"


@pytest.mark.parametrize(("error", "status"), [(RuntimeError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_an_error_is_kept_and_the_run_taken_up_again(ledger, error, status):
    with pytest.raises(error), ledger.open("train", [], CONFIG, dataset=DATASET) as first:
        raise error
    assert ledger._client.get_run(first.id).info.status == status
    with ledger.open("train", [], CONFIG, dataset=DATASET) as second:
        assert second.id == first.id
        assert ledger._client.get_run(second.id).info.status == "RUNNING"
    assert ledger._client.get_run(first.id).info.status == "FINISHED"


def test_a_ledger_that_stops_writing_gets_one_message(ledger, tmp_path):
    with (
        pytest.raises(InputError, match=r"ledger.uri sqlite:.*: MLflow cannot write any more"),
        ledger.open("t", [], CONFIG) as run,
    ):
        with sqlite3.connect(tmp_path / "mlflow.db") as database:
            database.execute("drop table metrics")
        database.close()
        run.metrics({"loss": 1.0}, 1)


def test_a_run_whose_process_died_is_taken_up_again(ledger):
    killed = ledger.open("train", [], CONFIG, dataset=DATASET)
    first = killed.__enter__()
    with Mlflow(ledger.uri, experiment="e").open("train", [], CONFIG, dataset=DATASET) as second:
        assert second.id == first.id


def test_runs_without_a_dataset_are_all_kept(ledger):
    with ledger.open("evaluate", [], CONFIG) as first:
        pass
    with ledger.open("evaluate", [], CONFIG) as second:
        assert first.id != second.id


def test_promote_says_what_was_in_charge(ledger, model):
    _train(ledger, model)
    _train(ledger, model, CONFIG | {"seed": 1})
    assert ledger.promote("staff", version="1", alias="champion").previous is None
    assert ledger.promote("staff", version="2", alias="champion").previous == "1"
    assert ledger.promote("staff", version="2", alias="champion").previous == "2"


def test_resolve_fetches_by_alias_and_by_number(ledger, model, tmp_path):
    _train(ledger, model)
    ledger.promote("staff", version="1", alias="champion")
    for uri in ("models:/staff@champion", "models:/staff/1"):
        found = ledger.resolve(uri, folder=tmp_path / "cache")
        assert (found.name, found.version) == ("staff", "1")
        assert found.folder == tmp_path / "cache" / "staff" / "1"
        assert sorted(path.name for path in found.folder.iterdir()) == ["model.json", "model.onnx", "weights.safetensors"]
        assert found.digests == {"cameras": "a" * 64, "chain": "c" * 64, "dataset": DATASET, "config": DIGESTS.config}


def test_the_newest_version_has_a_name(ledger, model, tmp_path):
    _train(ledger, model)
    _train(ledger, model, CONFIG | {"seed": 1})
    assert ledger.resolve("models:/staff/latest", folder=tmp_path / "cache").version == "2"


def test_a_damaged_cache_is_fetched_again(ledger, model, tmp_path):
    _train(ledger, model)
    found = ledger.resolve("models:/staff/1", folder=tmp_path / "cache")
    (found.folder / "model.onnx").write_text("half")
    assert (ledger.resolve("models:/staff/1", folder=tmp_path / "cache").folder / "model.onnx").read_text() == "model.onnx"


def test_tampered_files_are_refused(ledger, model, tmp_path):
    run, _ = _train(ledger, model)
    folder = Path(ledger._client.get_run(run.id).info.artifact_uri.removeprefix("file://")) / "model"
    (folder / "model.onnx").write_text("other")
    with pytest.raises(InputError, match=r"staff/1: model\.onnx .* not what was registered"):
        ledger.resolve("models:/staff/1", folder=tmp_path / "cache")
    assert not (tmp_path / "cache" / "staff" / "1").exists()


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/staff", "expected models:/name@alias, models:/name/3 or models:/name/latest"),
        ("models:/nobody@champion", "nothing is registered as 'nobody'"),
        ("models:/staff@challenger", r"no alias 'challenger', only \['champion'\]"),
        ("models:/staff/9", "staff has the versions 1"),
    ],
)
def test_an_unknown_model_gets_one_message(ledger, model, tmp_path, uri, message):
    _train(ledger, model)
    ledger.promote("staff", version="1", alias="champion")
    with pytest.raises(InputError, match=message):
        ledger.resolve(uri, folder=tmp_path)


def test_promoting_an_unknown_version_gets_one_message(ledger, model):
    with pytest.raises(InputError, match="nothing is registered as 'staff'"):
        ledger.promote("staff", version="1", alias="champion")


def test_nothing_lies_about_nothing_is_said_and_nobody_is_called(ledger, model, tmp_path, capsys, caplog, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: pytest.fail(f"opened a connection to {address}"))
    with caplog.at_level(logging.INFO):
        _train(ledger, model)
    assert capsys.readouterr() == ("", "")
    assert not caplog.records
    assert sorted(path.name for path in tmp_path.iterdir()) == ["artifacts", "mlflow.db", "trained"]


def test_a_sweep_is_a_run_above_others_and_is_taken_up_again(ledger):
    with ledger.open("sweep", [], {"points": 2}) as parent:
        with ledger.open("train", ["seed=1"], CONFIG, parent=parent.id):
            pass
        left = ledger._client.create_run(ledger._experiment, tags={"mlflow.parentRunId": parent.id}).info.run_id
        assert [child.tags["diff"] for child in ledger.children(parent.id)] == ["seed=1"]
        assert (ledger.abandon(parent.id), ledger.abandon(parent.id)) == (1, 0)
    assert ledger._client.get_run(left).info.status == "KILLED"
    with ledger.open("sweep", [], {"points": 2}, again=parent.id) as same:
        same.tag("kind", "search")
    with ledger.open("sweep", [], {"points": 3}, again="0" * 32) as other:
        pass
    assert same.id == parent.id and other.id != parent.id
    assert ledger._client.get_run(parent.id).data.tags["kind"] == "search"
