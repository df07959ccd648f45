"""Retention as people use it: a look, a hold, a sweep, an alarm, a proof."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import RetentionEventRow, RetentionSweepRow
from components.ledger.mlflow import Digests, Mlflow
from components.retention.items import DAY
from components.storage.storage import Storage
from flows import prepare, retain
from tests.components.retention.conftest import DATASET, TEN, make_dataset, record

OLD = TEN - 400 * DAY
SIGNED = ["who=Lee", "why='complaint 17'"]


@pytest.fixture
def database(runs: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{runs}/wardflow.db")
    yield database
    database.close()


@pytest.fixture
def storage(runs: Path, database: Database) -> Storage:
    """Footage of two cameras and a dataset, all long past its time, and a file that nobody knows the time of."""
    storage = Storage(str(runs / "store"))
    for camera in ("bay_a", "desk"):
        record(storage, database, camera, OLD)
    make_dataset(storage, database, {"bay_a": [OLD]})
    storage.write("parts/half/x.tar", b"pictures")
    return storage


def _register(runs: Path) -> None:
    """A model that was trained on the dataset."""
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")
    (runs / "model").mkdir()
    (runs / "model" / "model.onnx").write_text("x")
    with ledger.open("train", [], {"n": 1}) as run:
        run.artifacts(runs / "model", path="model")
        ledger.register(
            run,
            name="staff_detector",
            folder=runs / "model",
            digests=Digests(cameras="a", chain="c", dataset=DATASET, config="f"),
        )
    ledger.promote("staff_detector", version="1", alias="champion")


def test_a_look_a_hold_a_sweep_and_the_proof(storage: Storage, runs: Path) -> None:
    _register(runs)
    look = retain.retain([f"list={runs}/list.csv"])
    assert look.figures["would delete"].startswith("4 files, ") and look.figures["nothing is touched"]
    assert look.figures[f"in use {DATASET[:12]}"] == "model staff_detector/1 (champion)"
    assert "these rules matched nothing: incidents, appearance" in look.note and "1 files stand under no rule" in look.note
    with (runs / "list.csv").open() as file:
        assert {(row["fate"], row["rule"]) for row in csv.DictReader(file)} == {
            ("due", "footage"), ("in use", "datasets"), ("no rule", ""),
        }  # fmt: skip
    day = f"{datetime.fromtimestamp(OLD / 1e9, UTC):%Y-%m-%d}"
    held = retain.retain(["do=hold", "name=case_17", "cameras=[bay_a]", f"since={day}", f"until={day}", *SIGNED])
    assert held.status == "completed" and held.note == ""
    swept = retain.retain(["do=delete"])
    assert (swept.figures["deleted_files"], swept.status) == (2, "completed")
    assert swept.figures["hold case_17"].startswith("protects 6 files, of which 2 files, ")
    assert [path.split("/")[1] for path in storage.list("raw")] == ["camera=bay_a"] * 2
    late = retain.retain(["do=hold", "name=late", "cameras=[desk]", "who=Lee", "why=x"])
    assert late.note == "2 files of that were deleted before"
    assert retain.retain(["do=marks"]).figures["in_force"] == 2
    assert retain.retain(["do=lift", "name=case_17", *SIGNED]).status == "completed"
    assert retain.retain(["do=verify"]).figures["events"] == 7
    assert retain.retain(["do=check"]).status == "completed"


def test_while_the_ledger_is_away_footage_goes_and_datasets_stay(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    swept = retain.retain(["do=delete", "ledger.uri=http://127.0.0.1:9", "ledger.artifacts=x"])
    assert swept.status == "completed" and storage.list("raw") == [] and len(storage.list("datasets")) == 3
    assert "the ledger does not answer: datasets stay" in swept.note


def test_footage_that_is_gone_is_said_to_be_gone(storage: Storage) -> None:
    retain.retain(["do=delete"])
    with pytest.raises(InputError, match=r"footage of bay_a from .* \(1 pieces\) was deleted under retention rule footage on "):
        prepare.prepare(["only=[bay_a]", "runner=local"])


def test_what_belongs_to_a_class_is_kept_as_that(storage: Storage) -> None:
    classified = retain.retain(["do=classify", "category=incident", "name=fall", "cameras=[desk]", *SIGNED])
    assert classified.status == "completed"
    retain.retain(["do=delete"])
    assert [path.split("/")[1] for path in storage.list("raw")] == ["camera=desk"] * 2
    assert retain.retain(["do=declassify", "name=fall", *SIGNED]).status == "completed"
    assert retain.retain([]).figures["would delete"].startswith("2 files, ")


def test_no_sweep_in_time_is_a_failure(storage: Storage, database: Database) -> None:
    assert "there has never been a successful sweep" in retain.retain(["do=check"]).failures["retention"]
    retain.retain(["do=delete"])
    assert retain.retain(["do=check"]).status == "completed"
    with database.session() as session:
        session.execute(update(RetentionSweepRow).values(finished=TEN))
    late = retain.retain(["do=check"])
    assert late.status == "failed" and late.next == "python -m flows.retain do=delete"  # failed: exit code 1
    assert "the policy wants one every 24 hours" in late.failures["retention"]


def test_an_edit_of_the_record_is_found(storage: Storage, database: Database) -> None:
    retain.retain(["do=delete"])
    with database.session() as session:
        number = session.scalars(select(RetentionEventRow.number).where(RetentionEventRow.kind == "deleted")).first()
        session.execute(update(RetentionEventRow).where(RetentionEventRow.number == number).values(rule="nothing"))
    proof = retain.retain(["do=verify"])
    assert proof.status == "failed" and f"row {number} (deleted raw/" in proof.failures["problem 1"]


def test_lifecycle_rules_go_into_a_file(runs: Path) -> None:
    summary = retain.retain(["do=lifecycle", "for=s3", "storage=s3", "storage.url=s3://clinic/ward"])
    document = json.loads((runs / "lifecycle" / "s3.json").read_text())
    assert {rule["Filter"]["Prefix"] for rule in document["Rules"]} >= {"ward/features/", "ward/raw/"}
    assert summary.next.endswith(f"--bucket clinic --lifecycle-configuration file://{runs}/lifecycle/s3.json")
    assert "class incident" in summary.figures["not expressed 1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["do=delete", "at=2030-01-01"], "at=... is for do=dry only"),
        (["do=hold", "name=x", *SIGNED], "give what is meant: cameras"),
        (["do=hold", "prefix=raw", *SIGNED], "name is empty"),
        (["do=hold", "name=x", "cameras=[dsk]", *SIGNED], r"cameras=\[dsk\]: the registry never had a camera of that name; "),
        (["do=hold", "name=x", "prefix=raw", "who=Lee"], "why is empty"),
        (["do=hold", "name=x", "prefix=raw", "category=incident", *SIGNED], "it goes with do=classify"),
        (["do=classify", "name=x", "prefix=raw", *SIGNED], "do=classify needs it"),
        (["do=lift", "name=x", *SIGNED], "there is no hold 'x'"),
        (["do=lifecycle"], "needs the kind of store: for=s3"),
        (["do=lifecycle", "for=minio"], "for: input should be 's3', 'gcs' or 'azure'"),
        (["do=hold", "name=x", "since=yesterday", *SIGNED], "since is 'yesterday'; expected a day"),
        (["do=burn"], "do: input should be 'dry', 'delete'"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(").replace("...", r"\.\.\.")):
        retain.retain(words)


def test_a_look_into_the_future(storage: Storage, database: Database) -> None:
    record(storage, database, "lobby", TEN + 3650 * DAY)
    assert retain.retain([]).figures["would delete"].startswith("7 files")
    assert retain.retain(["at=2040-01-01"]).figures["would delete"].startswith("9 files")
