from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database.database import Database
from components.database.health import Report, report
from components.database.runs import Steps
from components.database.schema import CameraHealth, StaffMember, StepRow

ROOT = Path(__file__).resolve().parents[3]


def _step(key: str) -> StepRow:
    return StepRow(key=key, flow="prepare", name="part", result={"kept": 1}, finished=1)


def _count(database: Database) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(StepRow)) or 0


def test_a_block_that_ends_is_committed(database: Database, url: str) -> None:
    with database.session() as session:
        session.add(_step("a"))
    other = Database(url)
    assert _count(other) == 1
    other.close()


def test_a_block_that_raises_is_undone(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half way"), database.session() as session:
        session.add(_step("a"))
        session.flush()
        raise RuntimeError("half way")
    assert _count(database) == 0


def test_opening_again_keeps_what_is_there(database: Database, url: str) -> None:
    with database.session() as session:
        session.add(_step("a"))
    database.close()
    again = Database(url)
    assert _count(again) == 1
    again.close()


def test_the_same_row_twice_is_refused_in_one_sentence(database: Database) -> None:
    with database.session() as session:
        session.add(_step("a"))
    with pytest.raises(InputError, match="is it a database of wardflow"), database.session() as session:
        session.add(_step("a"))
    assert _count(database) == 1


def test_apply_begins_again_where_somebody_was_first(database: Database, url: str) -> None:
    other, calls = Database(url), list[bool]()

    def enter(session: Session) -> str:
        known = session.get(StepRow, "a") is not None
        calls.append(known)
        if not known:
            with other.session() as rival:  # another process, between the look and the entry
                rival.add(_step("a"))
            session.add(_step("a"))
        return "known" if known else "new"

    assert database.apply(enter) == "known"
    assert calls == [False, True]
    other.close()


def test_apply_does_not_hide_what_fails_every_time(database: Database) -> None:
    def enter(session: Session) -> None:
        session.add(StaffMember(id="p", role=None, department="", shift="", badge=1))

    with pytest.raises(InputError, match=r"staff|role"):
        database.apply(enter)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.service) for kind in ("postgres", "mariadb")])
def test_a_name_that_is_too_long_is_a_sentence(database: Database) -> None:
    with pytest.raises(InputError, match="up to 100 characters"), database.session() as session:
        session.add(StaffMember(id="p" * 101, role="", department="", shift="", badge=1))


def test_texts_that_others_write_are_cut_to_what_there_is_room_for(database: Database) -> None:
    Steps(database, "track").finish("k", "camera, " * 100, {})
    report(database, "r", [Report("cam", 0, 0, 0, 0, "no such file " * 300)])
    with database.session() as session:
        assert len(session.get_one(StepRow, "k").name) == 255
        assert len(session.get_one(CameraHealth, "cam").message) == 2048


def test_many_threads_write_at_once(database: Database) -> None:
    problems: list[Exception] = []

    def write(number: int) -> None:
        try:
            for part in range(5):
                database.apply(lambda session, key=f"{number}-{part}": session.merge(_step(key)))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    _together(threads)
    assert problems == []
    assert _count(database) == 30


def test_many_may_open_a_new_database_at_once(nowhere: str) -> None:
    problems: list[Exception] = []

    def begin() -> None:
        try:
            Database(nowhere).close()
        except Exception as error:
            problems.append(error)

    _together([threading.Thread(target=begin) for _ in range(6)])
    assert problems == []
    database = Database(nowhere)
    assert _count(database) == 0
    database.close()


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_processes_that_open_a_new_database_at_once_all_succeed(nowhere: str) -> None:
    program = "import sys; from components.database.database import Database; Database(sys.argv[1]).close()"
    words = [sys.executable, "-c", program, nowhere]
    processes = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    outcomes = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert outcomes == [("", 0)] * 3


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ward.db", "cannot use 'ward.db'.*such as sqlite:///runs/wardflow.db"),
        ("nothing://x", "cannot use nothing://x: there is no driver nothing"),
        ("sqlite:////proc/nowhere/ward.db", "cannot make the folder"),
    ],
)
def test_a_url_that_cannot_be_used(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Database(url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "ward.db").write_bytes(b"this is a shopping list, not a database " * 50)
    with pytest.raises(InputError, match="is it a database of wardflow"):
        Database(f"sqlite:///{tmp_path}/ward.db")


def test_a_password_is_not_shown() -> None:
    with pytest.raises(InputError, match="check that it is there") as caught:
        Database("postgresql+psycopg://ward:geheim@127.0.0.1:1/ward")
    assert "geheim" not in str(caught.value)


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.session() as writer:
        writer.add(_step("a"))
        writer.flush()
        assert _count(database) == 0
    assert _count(database) == 1


@pytest.mark.service
def test_a_server_that_was_restarted_in_between_is_found_again(postgres_tables: Database) -> None:
    url = postgres_tables.engine.url.render_as_string(hide_password=False)
    database, other = Database(url), Database(url)
    with database.session() as session:
        session.execute(text("SELECT 1"))
    with other.session() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    with database.session() as session:
        assert session.scalar(text("SELECT 1")) == 1
    for one in (database, other):
        one.close()
