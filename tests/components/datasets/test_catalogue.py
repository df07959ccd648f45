from __future__ import annotations

from pathlib import Path

import pytest

from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets.catalogue import cameras_of, catalogue, reasons_of
from components.datasets.dataset import StoredDataset
from components.storage.storage import Storage
from tests.made_datasets import SECOND, START, Shot, make, png, shots


def test_what_is_in_a_dataset_camera_by_camera(tmp_path: Path) -> None:
    frames = [*shots(), Shot("a", START + 50 * SECOND, reason="dark"), Shot("b", START + 60 * SECOND, png(1), labelled=False)]
    rows = StoredDataset(make(tmp_path, frames), storage=Storage(str(tmp_path))).rows
    first, second = cameras_of(rows)
    assert (first["camera"], first["kept"], first["rejected"], first["unlabelled"], first["people"]) == ("a", 10, 1, 0, 10)
    assert (first["train"], first["val"], first["test"], first["versions"]) == (6, 2, 2, ["1" * 64])
    assert (first["first"], first["last"]) == (START, START + 50 * SECOND)
    assert (second["kept"], second["unlabelled"], second["train"]) == (11, 1, 7) and second["bytes"] > 11 * 1000
    assert reasons_of(rows) == {"kept": 21, "dark": 1}


@pytest.fixture
def database(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    yield database
    database.close()


def entered(database: Database, digest: str, created: int) -> None:
    with database.session() as session:
        row = {"path": f"datasets/{digest}", "kept": 20, "rejected": 0, "chain_digest": "c" * 64}
        session.add(DatasetRow(digest=digest, created=created, **row))


def test_a_list_has_the_newest_first_and_says_what_is_not_there(tmp_path: Path, database: Database) -> None:
    digest = make(tmp_path, shots())
    entered(database, digest, 5)
    entered(database, "9" * 64, 7)
    gone, there = catalogue(Storage(str(tmp_path)), database)
    assert (there.digest, there.kept, there.frames, there.problem) == (digest, 20, {"train": 12, "val": 4, "test": 4}, "")
    assert (gone.digest, gone.frames) == ("9" * 64, {}) and "no such file" in gone.problem
    (tmp_path / "datasets" / digest / "dataset.json").write_text("{")
    assert "dataset.json is damaged" in catalogue(Storage(str(tmp_path)), database)[1].problem


def test_no_datasets_are_an_empty_list(tmp_path: Path, database: Database) -> None:
    assert catalogue(Storage(str(tmp_path)), database) == []
