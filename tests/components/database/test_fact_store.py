from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from components.database.database import Database
from components.database.schema import OccupancyRow, PresenceRow, WatchedRow
from tests.components.database.stories import MINUTE, NOON, store_of, story, tell


def _known(database: Database) -> list[list[tuple[object, ...]]]:
    with database.session() as session:
        tables = (PresenceRow, OccupancyRow, WatchedRow)
        return [sorted(map(tuple, session.execute(select(table.__table__)))) for table in tables]


def test_it_catches_up_when_the_database_comes_back(tmp_path: Path) -> None:
    calm, hit = (Database(f"sqlite:///{tmp_path}/{name}.db") for name in ("calm", "hit"))
    tell(calm, story(NOON, 12), every=5.0)
    store, file = store_of(hit, every=5.0), tmp_path / "hit.db"
    for time, people in story(NOON, 12):
        if time == NOON + 3 * MINUTE:
            hit.close()
            file.rename(tmp_path / "away")
            file.mkdir()
        if time == NOON + 9 * MINUTE:
            assert "unable to open" in store.problem
            file.rmdir()
            (tmp_path / "away").rename(file)
        store.write(time, people)
    store.close()
    assert store.problem == "" and _known(hit) == _known(calm)
    calm.close()
    hit.close()


def test_files_of_a_run_make_the_same_facts_as_the_live_run(tmp_path: Path) -> None:
    live, later = (Database(f"sqlite:///{tmp_path}/{name}.db") for name in ("live", "later"))
    tell(live, story(NOON, 6), every=5.0)
    positions = [position for _, people in story(NOON, 6) for position in people]
    store_of(later, every=3600.0).record(positions, start=NOON, end=NOON + 8 * MINUTE)
    assert _known(later)[0] == _known(live)[0]
    assert len(_known(later)[2]) == 8 and _known(later)[1] == _known(live)[1]  # two minutes with nobody there
    live.close()
    later.close()
