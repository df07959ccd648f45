"""Times in which a camera was connected and sent nothing, inside a piece of footage."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from components.database.database import Database
from components.database.schema import GapRow


class Holes:
    """Which of them there were; each counts once however often it is entered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, camera: str, holes: Sequence[tuple[int, int]], reason: str) -> None:
        """From and until when (fleet time, ns) `camera` sent nothing."""

        def enter(session: Session) -> None:
            for start, end in holes:
                session.merge(GapRow(camera=camera, start=start, end=end, reason=reason))

        if holes:
            self._database.apply(enter)
