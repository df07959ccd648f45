"""A person is erased as people would do it: look first, then erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.storage.storage import Storage
from flows import erase, retain
from tests.components.retention.conftest import DATASET
from tests.components.retention.ward import fill

HOUR = ["person=nurse_1", "since=2026-03-02T10:00", "until=2026-03-02T11:00"]


@pytest.fixture
def storage(runs: Path) -> Iterator[Storage]:
    database = Database(f"sqlite:///{runs}/wardflow.db")
    storage = Storage(str(runs / "store"))
    fill(storage, database)
    database.close()
    yield storage


def test_look_then_erase(storage: Storage, runs: Path) -> None:
    before = {path: storage.read(path) for path in storage.list("")}
    look = erase.erase(HOUR)
    assert look.figures["rows of sightings"] == "3 in 1 files" and look.figures["nothing is touched"]
    assert look.next == f"python -m flows.erase {' '.join(HOUR)} do=erase"
    assert {path: storage.read(path) for path in storage.list("")} == before
    done = erase.erase([*HOUR, "do=erase", "footage=delete"])
    assert done.status == "completed" and done.figures["footage"] == "1 pieces show the person: deleted"
    assert done.figures[f"dataset {DATASET[:12]}"] == "2 frames show the person; trained on it: no registered model"
    report = json.loads(Path(str(done.figures["report"])).read_text())
    assert report["datasets"][0]["frames"] == {"k0": "label", "k1": "sighting"} and len(report["footage"]) == 1
    assert "python -m flows.prepare makes one without that footage" in done.note
    assert retain.retain(["do=verify"]).status == "completed"
    again = erase.erase(HOUR)
    assert not any(name.startswith("rows of") for name in again.figures)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["person=unknown", *HOUR[1:]], "expected the id of somebody on the roster"),
        ([HOUR[0], "since=2026-03-03", "until=2026-03-02"], "since is not before until"),
        ([HOUR[0], "since=monday", HOUR[2]], "since is 'monday'"),
        ([*HOUR, "how=forget"], "how: input should be 'remove' or 'pseudonymise'"),
        (HOUR[:2], "erase needs a value for until"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str) -> None:
    try:
        summary = erase.erase(words)
    except InputError as error:
        assert said in str(error)
    else:
        assert said in "".join(summary.failures.values())
