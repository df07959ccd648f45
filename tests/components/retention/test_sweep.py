from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DatasetRow, DeletionRow, RetentionSweepRow, SegmentRow
from components.database.segments import Segments
from components.retention.certificates import verify
from components.retention.chain import events
from components.retention.items import DAY, HOUR
from components.retention.marks import Scope, lift_mark, set_mark
from components.retention.policy import Policy, Rule
from components.retention.removal import Remover
from components.retention.sweep import look, sweep
from components.storage.storage import Storage
from tests.components.retention.conftest import DATASET, LATER, TEN, Killing, record

POLICY = Policy((
    Rule(name="incidents", prefix="raw", keep_days=3650, category="incident"), Rule(name="footage", prefix="raw", keep_days=30),
    Rule(name="datasets", prefix="datasets", keep_days=30), Rule(name="sightings", prefix="sightings", keep_days=100),
    Rule(name="positions", prefix="positions", keep_days=7), Rule(name="analysis", prefix="lake", keep_days=None),
    Rule(name="models", prefix="models", keep_days=1),
))  # fmt: skip
SIGNED = {"who": "Lee", "why": "complaint 17"}


def nobody(_: str) -> tuple[str, ...]:
    return ()


def _left(storage: Storage) -> Counter[str]:
    return Counter(path.split("/")[0] for path in storage.list("") if not path.startswith("certificates/"))


def _deleted(database: Database) -> list[str]:
    return [row["path"] for row in events(database, kinds=["deleted"])]


def test_a_look_touches_nothing_and_says_what_would_go(filled: Storage, database: Database) -> None:
    before = filled.list("")
    report = look(filled, database, POLICY, users=nobody, now=LATER)
    assert filled.list("") == before and list(events(database)) == []
    assert {rule: each.files for rule, each in report.due.items()} == {"footage": 8, "datasets": 3, "positions": 1}
    assert report.due["footage"].bytes == sum(map(filled.size, filled.list("raw")))
    assert report.kept == {"sightings": 2, "analysis": 1} and report.idle(POLICY) == ["incidents", "models"]
    assert (report.without_rule, report.without_time) == (1, 1) and report.examples["no rule"] == ["parts/half/bay-00000.tar"]


def test_age_is_that_of_the_fleet_and_to_the_nanosecond(filled: Storage, database: Database) -> None:
    end = TEN + HOUR + 10 * 10**9  # of the newest footage
    just = look(filled, database, POLICY, users=nobody, now=end + 30 * DAY - 1).due["footage"].files
    assert (just, look(filled, database, POLICY, users=nobody, now=end + 30 * DAY).due["footage"].files) == (4, 8)


def test_a_sweep_deletes_what_is_due_and_proves_it(filled: Storage, database: Database) -> None:
    due = [path for path in filled.list("") if path.startswith(("raw/", "datasets/", "positions/"))]
    sizes = {path: filled.size(path) for path in due}
    done = sweep(filled, database, POLICY, users=nobody, now=LATER, run="r1")
    assert _left(filled) == {"sightings": 2, "lake": 2, "parts": 1}
    assert (done.files, done.bytes, done.problems, done.resumed) == (12, sum(sizes.values()), {}, False)
    rows = list(events(database, kinds=["deleted"], sweep=done.sweep))
    assert {row["path"]: row["bytes"] for row in rows} == sizes and {row["run"] for row in rows} == {"r1"}
    assert all(len(row["sha256"]) == 64 and row["rule"] and row["detail"]["spans"] for row in rows)
    films = {row["path"]: row for row in rows if row["path"].endswith(".mkv")}
    with database.session() as session:
        for segment in session.scalars(select(SegmentRow)):
            assert films[segment.path]["sha256"] == segment.sha256 and films[segment.path]["detail"]["digest_of"] == "database"
            assert segment.deleted and segment.deleted_by == "footage"
        assert session.get_one(DatasetRow, DATASET).deleted_by == "datasets"
        assert session.scalars(select(DeletionRow)).all() == []
        row = session.scalars(select(RetentionSweepRow)).one()
        assert (row.status, row.files, row.bytes) == ("completed", 12, done.bytes) and row.finished
    assert Segments(database).of(["bay_a", "desk"]) == []
    certificate = json.loads(filled.read(done.certificate))
    assert certificate["about"]["task"]["rules"] == POLICY.plain()["rules"] and len(certificate["events"]) == 14
    assert verify(filled, database) == []


def test_a_second_sweep_finds_nothing_to_do(filled: Storage, database: Database) -> None:
    sweep(filled, database, POLICY, users=nobody, now=LATER)
    again = sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert (again.files, again.resumed, len(_deleted(database))) == (0, False, 12)


