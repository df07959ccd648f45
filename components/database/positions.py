"""Where everybody is now: from what the cameras have just seen to what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from components.contracts import Position, Sighting
from components.database.database import Database
from components.database.schema import LatestSighting, PositionRow

COLUMNS = ("camera", "track", "time", "person", "role", "confidence", "x", "y", "uncertainty", "zone", "reason")


def latest_sightings(database: Database, run: str, since: int) -> list[Sighting]:
    """The newest sighting of each track of `run`, as far as that is after `since` (fleet time, ns), in order of time."""
    columns = [getattr(LatestSighting, name) for name in (*COLUMNS, "box", "feature")]
    query = select(*columns).where(LatestSighting.run == run, LatestSighting.time > since).order_by(LatestSighting.time)
    with database.session() as session:
        return [_sighting(*row) for row in session.execute(query)]


def replacing(run: str, site: str, positions: Sequence[Position]) -> Callable[[Session], None]:
    """The change after which everybody of `site` is where `run` says: readers see what was before, or this."""
    rows = [_row(run, site, position) for position in positions]

    def change(session: Session) -> None:
        session.execute(delete(PositionRow).where(PositionRow.site == site))
        if rows:
            session.execute(insert(PositionRow), rows)

    return change


def _sighting(*row: Any) -> Sighting:
    *values, box, feature = row
    return Sighting(
        **dict(zip(COLUMNS, values, strict=True)), camera_version="", frame=0, segment="", segment_time=0, score=0.0,
        box=tuple(box), feature=np.frombuffer(feature, "<f2").astype(np.float32),
    )  # fmt: skip


def _row(run: str, site: str, at: Position) -> dict[str, Any]:
    return {
        "run": run, "identity": at.identity, "site": site, "time": at.time, "person": at.person, "role": at.role,
        "confidence": at.confidence, "x": at.x, "y": at.y, "uncertainty": at.uncertainty, "zone": at.zone,
        "cameras": list(at.cameras), "reason": at.reason[:1024],
    }  # fmt: skip
