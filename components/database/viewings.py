"""Who looked at pictures of cameras: the only thing that the dashboard writes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select

from components.database.database import Database
from components.database.schema import ViewingRow


@dataclass(frozen=True, slots=True)
class Viewing:
    """One look at one picture."""

    at: int  # by the clock on the wall, ns
    session: str  # of the browser that signed in
    address: str  # where it was
    camera: str
    moment: int  # fleet time of the picture, ns


class Viewings:
    """The log of looks at pictures. Raises InputError where it cannot be written: then nothing may be shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, *, session: str, address: str, camera: str, moment: int) -> None:
        row = ViewingRow(at=time.time_ns(), session=session, address=address, camera=camera, moment=moment)
        with self._database.session() as connection:
            connection.add(row)

    def newest(self, limit: int = 100) -> list[Viewing]:
        """The last looks, newest first."""
        query = select(ViewingRow).order_by(ViewingRow.at.desc()).limit(limit)
        with self._database.session() as connection:
            return [Viewing(row.at, row.session, row.address, row.camera, row.moment) for row in connection.scalars(query)]
