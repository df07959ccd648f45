"""One identity per person across the cameras of a site: once, again, and after a loss."""

from __future__ import annotations

from collections import defaultdict

import pytest

from components.contracts import UNKNOWN
from components.storage.positions import positions_in_order
from components.storage.storage import Storage
from flows.track import track
from tests.flows.ward import files, table

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=6", "width=480", "height=270", "fps=5")]
WARD = ["only=[bay_a,corridor]", *SMALL, "detector=hog", "detector.enlarge=1.5", "runner=local"]


def once(*words):
    found = track([*WARD, *words])
    assert not found.failures, found.failures
    return found


@pytest.fixture
def followed(runs):
    return once()


def positions_of(runs, found):
    return list(positions_in_order(Storage(str(runs / "store")), found.details["run_key"]))


def test_a_run_leaves_positions_in_the_store_the_newest_in_the_database_and_facts(runs, followed):
    positions = positions_of(runs, followed)
    assert len(positions) == followed.figures["positions"] > 20
    assert len({position.identity for position in positions}) == followed.figures["identities"] >= 1
    assert [position.time for position in positions] == sorted(position.time for position in positions)
    assert all(position.time % 200_000_000 == 0 and position.cameras and position.zone for position in positions)
    moments = defaultdict(list)
    for position in positions:
        moments[position.time].append(position.identity)
    assert all(len(set(there)) == len(there) for there in moments.values())
    rows = table(runs, "SELECT site, run, identity, time FROM positions")
    newest = {identity for _, _, identity, _ in rows}
    assert rows and newest <= {position.identity for position in positions}
    assert {(site, run) for site, run, _, _ in rows} == {("simulated_ward", followed.details["run_key"])}
    stays = table(runs, "SELECT site, zone, identity, entered, left FROM presences")
    assert stays and {stay[0] for stay in stays} == {"simulated_ward"}
    assert all(entered <= left for *_, entered, left in stays)
    assert {stay[2] for stay in stays} <= {position.identity for position in positions}
    assert {position.person for position in positions} <= {UNKNOWN, *(row[0] for row in table(runs, "SELECT id FROM staff"))}

    before = files(runs / "store")
    again = once()
    assert again.status == "unchanged" and again.figures["positions"] == followed.figures["positions"]
    assert files(runs / "store") == before
    lost = [path for path in before if path.startswith("positions/")]
    for path in lost:
        (runs / "store" / path).unlink()
    once()
    assert lost and files(runs / "store") == before, "made again, and the same"
