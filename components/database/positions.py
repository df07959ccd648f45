"""Where everybody is now: what the page shows live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert

from components.contracts import Position
from components.database.database import Database
from components.database.schema import PositionRow


def replace_positions(database: Database, run: str, site: str, positions: Sequence[Position]) -> None:
    """Everybody of `site` is where `run` says, in one transaction: readers see what was before, or this."""
    rows = [_row(run, site, position) for position in positions]
    with database.session() as session:
        session.execute(delete(PositionRow).where(PositionRow.site == site))
        if rows:
            session.execute(insert(PositionRow), rows)


def _row(run: str, site: str, at: Position) -> dict[str, Any]:
    return {
        "run": run, "identity": at.identity, "site": site, "time": at.time, "person": at.person, "role": at.role,
        "confidence": at.confidence, "x": at.x, "y": at.y, "uncertainty": at.uncertainty, "zone": at.zone,
        "cameras": list(at.cameras), "reason": at.reason[:1024],
    }  # fmt: skip
