from __future__ import annotations

import duckdb
import pytest

from components.contracts import InputError
from components.database.database import Database
from flows import lake
from tests.components.database.stories import NOON, story, tell


@pytest.fixture
def told(runs) -> None:
    database = Database(f"sqlite:///{runs}/wardflow.db")
    tell(database, story(NOON, 5, step=2.0))
    database.close()


def test_facts_go_into_the_lake_and_again_into_the_same_files(told, runs) -> None:
    first, second = lake.lake([]), lake.lake(["since=2026-03-05", "until=2026-03-05"])
    assert first.status == "completed" and dict(first.figures) == dict(second.figures)
    assert first.figures["days"] == 1 and "read_parquet" in first.next
    files = f"{runs}/store/lake/fact_presence/*/*.parquet"
    rows = duckdb.sql(
        f"SELECT count(*) FROM read_parquet('{files}', hive_partitioning = true) WHERE date = '2026-03-05'"
    ).fetchall()
    assert rows == [(first.figures["fact_presence"],)] == [(5,)]


def test_a_day_whose_facts_are_gone_loses_its_files(told, runs) -> None:
    lake.lake([])
    database = Database(f"sqlite:///{runs}/wardflow.db")
    tell(database, story(NOON, 6, people=(), step=2.0), run="nobody")
    database.close()
    assert lake.lake(["since=2026-03-05", "until=2026-03-05"]).figures["fact_presence"] == 0
    assert not list((runs / "store" / "lake" / "fact_presence").rglob("*.parquet"))


def test_without_facts_there_is_nothing_to_do() -> None:
    summary = lake.lake([])
    assert summary.status == "unchanged" and "no facts" in summary.note


@pytest.mark.parametrize("word", ["since=yesterday", "until=05.03.2026"])
def test_a_day_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="expected a day such as 2026-03-02"):
        lake.lake([word])
