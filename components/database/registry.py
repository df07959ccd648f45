"""The registry: which cameras there are and were, the floor they look at, and who is on the roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

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
        row = {"site": site, "location": camera.location, "homography": [list(line) for line in camera.homography]}
        row["calibration"] = asdict(camera.calibration) if camera.calibration else None  # type: ignore[assignment]

        def enter(session: Session) -> bool:
            rows = session.scalars(select(CameraVersion).where(CameraVersion.id == camera.id)).all()
            current = next((row for row in rows if row.valid_until is None), None)
            if current and current.version == camera.version:
                current.valid_from = min(current.valid_from, valid_from)
                return False
            if current:
                current.valid_until = valid_from
            session.merge(CameraVersion(id=camera.id, version=camera.version, **row, valid_from=valid_from, valid_until=None))
            return True

        return self._database.apply(enter)

    def set_floor(self, site: str, zones: Sequence[Zone]) -> None:
        """Replace the zones of `site`."""

        def enter(session: Session) -> None:
            session.execute(delete(ZoneRow).where(ZoneRow.site == site))
            session.add_all(
                ZoneRow(
                    site=site, name=zone.name, kind=zone.kind, polygon=[list(corner) for corner in zone.polygon],
                    departments=list(zone.departments),
                )
                for zone in zones
            )  # fmt: skip

        self._database.apply(enter)

    def set_staff(self, staff: Sequence[Person]) -> None:
        """Add or update people on the roster; nobody is removed."""

        def enter(session: Session) -> None:
            for person in staff:
                session.merge(StaffMember(**asdict(person)))

        self._database.apply(enter)
