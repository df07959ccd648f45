from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DeletionRow, PresenceRow, RetentionSweepRow, SegmentRow
from components.retention.certificates import verify
from components.retention.chain import events
from components.retention.erasure import erase, look
from components.retention.items import HOUR
from components.retention.marks import Scope, set_mark
from components.retention.person import read
from components.storage.storage import Storage
from tests.components.retention.conftest import DATASET, TEN, Killing
from tests.components.retention.ward import REQUEST, WHO, fill

FILES = {"features": 1, "sightings": 1, "positions": 1, "raw": 1, "lake": 1}


def _names(storage: Storage) -> dict[str, int]:
    """How often she is named in the files of the hour, by prefix."""
    found: dict[str, int] = {}
    for path in storage.list(""):
        if path.endswith(".parquet") and not path.startswith(("datasets", "features")):
            table = read(storage, path)
            column = next((name for name in ("person", "person_key") if name in table.column_names), None)
            count = table[column].to_pylist().count(WHO) if column else 0
            found[path.split("/")[0]] = found.get(path.split("/")[0], 0) + count
    return {prefix: count for prefix, count in found.items() if count}


def test_a_look_changes_nothing(storage: Storage, database: Database) -> None:
    paths = fill(storage, database)
    before = {path: storage.read(path) for path in storage.list("")}
    found = look(storage, database, REQUEST)
    assert found.files == FILES and found.rows == {"features": 3, "sightings": 3, "positions": 2, "raw": 1, "lake": 1}
    assert found.tables["presences"] == 2 and found.footage == [paths["film"]] and found.footage_bytes
    assert [(each.dataset, len(each.frames)) for each in found.datasets] == [(DATASET, 2)]
    assert {path: storage.read(path) for path in storage.list("")} == before and list(events(database)) == []


def test_erased_and_proven(storage: Storage, database: Database) -> None:
    fill(storage, database)
    dataset = {path: storage.read(path) for path in storage.list("datasets")}
    done = erase(storage, database, REQUEST, footage="keep", run="r1")
    assert done.files == FILES and not done.problems
    assert _names(storage) == {"sightings": 1, "lake": 1}  # of the hour after
    assert {path: storage.read(path) for path in storage.list("datasets")} == dataset
    rewritten = list(events(database, kinds=["rewritten"], sweep=done.id))
    assert len(rewritten) == 5 and all(row["sha256"] != row["detail"]["sha256_after"] for row in rewritten)
    assert {row["path"]: row["detail"]["rows"] for row in events(database, kinds=["rows"])} == {
        "database/presences": 2, "database/transitions": 1, "database/crossings": 1, "database/positions": 1,
        "database/latest_sightings": 1,
    }  # fmt: skip
    (last,) = events(database, kinds=["swept"])
    assert last["detail"]["datasets"] == {DATASET: 2} and last["detail"]["done"]["rewritten sightings"] == 3
    assert json.loads(storage.read(done.certificate))["about"]["kind"] == "erasure" and verify(storage, database) == []
    assert look(storage, database, REQUEST).rows == {}


def test_nothing_that_leads_back_to_the_person_is_left_in_the_record(storage: Storage, database: Database) -> None:
    fill(storage, database)
    done = erase(storage, database, replace(REQUEST, how="pseudonymise"), footage="keep")
    with database.session() as session:
        name = next(who for who in session.scalars(select(PresenceRow.person)) if who.startswith("erased-"))
        task = session.get_one(RetentionSweepRow, done.id).task
    assert set(task) == {"person", "start", "end", "how", "footage"}
    assert name not in storage.read(done.certificate).decode() and name not in json.dumps(list(events(database)))
    assert _names(storage) == {"sightings": 1, "lake": 1}


def test_footage_goes_where_that_is_asked_for(storage: Storage, database: Database) -> None:
    paths = fill(storage, database)
    done = erase(storage, database, REQUEST, footage="delete")
    assert not storage.exists(paths["film"]) and not storage.exists(paths["truth"]) and storage.exists(paths["other"])
    with database.session() as session:
        deleted = [row.path for row in session.scalars(select(SegmentRow)) if row.deleted and row.deleted_by == "erasure"]
    assert deleted == [paths["film"]]
    assert sorted(row["path"] for row in events(database, kinds=["deleted"], sweep=done.id)) == sorted(
        [paths["film"], paths["truth"]]
    )


def test_what_is_held_stays_and_is_named(storage: Storage, database: Database) -> None:
    paths = fill(storage, database)
    set_mark(database, "hold", "case", Scope(cameras=("bay_a",), start=TEN, end=TEN + HOUR), who="Lee", why="complaint")
    before = {path: storage.read(path) for path in storage.list("")}
    assert set(look(storage, database, REQUEST).held) >= {paths["sightings_0"], paths["positions"]}
    done = erase(storage, database, REQUEST, footage="delete")
    assert done.held["database"] == ["case"] and paths["film"] in done.held and done.tables == {}
    after = {path: storage.read(path) for path in storage.list("") if path != done.certificate}
    assert after == before


def test_killed_at_any_write_and_begun_again_there_is_one_record(
    storage: Storage, database: Database, tmp_path: Path, killed_everywhere: Killing
) -> None:
    fill(storage, database)
    database.close()
    saved = tmp_path / "saved"
    saved.mkdir()
    shutil.copytree(tmp_path / "store", saved / "store")
    shutil.copy(tmp_path / "ward.db", saved / "ward.db")

    def fresh() -> None:
        database.close()
        shutil.rmtree(tmp_path / "store")
        shutil.copytree(saved / "store", tmp_path / "store")
        for old in tmp_path.glob("ward.db*"):
            old.unlink()
        shutil.copy(saved / "ward.db", tmp_path / "ward.db")

    times = 0
    for _ in killed_everywhere(lambda: erase(storage, database, REQUEST, footage="delete"), fresh, every=2):
        times += 1
        assert _names(storage) == {"sightings": 1, "lake": 1}
        rewritten = [row["path"] for row in events(database, kinds=["rewritten"])]
        assert len(rewritten) == len(set(rewritten)) == 5
        assert len(list(events(database, kinds=["deleted"]))) == 2
        assert sum(row["detail"]["rows"] for row in events(database, kinds=["rows"])) == 6
        assert {tuple(row["detail"].get("datasets", {}).items()) for row in events(database, kinds=["swept"])} >= {
            ((DATASET, 2),)
        }
        assert verify(storage, database) == []
        with database.session() as session:
            assert session.scalars(select(DeletionRow)).all() == []
            assert {row.status for row in session.scalars(select(RetentionSweepRow))} == {"completed"}
    assert times >= 12


def test_another_one_waits_until_the_interrupted_one_is_finished(
    storage: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(storage, database)

    def away(*_: object) -> None:
        raise InputError("the store does not answer")

    with monkeypatch.context() as patch, pytest.raises(InputError, match="does not answer"):
        patch.setattr(Storage, "write", away)
        patch.setattr("components.retention.erasure._Order.rewrite", away)
        erase(storage, database, REQUEST, footage="keep")
    with pytest.raises(InputError, match=r"another erasure was interrupted: .*'person': 'nurse_1'"):
        erase(storage, database, replace(REQUEST, person="doctor_1"), footage="keep")
    assert erase(storage, database, REQUEST, footage="keep").resumed
    assert not erase(storage, database, replace(REQUEST, person="doctor_1"), footage="keep").resumed
