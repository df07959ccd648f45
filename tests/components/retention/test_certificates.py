from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import RetentionEventRow
from components.retention.certificates import export, missing, verify
from components.retention.chain import events, head
from components.retention.sweep import sweep
from components.storage.storage import Storage
from tests.components.retention.conftest import LATER
from tests.components.retention.test_sweep import POLICY, nobody


@pytest.fixture
def swept(filled: Storage, database: Database) -> str:
    return sweep(filled, database, POLICY, users=nobody, now=LATER).sweep


def test_the_same_certificate_however_often_it_is_exported(filled: Storage, database: Database, swept: str) -> None:
    path = f"certificates/{swept}.json"
    first = filled.read(path)
    assert export(filled, database, swept) == path and filled.read(path) == first
    content = json.loads(first)
    assert content["about"]["status"] == "completed"
    assert content["events"] == list(events(database, sweep=swept)) and content["events"][-1]["kind"] == "swept"


def test_one_that_was_lost_is_missed(filled: Storage, database: Database, swept: str) -> None:
    assert missing(filled, database) == []
    filled.remove(f"certificates/{swept}.json")
    assert missing(filled, database) == [swept]
    with pytest.raises(InputError, match="there is no sweep 'none'"):
        export(filled, database, "none")


def test_a_chain_that_was_cut_off_at_its_end_does_not_fit_the_certificate(
    filled: Storage, database: Database, swept: str
) -> None:
    number, _ = head(database)
    with database.session() as session:
        session.execute(delete(RetentionEventRow).where(RetentionEventRow.number >= number - 1))
    assert verify(filled, database) == [
        f"certificates/{swept}.json has other events than the database: numbers {number - 1}, {number}"
    ]


def test_an_edit_and_a_damaged_certificate_are_named(filled: Storage, database: Database, swept: str) -> None:
    assert verify(filled, database) == []
    with database.session() as session:
        number = session.scalars(select(RetentionEventRow.number).where(RetentionEventRow.kind == "deleted")).first()
        session.execute(update(RetentionEventRow).where(RetentionEventRow.number == number).values(sha256="0" * 64))
    filled.write(f"certificates/{swept}.json", b'{"about')
    edited, damaged = verify(filled, database)
    assert f"row {number} (deleted " in edited and edited.endswith("was edited")
    assert damaged == f"certificates/{swept}.json is damaged"


def test_nothing_to_verify(tmp_path: Path, database: Database) -> None:
    assert verify(Storage(str(tmp_path / "empty")), database) == []
