"""Preparing a dataset, killed at any change to a store that fails, hangs, lies and lags: all of it, or nothing of it."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from components.contracts import InputError
from components.datasets.dataset import StoredDataset
from components.datasets.verification import verify
from components.storage.storage import Storage
from flows.ingest import ingest
from flows.prepare import prepare
from tests.faults import SETTINGS
from tests.flows.ward import SMALL

FLEET = [word for word in SMALL if "seconds" not in word] + ["fleet.every_camera.seconds=2", "runner=local"]
WORDS = [
    *FLEET, "only=[corridor,station,bay_a]", "sampling.fps=2", "preprocessing=none", "pieces.minutes=0.0166",
    "pieces.megabytes=0.05",
]  # fmt: skip
FAULTS = {"fail": 0.04, "hang": 0.02, "after": 0.04, "short": 0.04, "lag": 0.02, "listing_lag": 0.05, "seconds": 0.02}
CHANGES = 25  # that an undisturbed run makes to the store, about: where it may be killed
REFUSED = 3  # exit code of a run that said what was wrong
SERVER = multiprocessing.get_context("forkserver")
MODULES = [
    "tests.faults", "flows.prepare", "components.datasets.prepare", "components.datasets.commit", "components.datasets.splits",
    "components.labels.recorded_truth", "components.samplers.fixed_rate", "components.ledger.mlflow", "components.database.runs",
]  # fmt: skip


@pytest.fixture(scope="module")
def ward(tmp_path_factory, with_tables):
    """Footage, and the dataset of a run that nothing disturbed, on an ordinary folder."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(with_tables(folder / "calm")))
        ingest([*FLEET, "only=[corridor,station,bay_a]", "segment_seconds=1"])
        shutil.copytree(folder / "calm", folder / "footage")
        summary = prepare(WORDS)
        shutil.copy(folder / "calm" / "mlflow.db", folder / "footage")
    return folder, summary.digests["dataset"]


def run(runs: Path, **faults: object) -> int:
    """The exit code of a run in a process of its own, which knows all modules from the start."""
    SERVER.set_forkserver_preload(MODULES)
    process = SERVER.Process(target=_run, args=(str(runs), faults))
    process.start()
    process.join(120)
    assert process.exitcode in (-signal.SIGKILL, 0, REFUSED), f"exit code {process.exitcode} with {faults}"
    return process.exitcode


def _run(runs: str, faults: dict[str, object]) -> None:
    os.environ |= {"RUNS": runs, SETTINGS: json.dumps(faults)}
    try:
        summary = prepare([*WORDS, f"storage.url=faulty://{runs}/store"])
    except InputError as error:  # one sentence, as the command would say it
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    sys.exit(0 if summary.ok else REFUSED)


def content(store: Path) -> dict[str, bytes]:
    files = [path for path in sorted(store.rglob("*")) if path.is_file() and ".in-flight-" not in path.name]
    found = {str(path.relative_to(store)): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if name.startswith("datasets/") and not name.endswith(".jpg")}


def half_seen(runs: Path) -> None:
    """Whatever has a manifest, or stands in the database, is whole."""
    storage = Storage(str(runs / "store"))
    for path in storage.list("datasets"):
        if path.endswith("/manifest.parquet"):
            dataset = StoredDataset(path.split("/")[1], storage=storage)
            assert verify(dataset, storage).first == {}
    with sqlite3.connect(runs / "wardflow.db") as database:
        known = [digest for (digest,) in database.execute("SELECT digest FROM datasets")]
    database.close()
    assert all(storage.exists(f"datasets/{digest}/manifest.parquet") for digest in known)


def parts(runs: Path) -> dict[str, int]:
    """Finished parts, and when they were written."""
    return {str(path): path.stat().st_mtime_ns for path in (runs / "store" / "parts").rglob("part.parquet")}


def killed_again_and_again(ward, tmp_path: Path, seeds: list[int]) -> int:
    """Two kills, then the work is let come to its end and compared; and again. How many runs were really killed."""
    (folder, digest), killed, runs = ward, 0, tmp_path / "killed"
    for first in seeds[::2]:
        shutil.copytree(folder / "footage", runs)
        for seed, last in ((first, CHANGES), (first + 1, 4)):
            before = parts(runs)
            killed += run(runs, **FAULTS, seed=seed, kill=random.Random(seed).randint(1, last)) == -signal.SIGKILL
            half_seen(runs)
            after = parts(runs)
            assert all(after[name] == when for name, when in before.items() if name in after), "finished work is done again"
        # a store may be too bad for one run; the next goes on from there
        assert any(run(runs, **FAULTS, seed=1000 + first + again) == 0 for again in range(5))
        assert content(runs / "store") == content(folder / "calm" / "store")
        half_seen(runs)
        with sqlite3.connect(runs / "wardflow.db") as database:
            assert database.execute("SELECT digest, kept, rejected FROM datasets").fetchall() == [(digest, 12, 0)]
        database.close()
        shutil.rmtree(runs)
    return killed


def test_killed_at_a_few_points_with_a_bad_store(ward, tmp_path):
    assert killed_again_and_again(ward, tmp_path, [1, 2, 3, 4, 5, 6]) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("first", [100, 110, 120, 130, 140])
def test_killed_at_fifty_points_with_a_bad_store(ward, tmp_path, first):
    assert killed_again_and_again(ward, tmp_path, list(range(first, first + 10))) >= 6
