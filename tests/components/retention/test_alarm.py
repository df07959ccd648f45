from __future__ import annotations

import time

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.retention.alarm import HOUR, overdue
from components.retention.sweep import sweep
from components.storage.storage import Storage
from tests.components.retention.conftest import LATER
from tests.components.retention.test_sweep import POLICY, nobody


def test_no_sweep_at_all_is_an_alarm(database: Database) -> None:
    alarm = overdue(database, 24 * HOUR, time.time_ns())
    assert alarm.last == 0 and alarm.message.startswith("there has never been a successful sweep")


def test_a_sweep_in_time_is_none_and_one_too_long_ago_is(filled: Storage, database: Database) -> None:
    sweep(filled, database, POLICY, users=nobody, now=LATER)
    last = overdue(database, HOUR, time.time_ns()).last
    assert abs(last - time.time_ns()) < HOUR
    assert overdue(database, HOUR, last + HOUR).message == ""
    message = overdue(database, HOUR, last + 2 * HOUR).message
    assert message.startswith("the last successful sweep ended 2.0 hours ago (") and "wants one every 1 hours" in message


def test_a_sweep_that_failed_is_one_until_it_is_finished(
    filled: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(filled, database, POLICY, users=nobody, now=LATER)

    def away(*_: object) -> None:
        raise InputError("the store does not answer")

    with monkeypatch.context() as patch, pytest.raises(InputError):
        patch.setattr(Storage, "sizes", away)
        sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert overdue(database, 24 * HOUR, time.time_ns()).message == "the newest sweep failed: the store does not answer"
    sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert overdue(database, 24 * HOUR, time.time_ns()).message == ""


def test_an_erasure_is_no_sweep(database: Database) -> None:
    from components.retention.work import Work

    Work(database, "erasure", {"person": "nurse_1"}, run="").finish("", {})
    assert overdue(database, 24 * HOUR, time.time_ns()).last == 0
