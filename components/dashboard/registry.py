"""What the database knows: the floor plan, the runs of `track`, the cameras' health and where everybody was last seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select

from components.contracts import UNKNOWN, Position
from components.dashboard.answers import CameraEntry, CameraState, Health, Plan, StaffEntry, ZoneShape
from components.database.conditions import Missing, last_day
from components.database.database import Database
from components.database.runs import at_work
from components.database.schema import CameraHealth, CameraVersion, PositionRow, RunRow, StaffMember, ZoneRow

NEWEST_RUNS = 50
NAMES = ("time", "identity", "person", "role", "confidence", "x", "y", "uncertainty", "zone", "cameras", "reason")
COLUMNS = tuple(getattr(PositionRow, name) for name in NAMES)  # without the tracks, which only the files have


@dataclass(frozen=True, slots=True)
class Tracked:
    """One row of the runs table that belongs to `track`."""

    key: str  # of its positions; empty where it failed early
    status: Literal["running", "completed", "failed"]
    began: int  # by the clock on the wall, ns
    start: int  # fleet time, ns
    end: int  # 0 where it is not known
    site: str  # empty where the run does not say
    words: tuple[str, ...]


class Registry:
    """Read-only questions to `database`. All raise InputError where it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, site: str) -> Plan:
        """The floor plan of `site`."""
        valid = select(CameraVersion).where(CameraVersion.site == site, CameraVersion.valid_until.is_(None))
        with self._database.session() as session:
            zones = session.scalars(select(ZoneRow).where(ZoneRow.site == site).order_by(ZoneRow.name))
            cameras = session.scalars(valid.order_by(CameraVersion.id))
            staff = session.scalars(select(StaffMember).order_by(StaffMember.id)).all()
            return Plan(
                site=site,
                zones=[ZoneShape(name=row.name, kind=row.kind, polygon=row.polygon) for row in zones],
                cameras=[CameraEntry(id=row.id, location=row.location) for row in cameras],
                roles=sorted({row.role for row in staff} - {UNKNOWN}),
                staff=[StaffEntry(id=row.id, role=row.role, department=row.department, shift=row.shift) for row in staff],
            )

    def newest_site(self) -> str:
        """The site of the camera that was registered last, else of a zone; empty where there is neither."""
        newest = select(CameraVersion.site).order_by(CameraVersion.valid_from.desc()).limit(1)
        with self._database.session() as session:
            return session.scalar(newest) or session.scalar(select(ZoneRow.site).limit(1)) or ""

    def tracked(self) -> list[Tracked]:
        """The newest runs of `track`, newest first."""
        query = select(RunRow).where(RunRow.flow == "track").order_by(RunRow.started.desc()).limit(NEWEST_RUNS)
        with self._database.session() as session:
            return [_tracked(row) for row in session.scalars(query)]

    def health(self, site: str) -> Health:
        """The cameras of `site`, and those that no site claims; failed ones first."""
        with self._database.session() as session:
            states = {row.camera: row for row in session.scalars(select(CameraHealth))}
            valid = session.scalars(select(CameraVersion).where(CameraVersion.valid_until.is_(None))).all()
            places = {row.id: row.location for row in valid if row.site == site}
            unclaimed = set(states) - {row.id for row in valid}
            lacks = last_day(session)
            cameras = [
                _state(camera, places.get(camera, ""), states.get(camera), lacks.get(camera, Missing()))
                for camera in sorted({*places, *unclaimed})
            ]
        cameras.sort(key=lambda camera: camera.state != "failed")
        return Health(site=site, cameras=cameras, failed=sum(camera.state == "failed" for camera in cameras))

    def position_runs(self) -> dict[str, tuple[int, str]]:
        """The runs that left positions, each with its newest fleet time in ns and its site."""
        query = select(PositionRow.run, func.max(PositionRow.time), func.max(PositionRow.site)).group_by(PositionRow.run)
        with self._database.session() as session:
            return {run: (int(time), site) for run, time, site in session.execute(query)}

    def positions(self, run: str, since: int) -> list[Position]:
        """Where everybody is in `run`, as far as that is after the fleet time `since` (ns), in order of identity."""
        query = select(*COLUMNS).where(PositionRow.run == run, PositionRow.time > since).order_by(PositionRow.identity)
        with self._database.session() as session:
            return [_position(row._mapping) for row in session.execute(query)]


def _position(row: Mapping[Any, Any]) -> Position:
    return Position(**{**row, "cameras": tuple(row["cameras"]), "tracks": ()})


def _tracked(row: RunRow) -> Tracked:
    summary: dict[str, Any] = row.summary or {}
    return Tracked(
        key=str(summary.get("run_key") or ""),
        status="running" if at_work(row) else "completed" if row.status == "completed" else "failed",
        began=row.started,
        start=int(summary.get("start") or 0),
        end=int(summary.get("end") or 0),
        site=str(summary.get("site") or ""),
        words=tuple(map(str, row.overrides)),
    )


def _state(camera: str, location: str, row: CameraHealth | None, missing: Missing) -> CameraState:
    none = {"last_frame": 0, "frames": 0, "rejected": 0, "dropped": 0, "fps": 0.0, "expected": 0.0}
    row = row or CameraHealth(run="", state="silent", message="", **none)
    state: Literal["ok", "silent", "failed"] = "ok" if row.state == "ok" else "silent" if row.state == "silent" else "failed"
    return CameraState(
        camera=camera, location=location, run=row.run, state=state, message=row.message,
        last_frame_ms=row.last_frame // 1_000_000, frames=row.frames, rejected=row.rejected, dropped=row.dropped,
        fps=row.fps, expected=row.expected, gaps=missing.gaps,
        missing_ms=missing.nanoseconds // 1_000_000, gap_reason=missing.reason,
    )  # fmt: skip
