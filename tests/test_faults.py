"""The store that misbehaves does what it is asked to, the same every time, here and in another process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import faults
from tests.faults import FaultyFileSystem, environment

WRITE = "import fsspec, sys; fs = fsspec.filesystem('faulty'); [fs.pipe_file(f'{sys.argv[1]}/{n}', b'1') for n in range(9)]"


def outcome(tmp_path: Path, **faults) -> list[str]:
    store, said = FaultyFileSystem(**faults), []
    for number in range(60):
        try:
            store.pipe_file(f"{tmp_path}/{number}", b"0123456789")
            said.append(str(len(store.cat_file(f"{tmp_path}/{number}"))))
        except OSError as error:
            said.append(type(error).__name__ + str((tmp_path / str(number)).exists()))
    return said


def test_the_same_seed_does_the_same_harm(tmp_path) -> None:
    harm = {"fail": 0.1, "hang": 0.1, "after": 0.1, "short": 0.3, "seconds": 0.001}
    first, again, other = (outcome(tmp_path / str(n), seed=seed, **harm) for n, seed in enumerate([1, 1, 2]))
    assert first == again != other
    assert {"ConnectionResetErrorTrue", "ConnectionResetErrorFalse", "TimeoutErrorFalse", "10"} <= set(first)
    assert any(word.isdigit() and int(word) < 10 for word in first)


def test_new_objects_and_lists_lag(tmp_path, monkeypatch) -> None:
    passed = [0.0]
    monkeypatch.setattr(faults, "time", SimpleNamespace(time=lambda: time.time() + passed[0]))
    store = FaultyFileSystem(lag=200, listing_lag=400)
    store.pipe_file(f"{tmp_path}/a", b"1")
    assert not store.exists(f"{tmp_path}/a")
    passed[0] += 250
    assert store.exists(f"{tmp_path}/a") and store.find(str(tmp_path)) == []
    passed[0] += 200
    assert store.find(str(tmp_path)) == [f"{tmp_path}/a"]
    store.rm_file(f"{tmp_path}/a")
    assert store.find(str(tmp_path)) == [f"{tmp_path}/a"] and not store.exists(f"{tmp_path}/a")
    passed[0] += 450
    assert store.find(str(tmp_path)) == []


def test_the_store_is_away_for_a_while(tmp_path) -> None:
    store = FaultyFileSystem(away=(2, 3))
    store.pipe_file(f"{tmp_path}/a", b"1")
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            store.cat_file(f"{tmp_path}/a")
    assert store.cat_file(f"{tmp_path}/a") == b"1"


@pytest.mark.parametrize("seed", range(3))
def test_another_process_is_killed_at_a_change(tmp_path, seed) -> None:
    words = [sys.executable, "-c", WRITE, str(tmp_path / "store")]
    ended = subprocess.run(words, env={**os.environ, **environment(tmp_path / "entry", kill=4, seed=seed)}, check=False)
    assert ended.returncode == -9
    assert len(FaultyFileSystem().find(str(tmp_path / "store"))) in {3, 4}
