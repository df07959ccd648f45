"""The registry: which cameras there are and were, the floor they look at, and who is on the roster."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from components.contracts import Camera, Person, Zone
from components.database.database import Database
from components.database.schema import CameraVersion, StaffMember, ZoneRow


class Registry:
    """Ground truth about cameras, zones and staff."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_camera(self, camera: Camera, site: str, valid_from: int) -> bool:
        """Make `camera` the valid version of its id from `valid_from` (fleet time, ns); True where that changed anything.

        The version that was valid until then ends there; an older version that is entered again gets a new validity.
        """
        with self._database.session() as session:
            rows = session.scalars(select(CameraVersion).where(CameraVersion.id == camera.id)).all()
            current = next((row for row in rows if row.valid_until is None), None)
            if current and current.version == camera.version:
                current.valid_from = min(current.valid_from, valid_from)
                return False
            if current:
                current.valid_until = valid_from
            homography = [list(row) for row in camera.homography]
            session.merge(
                CameraVersion(
                    id=camera.id,
                    version=camera.version,
                    site=site,
                    location=camera.location,
                    homography=homography,
                    valid_from=valid_from,
                    valid_until=None,
                )
            )
            return True

    def set_floor(self, site: str, zones: Sequence[Zone]) -> None:
        """Replace the zones of `site`."""
        rows = [
            ZoneRow(site=site, name=zone.name, kind=zone.kind, polygon=[list(corner) for corner in zone.polygon])
            for zone in zones
        ]
        with self._database.session() as session:
            session.execute(delete(ZoneRow).where(ZoneRow.site == site))
            session.add_all(rows)

    def set_staff(self, staff: Sequence[Person]) -> None:
        """Add or update people on the roster; nobody is removed."""
        with self._database.session() as session:
            for person in staff:
                session.merge(
                    StaffMember(
                        id=person.id, role=person.role, department=person.department, shift=person.shift, badge=person.badge
                    )
                )
