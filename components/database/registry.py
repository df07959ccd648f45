"""The registry: which cameras there are and were, the floor they look at, and who is on the roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from components.contracts import Calibration, Camera, Matrix3, Person, Zone
from components.database import locks
from components.database.database import Database
from components.database.schema import CameraVersion, StaffMember, ZoneRow
from components.database.validity import Period, enter, without

Hung = tuple[str, str]  # version and site


@dataclass(frozen=True, slots=True)
class Version:
    """What was true of a camera from when until when (fleet time, ns; until None: still)."""

    camera: Camera
    site: str
    valid_from: int
    valid_until: int | None


class Registry:
    """Ground truth about cameras, zones and staff."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_camera(self, camera: Camera, site: str, valid_from: int, *, valid_until: int | None = None) -> bool:
        """Make `camera` the valid version of its id from `valid_from` (fleet time, ns); True where that changed anything.

        Without `valid_until` it is valid until the version after it begins: in the past, it takes the rest of the time of the
        version that was valid then. With it, that version is split. Footage of a version from before it was known widens it.
        """

        def change(session: Session) -> bool:
            rows = rows_of(session, camera.id)
            periods = enter(periods_of(rows), (camera.version, site), valid_from, valid_until)
            return keep(session, rows, periods, camera)

        return self._database.apply(change)

    def remove_camera(self, camera: str, at: int) -> bool:
        """Nobody hangs there from `at` on, until the next version that is known; True where that changed anything."""

        def change(session: Session) -> bool:
            rows = rows_of(session, camera)
            here = next((period for period in periods_of(rows) if period.holds(at)), None)
            return here is not None and keep(session, rows, without(periods_of(rows), at, here.end))

        return self._database.apply(change)

    def versions(self, camera: str) -> list[Version]:
        """Everything that was ever valid of `camera`, oldest first; an old version that came back is there again."""
        query = select(CameraVersion).where(CameraVersion.id == camera).order_by(CameraVersion.valid_from)
        with self._database.session() as session:
            return [version_of(row) for row in session.scalars(query) if row.valid_until != row.valid_from]

    def at(self, time: int, *, site: str | None = None) -> list[Version]:
        """The cameras as they hung at `time` (fleet time, ns), in order of id; of one site, or of all."""
        query = select(CameraVersion).where(CameraVersion.valid_from <= time, _after(time))
        query = query if site is None else query.where(CameraVersion.site == site)
        with self._database.session() as session:
            return [version_of(row) for row in session.scalars(query.order_by(CameraVersion.id))]

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
                row = {name: value for name, value in asdict(person).items() if name != "shifts"}
                session.merge(StaffMember(**row))

        self._database.apply(enter)


def camera_of(row: CameraVersion) -> Camera:
    known = row.calibration
    calibration = known and Calibration(
        _matrix(known["matrix"]), tuple(known["distortion"]), _matrix(known["rotation"]), tuple(known["translation"]),
        tuple(known["size"]),
    )  # fmt: skip
    return Camera(row.id, row.location, _matrix(row.homography), calibration or None)


def _after(time: int) -> ColumnElement[bool]:
    return or_(CameraVersion.valid_until.is_(None), CameraVersion.valid_until > time)


def rows_of(session: Session, camera: str) -> list[CameraVersion]:
    """All that is known of `camera`, for nobody else to change until the transaction ends."""
    locks.take(session, f"camera {camera}")
    return list(session.scalars(select(CameraVersion).where(CameraVersion.id == camera)))


def periods_of(rows: Sequence[CameraVersion]) -> list[Period[Hung]]:
    found = [Period((row.version, row.site), row.valid_from, row.valid_until) for row in rows]
    return sorted((period for period in found if period.end != period.start), key=lambda period: period.start)


def keep(session: Session, rows: Sequence[CameraVersion], periods: Sequence[Period[Hung]], new: Camera | None = None) -> bool:
    """Make the rows those of `periods`; the last row of a version stays, for what was recorded with it."""
    if list(periods) == periods_of(rows):
        return False
    wanted = {(period.value[0], period.start): period for period in periods}
    known = {row.version: camera_of(row) for row in rows} | ({new.version: new} if new else {})
    lasting = {version for version, _ in wanted}
    for row in rows:
        if period := wanted.pop((row.version, row.valid_from), None):
            row.valid_until, row.site = period.end, period.value[1]
        elif row.version in lasting:
            session.delete(row)
        else:
            row.valid_until = row.valid_from
            lasting.add(row.version)
    session.flush()
    session.add_all(_row(known[version], period) for (version, _), period in wanted.items())
    return True


def _row(camera: Camera, period: Period[Hung]) -> CameraVersion:
    return CameraVersion(
        id=camera.id, version=camera.version, site=period.value[1], valid_from=period.start, valid_until=period.end,
        location=camera.location, homography=[list(line) for line in camera.homography],
        calibration=asdict(camera.calibration) if camera.calibration else None,
    )  # fmt: skip


def version_of(row: CameraVersion) -> Version:
    return Version(camera_of(row), row.site, row.valid_from, row.valid_until)


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix3:
    a, b, c = (tuple(float(value) for value in row) for row in rows)
    return a, b, c  # type: ignore[return-value]