def test_a_hold_keeps_footage_site_wide_files_and_datasets_until_it_is_lifted(filled: Storage, database: Database) -> None:
    set_mark(database, "hold", "case", Scope(cameras=("bay_a",), start=TEN, end=TEN + HOUR), **SIGNED)
    done = sweep(filled, database, POLICY, users=nobody, now=LATER)
    kept = filled.list("raw")
    assert len(kept) == 2 and all(f"camera=bay_a/date=2026-03-02/hour=10/{TEN}" in path for path in kept)
    assert _left(filled)["datasets"] == 3 and _left(filled)["positions"] == 1
    assert done.report.held["case"].files == 6 and done.report.covered["case"] == 6 + 1 + 2 + 1  # sightings, lake, parts
    lift_mark(database, "hold", "case", **SIGNED)
    assert sweep(filled, database, POLICY, users=nobody, now=LATER).files == 6


def test_a_hold_that_comes_while_a_sweep_is_at_work(filled: Storage, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.retention.work import Work

    intend = Work.intend

    def late(self: Work, intents: object) -> None:
        intend(self, intents)  # type: ignore[arg-type]
        set_mark(database, "hold", "late", Scope(prefix="raw"), **SIGNED)

    monkeypatch.setattr(Work, "intend", late)
    done = sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert _left(filled)["raw"] == 8 and sorted(done.withdrawn) == filled.list("raw")
    assert len(list(events(database, kinds=["withdrawn"]))) == 8 and len(_deleted(database)) == 4
    with database.session() as session:
        assert session.scalars(select(DeletionRow)).all() == []


def test_what_is_of_a_class_is_under_the_rule_of_that_class(filled: Storage, database: Database) -> None:
    set_mark(database, "class", "fall", Scope(cameras=("desk",)), category="incident", **SIGNED)
    sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert len(filled.list("raw")) == 4 and all("camera=desk" in path for path in filled.list("raw"))


def test_a_dataset_that_models_use_stays_unless_the_policy_says_so(filled: Storage, database: Database) -> None:
    users = {DATASET: ("model staff_detector/3 (champion)",)}
    done = sweep(filled, database, POLICY, users=lambda name: users.get(name, ()), now=LATER)
    assert _left(filled)["datasets"] == 3 and done.report.in_use == {DATASET: ["model staff_detector/3 (champion)"]}
    strict = Policy((Rule(name="datasets", prefix="datasets", keep_days=30, in_use="delete"),))
    sweep(filled, database, strict, users=lambda name: users.get(name, ()), now=LATER)
    assert _left(filled)["datasets"] == 0
    assert {
        row["detail"].get("used_by", [None])[0] for row in events(database, kinds=["deleted"]) if "datasets" in row["path"]
    } == {"model staff_detector/3 (champion)"}


def test_what_cannot_be_removed_is_named_and_tried_again(
    filled: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn, remove = filled.list("raw")[0], Remover.remove

    def refuse(self: Remover, path: str) -> None:
        if path == stubborn:
            raise InputError("locked until 2030")
        remove(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Remover, "remove", refuse)
        done = sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert done.problems == {stubborn: "locked until 2030"} and filled.list("raw") == [stubborn]
    again = sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert again.sweep == done.sweep and again.resumed and filled.list("raw") == [] and not again.problems
    assert len(_deleted(database)) == len(set(_deleted(database))) == 12


def test_killed_at_any_write_and_begun_again_there_is_one_record(
    filled: Storage, database: Database, tmp_path: Path, killed_everywhere: Killing
) -> None:
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
    for _ in killed_everywhere(lambda: sweep(filled, database, POLICY, users=nobody, now=LATER), fresh):
        times += 1
        assert _left(filled) == {"sightings": 2, "lake": 2, "parts": 1}
        deleted = list(events(database, kinds=["deleted"]))
        assert len(deleted) == len({row["path"] for row in deleted}) == 12
        assert verify(filled, database) == []
        with database.session() as session:
            assert session.scalars(select(DeletionRow)).all() == []
            rows = session.scalars(select(RetentionSweepRow).order_by(RetentionSweepRow.started)).all()
            assert [row.status for row in rows] in (["completed"], ["completed", "completed"])
            assert sum(row.files for row in rows) == 12
    assert times >= 15


def test_a_list_that_still_shows_what_is_gone(filled: Storage, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled.sizes("")
    sweep(filled, database, POLICY, users=nobody, now=LATER)
    monkeypatch.setattr(Storage, "sizes", lambda self, prefix: [each for each in before if "manifest" not in each.path])
    again = sweep(filled, database, POLICY, users=nobody, now=LATER)
    assert (again.files, len(_deleted(database))) == (0, 12)


def test_a_store_that_is_away_fails_the_sweep_and_the_next_takes_it_up(
    filled: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise InputError("the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "sizes", away)
        with pytest.raises(InputError, match="does not answer"):
            sweep(filled, database, POLICY, users=nobody, now=LATER)
    with database.session() as session:
        assert session.scalars(select(RetentionSweepRow)).one().status == "failed"
    assert sweep(filled, database, POLICY, users=nobody, now=LATER).resumed
    record(filled, database, "bay_a", TEN)  # the same footage, recorded again
    assert len(Segments(database).of(["bay_a"])) == 1 and sweep(filled, database, POLICY, users=nobody, now=LATER).files == 2
