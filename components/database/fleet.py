"""A fleet against the registry: what is different, and entering it in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from components.contracts import Camera
from components.database import locks
from components.database.database import Database
from components.database.registry import Registry, Version, keep, periods_of, rows_of, version_of
from components.database.schema import CameraVersion
from components.database.validity import at, enter, without

KEYS = ("location", "homography")  # of a camera, besides its site and its calibration


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a fleet and the registry."""

    camera: str
    kind: Literal["new", "changed", "gone"]
    key: str = ""  # of a changed one: what is different
    before: Any = None
    after: Any = None


def differences(known: Collection[Version], cameras: Sequence[Camera], site: str, *, kept: Collection[str]) -> list[Change]:
    """What `cameras` of `site` are and the `known` versions of one moment are not, in order of id.

    A camera of the site that the fleet has not is gone, but for those `kept`, which are switched off.
    """
    before, wanted = {one.camera.id: one for one in known}, {camera.id: camera for camera in cameras}
    gone = {id_ for id_, one in before.items() if one.site == site} - wanted.keys() - set(kept)
    return [change for id_ in sorted(wanted.keys() | gone) for change in _of(id_, before.get(id_), wanted.get(id_), site)]


def compare(database: Database, site: str, cameras: Sequence[Camera], time: int, *, kept: Collection[str]) -> list[Change]:
    """What entering `cameras` at `time` (fleet time, ns) would change."""
    return differences(Registry(database).at(time), cameras, site, kept=kept)


def apply(database: Database, site: str, cameras: Sequence[Camera], since: int, *, kept: Collection[str]) -> list[Change]:
    """Make `cameras` those of `site` from `since` (fleet time, ns) on, all or none; what that changed, nothing the second time.

    Versions of before end there; those that are known of a later time stay.
    """
    wanted = {camera.id: camera for camera in cameras}

    def change(session: Session) -> list[Change]:
        locks.take(session, f"fleet {site}")
        there = session.scalars(select(CameraVersion.id).where(CameraVersion.site == site).distinct())
        rows = {id_: rows_of(session, id_) for id_ in sorted({*there, *wanted})}
        known = [version_of(row) for ones in rows.values() for row in ones if _holds(row, since)]
        found = differences(known, cameras, site, kept=kept)
        for id_ in sorted({one.camera for one in found}):
            _enter(session, rows[id_], wanted.get(id_), site, since)
        return found

    return database.apply(change)


def _holds(row: CameraVersion, time: int) -> bool:
    return row.valid_from <= time and (row.valid_until is None or time < row.valid_until)


def _of(id_: str, before: Version | None, wanted: Camera | None, site: str) -> list[Change]:
    """Of one camera."""
    if before is None:
        return [Change(id_, "new")]
    if wanted is None:
        return [Change(id_, "gone")]
    old, new = _plain(before.camera, before.site), _plain(wanted, site)
    return [Change(id_, "changed", key, old.get(key), new.get(key)) for key in {**new, **old} if old.get(key) != new.get(key)]


def _plain(camera: Camera, site: str) -> Mapping[str, Any]:
    entry = asdict(camera)
    calibration = {f"calibration.{key}": value for key, value in (entry["calibration"] or {}).items()}
    return {"site": site, **{key: entry[key] for key in KEYS}, **calibration}


def _enter(session: Session, rows: list[CameraVersion], camera: Camera | None, site: str, since: int) -> None:
    periods = periods_of(rows)
    if camera is not None:
        keep(session, rows, enter(periods, (camera.version, site), since), camera)
    elif (here := at(periods, since)) is not None:
        keep(session, rows, without(periods, since, here.end))
