"""The ledger of what was in charge: one wins, crashes are ended, later edits are found."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.charges import CHAIN, Charge, Charges
from components.database.database import Database
from components.database.runs import LOST, Runs

SECOND = 1_000_000_000


class Aliases:
    """What a registry of models would know."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    def means(self, model: str, alias: str) -> str:
        return self.known.get((model, alias), "")

    def switch(self, model: str, version: str, alias: str) -> None:
        self.known[model, alias] = version


@pytest.fixture
def database(tmp_path) -> Database:
    return Database(f"sqlite:///{tmp_path}/wardflow.db")


def charge(version: str, before: str = "", **more) -> Charge:
    known = {"kind": "appointed", "model": "staff_detector", "alias": "champion", "cameras": ["a"], "who": "Lee", "why": "better"}
    return Charge(**{**known, "version": version, "before": before, **more})


def test_what_was_in_charge_at_a_moment_by_whom_and_until_when(database):
    aliases, charges = Aliases(), Charges(database)
    charges.appoint(charge("1"), aliases.means, aliases.switch)
    between = time.time_ns()
    charges.appoint(charge("2", "1", who="Kim"), aliases.means, aliases.switch)
    (then,), (now,) = charges.at(between), charges.at(time.time_ns())
    assert (then["version"], then["who"], then["until"]) == ("1", "Lee", now["at"])
    assert (now["version"], now["who"], now["until"], now["before"]) == ("2", "Kim", None, "1")
    assert charges.at(0) == [] and charges.before("staff_detector", "champion", "2") == "1"
    assert [row["kind"] for row in charges.history()] == ["appointed", "intended"] * 2


def test_who_read_before_somebody_else_changed_it_is_refused_and_says_so(database):
    aliases, charges = Aliases(), Charges(database)
    charges.appoint(charge("1"), aliases.means, aliases.switch)
    charges.appoint(charge("2", "1"), aliases.means, aliases.switch)
    with pytest.raises(InputError, match="somebody has made version 2 the champion meanwhile, it was 1"):
        charges.appoint(charge("3", "1"), aliases.means, aliases.switch)
    assert aliases.means("staff_detector", "champion") == "2"
    assert charges.history()[0]["kind"] == "abandoned" and not CHAIN.broken(database)


@pytest.mark.parametrize(("moved", "kind"), [(True, "appointed"), (False, "abandoned")])
def test_a_crash_between_intent_and_fact_is_ended_by_whoever_comes_next(database, monkeypatch, moved, kind):
    aliases, charges = Aliases(), Charges(database)

    class Crash(BaseException):
        pass

    def crash(model: str, version: str, alias: str) -> None:
        if moved:
            aliases.switch(model, version, alias)
        raise Crash

    with pytest.raises(Crash):
        charges.appoint(charge("1"), aliases.means, crash)
    assert charges.repair(aliases.means) == []  # somebody may be at it still
    later = time.time_ns() + 2 * LOST
    monkeypatch.setattr(time, "time_ns", lambda: later)
    (entered,) = charges.repair(aliases.means)
    assert entered["kind"] == kind and "row 1 was never ended" in entered["detail"]["repaired"]
    assert charges.repair(aliases.means) == [] and not CHAIN.broken(database)


def test_who_comes_within_a_minute_of_a_crash_after_the_switch_notes_down_what_was_in_charge_till_then(database):
    aliases, charges = Aliases(), Charges(database)

    class Crash(BaseException):
        pass

    def crash(model: str, version: str, alias: str) -> None:
        aliases.switch(model, version, alias)
        raise Crash

    with pytest.raises(Crash):
        charges.appoint(charge("1"), aliases.means, crash)
    assert [row["version"] for row in charges.open()] == ["1"]
    charges.appoint(charge("2", "1"), aliases.means, aliases.switch)
    appointed = [(row["version"], row["detail"].get("repaired", "")) for row in charges.history() if row["kind"] == "appointed"]
    assert appointed == [("2", ""), ("1", "row 1 was never ended")]
    assert charges.open() == [] and charges.before("staff_detector", "champion", "2") == "1" and not CHAIN.broken(database)


def _appoint(url: str, file: str, version: str) -> None:
    path = Path(file)
    switch = lambda _model, number, _alias: path.write_text(number) and None  # noqa: E731
    try:
        Charges(Database(url)).appoint(charge(version), lambda _m, _a: path.read_text() if path.exists() else "", switch)
    except InputError:
        return


def test_of_many_at_once_one_wins_and_the_chain_stays_whole(database, tmp_path):
    file, context = tmp_path / "alias", multiprocessing.get_context("spawn")
    url = f"sqlite:///{tmp_path}/wardflow.db"
    Charges(database).history()
    crowd = [context.Process(target=_appoint, args=(url, str(file), str(number))) for number in range(1, 5)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join()
    (row,) = Charges(database).at(time.time_ns())
    assert file.read_text() == row["version"] and not CHAIN.broken(database)
    kinds = [row["kind"] for row in Charges(database).history()]
    assert kinds.count("intended") == 4 and kinds.count("appointed") == 1 and kinds.count("abandoned") == 3


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE charges SET who = 'Eve' WHERE number = 2", "row 2 (appointed staff_detector/1) was edited"),
        ("DELETE FROM charges WHERE number = 3", "rows 3 to 3 are missing"),
    ],
)
def test_a_later_edit_is_found(database, tmp_path, statement, says):
    aliases, charges = Aliases(), Charges(database)
    charges.appoint(charge("1"), aliases.means, aliases.switch)
    charges.appoint(charge("2", "1"), aliases.means, aliases.switch)
    with sqlite3.connect(tmp_path / "wardflow.db") as connection:
        connection.execute(statement)
    connection.close()
    assert says in CHAIN.broken(database)[0]


def test_rows_that_are_cut_off_at_the_end_are_missed_by_who_noted_the_head_down(database, tmp_path):
    aliases, charges = Aliases(), Charges(database)
    charges.appoint(charge("1"), aliases.means, aliases.switch)
    number, digest = CHAIN.head(database)
    assert CHAIN.has(database, number, digest)
    with sqlite3.connect(tmp_path / "wardflow.db") as connection:
        connection.execute("DELETE FROM charges WHERE number = 2")
    connection.close()
    assert not CHAIN.broken(database) and not CHAIN.has(database, number, digest)


def test_what_ran_on_footage_of_a_moment(database):
    runs = Runs(database)
    for name, start, end in (("one", 100, 200), ("two", 150, 300)):
        runs.begin(name, "track", [f"fleet={name}"], "", published=False)
        runs.end(
            name,
            "completed",
            {"run_key": name, "model": f"staff_detector/{name}", "start": start, "end": end, "cameras": {name: 1}},
        )
    charges = Charges(database)
    assert [row["run_key"] for row in charges.ran(180)] == ["two", "one"]
    assert [row["run_key"] for row in charges.ran(180, camera="one")] == ["one"]
    assert charges.ran(99) == []


def test_two_rollbacks_in_a_row_go_two_versions_back(database):
    aliases, charges = Aliases(), Charges(database)
    for version, before, detail in (("1", "", {}), ("2", "1", {}), ("3", "2", {}), ("2", "3", {"rollback": True})):
        charges.appoint(charge(version, before, detail=detail), aliases.means, aliases.switch)
    assert charges.before("staff_detector", "champion", "3") == "2"
    assert charges.before("staff_detector", "champion", "2") == "1"
    assert charges.before("staff_detector", "champion", "1") == ""
