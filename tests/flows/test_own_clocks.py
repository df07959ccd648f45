"""What `flows.clocks` says of the machines that record."""

from __future__ import annotations

import socket
import time

import pytest

from components.clocks.kernel import Kept
from components.clocks.own import Own
from components.database import clocks, own_clocks
from components.database.clocks import Reading
from components.database.database import Database
from flows import _own_clocks
from flows.clocks import clocks as run

SECOND = 10**9
NAME = f"our own clock ({socket.gethostname()})"


@pytest.fixture
def database(runs) -> Database:
    found = Database(f"sqlite:///{runs}/wardflow.db")
    now = time.time_ns()
    there = [Reading(camera, "right", "so it is", 5, 0.0, 9, now, now, "stream", 3 * SECOND) for camera in ("hall", "ward")]
    clocks.report(found, "r", there)
    return found


def test_a_clock_that_ntp_keeps_is_shown_and_needs_no_words(database, capsys):
    own_clocks.report(database, "r", Own(Kept(True, 12_000_000)))
    _, bad, notes = _own_clocks.shown(database, time.time_ns(), 300)
    assert bad == {} and notes == [] and "our own clocks" in capsys.readouterr().out


def test_one_that_nobody_keeps_is_said_and_is_no_fault(database):
    own_clocks.report(database, "r", Own(Kept(False)))
    summary = run([])
    assert summary.ok and f"{NAME}: not synchronised" in summary.note
    assert "hall, ward stepped together by +3.0 s" in summary.note, "what cameras have in common is said with it"


def test_recorded_times_that_are_away_from_it_are_a_fault_while_somebody_records(database, monkeypatch):
    own_clocks.report(database, "r", Own(Kept(True, 0), 4 * SECOND, 1, 4 * SECOND, time.time_ns()))
    summary = run([])
    assert not summary.ok and "recorded times are 4.0 s behind it" in summary.failures[NAME]
    later = time.time_ns() + 600 * SECOND
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert run([]).ok
