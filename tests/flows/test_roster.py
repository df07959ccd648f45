"""Staff out of files, as somebody in the hospital's IT enters it."""

from __future__ import annotations

import json

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.staff import Staff
from flows import roster
from tests.components.roster.bundles import WARD

MARCH_2 = 1_772_406_000_000_000_000  # 2026-03-02 00:00 in Berlin
STAFF = "id,role,department,shift,badge\nann,nurse,ICU,07:00-19:00,3\nbob,doctor,Surgery,,four\n"


def test_a_dry_run_then_a_real_one_then_nothing_to_do(runs, tmp_path, command):
    (tmp_path / "staff.csv").write_text(STAFF)
    dry, done, again = (command("roster", f"file={tmp_path}/staff.csv", *words) for words in (["do=dry"], [], []))
    for said in (dry, done, again):
        assert said.returncode == 1 and "line 3" in said.stdout and "badge is 'four'" in said.stdout
    assert "ann: nurse, ICU, 07:00-19:00, badge 3 from" in dry.stdout and "nothing was entered" in dry.stdout
    assert "added      1" in done.stdout and "unchanged  1" in again.stdout


def test_a_fhir_bundle(runs, tmp_path):
    (tmp_path / "ward.json").write_text(json.dumps(WARD))
    words = [f"file={tmp_path}/ward.json", "timezone=Europe/Berlin", "since=2026-01-01", "+codes.roles.224535009=nurse"]
    first, second = roster.roster(words), roster.roster(words)
    assert (first.status, first.figures["added"], first.failures) == ("completed", 5, {})  # two titles, a duty, two shifts
    assert (second.status, second.figures["unchanged"], second.figures["added"]) == ("unchanged", 3, 0)
    database = Database(f"sqlite:///{runs}/wardflow.db")
    (person,) = Staff(database).at(MARCH_2)
    assert (person.id, person.role, person.department, person.badge) == ("ann", "nurse", "Intensive care", 7)
    assert len(Staff(database).dated(MARCH_2, MARCH_2 + 1)["ann"]) == 2
    database.close()


def test_words_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        roster.roster([f"file={tmp_path}/nothing.csv"])
    (tmp_path / "staff.csv").write_text(STAFF)
    with pytest.raises(InputError, match="timezone"):
        roster.roster([f"file={tmp_path}/staff.csv", "timezone=Nowhere/Land"])
    with pytest.raises(InputError, match="rolls"):
        roster.plan([f"file={tmp_path}/staff.csv", "+codes.rolls=x"])
