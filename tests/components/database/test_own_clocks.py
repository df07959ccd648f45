"""The clock of a machine that records is known to everybody, as each of its processes sees it."""

from __future__ import annotations

import os
import socket
import time

import pytest

from components.clocks.kernel import Kept
from components.clocks.own import Own
from components.database import own_clocks
from components.database.database import Database
from components.database.own_clocks import known, report
from components.database.schema import OwnClockRow

SECOND = 10**9


@pytest.fixture
def database(tmp_path) -> Database:
    return Database(f"sqlite:///{tmp_path}/ward.db")


def test_the_newest_word_of_a_process_counts(database):
    report(database, "r1", Own(Kept(False)))
    report(database, "r1", Own(Kept(True, 12_000_000), 4 * SECOND, 1, 4 * SECOND, 7))
    (said,) = known(database)
    assert (said.machine, said.process, said.state) == (socket.gethostname(), os.getpid(), "fault")
    assert said.own == Own(Kept(True, 12_000_000), 4 * SECOND, 1, 4 * SECOND, 7) and "stepped by +4.000 s" in said.says


def test_who_has_said_nothing_for_minutes_is_gone_and_other_machines_stay(database):
    now = time.time_ns()
    with database.session() as session:
        for machine, process, measured in (
            (socket.gethostname(), 1, now), (socket.gethostname(), 2, now - own_clocks.GONE - SECOND), ("other", 2, 5),
            (socket.gethostname(), 3, now + 7200 * SECOND),
        ):  # fmt: skip
            session.add(
                OwnClockRow(
                    machine=machine, process=process, run="r", state="right", says="", synchronised=None, most=None, behind=0,
                    steps=0, step=0, stepped=0, measured=measured,
                )
            )  # fmt: skip
    report(database, "r1", Own(Kept()))
    assert {(one.machine, one.process) for one in known(database)} == {
        (socket.gethostname(), 1), (socket.gethostname(), os.getpid()), ("other", 2),
    }  # fmt: skip
