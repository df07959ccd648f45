"""Footage and dataset in every kind of store: the same dataset, and no secret anywhere that a run writes."""

from __future__ import annotations

import pytest

from components.storage.storage import Storage
from flows.ingest import ingest
from flows.prepare import prepare
from tests.faults import environment
from tests.flows.ward import SMALL
from tests.stores.servers import AZURE_SECRET, S3_SECRET, SERVERS, bucket_of

WORDS = [*SMALL, "runner=local", "only=[bay_a]"]
KINDS = ["s3", *(pytest.param(name, marks=pytest.mark.service) for name in ("gcs", "azure"))]
SECRETS = [S3_SECRET, AZURE_SECRET, "HUSHKEYID", "hush-hush"]


@pytest.fixture(scope="module")
def digest(tmp_path_factory, with_tables) -> str:
    """Of the dataset in a local folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(with_tables(tmp_path_factory.mktemp("local"))))
        ingest(WORDS)
        return prepare(WORDS).digests["dataset"]


def told(folder) -> list[str]:
    """Files below `folder` with a secret in them."""
    return [
        f"{path}: {secret}"
        for path in folder.rglob("*")
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp advises
def test_the_same_dataset_in_every_store(kind, digest, runs, tmp_path, monkeypatch) -> None:
    with SERVERS[kind]() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        storage, words = server.storage(bucket_of(tmp_path)), [*WORDS, *server.words(bucket_of(tmp_path))]
        ingest(words)
        assert prepare(words).digests["dataset"] == digest
        assert storage.exists(f"datasets/{digest}/manifest.parquet")
        assert prepare(words).status == "unchanged"
    assert not (runs / "store").exists()


def test_no_secret_in_anything_that_a_run_writes_or_says(command, runs, tmp_path, monkeypatch) -> None:
    with SERVERS["s3"]() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.storage(bucket_of(tmp_path))
        words = [*WORDS, *server.words(bucket_of(tmp_path))]
        ended = [command("ingest", *words)]
    ended.append(command("prepare", *words, "storage.attempts=1"))  # the store is away now
    assert [process.returncode for process in ended] == [0, 1], ended
    assert "check storage.url and the credentials in the environment" in ended[1].stdout + ended[1].stderr
    assert not any(secret in process.stdout + process.stderr for secret in SECRETS for process in ended)
    assert len(list(runs.rglob("summary.json"))) == 2 and len(list(runs.rglob(".hydra"))) == 2
    assert told(runs) == []


@pytest.mark.parametrize(
    "word", ["+storage.options={secret:hush-hush}", "+storage.options.secret=hush-hush", "storage.url='s3://me:hush-hush@bucket'"]
)
def test_a_secret_among_the_words_is_refused_and_not_kept(word, command, runs) -> None:
    for words in ([*WORDS, word], ["-m", *WORDS, word, "segment_seconds=2,4"]):
        ended = command("ingest", *words)
        assert ended.returncode == 2
        assert "credentials come from the environment" in ended.stderr and "hush" not in ended.stderr
    assert not runs.exists() or told(runs) == []


def test_what_the_ledger_keeps_has_no_secret(runs, monkeypatch) -> None:
    from components.ledger.mlflow import Mlflow

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", S3_SECRET)
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="stores")
    config = {"database": {"url": "postgresql://me:hush-hush@host/ward"}, "x": {"note": f"signed with {S3_SECRET}"}}
    with ledger.open("evaluate", ["database.url=postgresql://me:hush-hush@host/ward"], config):
        pass
    assert told(runs) == []


def test_a_dataset_through_a_store_that_misbehaves(digest, command, runs, tmp_path) -> None:
    """Connections break, answers are lost, reads are short: the same dataset, at the first try."""
    store = tmp_path / "bad"
    harm = {"seed": 7, "fail": 0.03, "after": 0.03, "short": 0.03, "hang": 0.01, "seconds": 0.01, "lag": 0.02, "listing_lag": 0.1}
    words = [*WORDS, f"storage.url=faulty://{store}"]
    for flow in ("ingest", "prepare"):
        ended = command(flow, *words, **environment(tmp_path / "entry", **harm))
        assert ended.returncode == 0, ended.stderr
    assert Storage(str(store)).exists(f"datasets/{digest}/manifest.parquet")
