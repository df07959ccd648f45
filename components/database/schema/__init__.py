"""The tables, grouped by what they are about: what IT audits and what the dashboard reads.

A new table goes into the module of its subject, or into a new one, and is imported here. Text in a key or an index is a `Name`,
longer text is `words(1024)`. `python -m components.database.migrations` then writes it into the migrations.
"""

from __future__ import annotations

from components.database.schema.base import Base, Name, Nanoseconds, words
from components.database.schema.charge import ChargeRow
from components.database.schema.datasets import DatasetRow, GapRow, SegmentRow
from components.database.schema.facts import CrossingRow, HeatRow, OccupancyRow, PresenceRow, TransitionRow, WatchedRow
from components.database.schema.labels import CameraProposalRow, LabelSetRow
from components.database.schema.live import CameraClock, CameraHealth, LatestSighting, OwnClockRow, PositionRow, SpoolRow
from components.database.schema.locks import LockRow
from components.database.schema.registry import CameraVersion, ZoneRow
from components.database.schema.retention import DeletionRow, RetentionEventRow, RetentionSweepRow
from components.database.schema.runs import RunRow, StepRow
from components.database.schema.staff import AssignmentRow, DepartmentRow, RoleRow, ShiftRow, StaffMember
from components.database.schema.sums import FlowDay, HeatDay, SpanRow, ZoneDay, ZoneHour
from components.database.schema.viewings import ViewingRow

__all__ = [
    "AssignmentRow",
    "Base",
    "CameraClock",
    "CameraHealth",
    "CameraProposalRow",
    "CameraVersion",
    "ChargeRow",
    "CrossingRow",
    "DatasetRow",
    "DeletionRow",
    "DepartmentRow",
    "FlowDay",
    "GapRow",
    "HeatDay",
    "HeatRow",
    "LabelSetRow",
    "LatestSighting",
    "LockRow",
    "Name",
    "Nanoseconds",
    "OccupancyRow",
    "OwnClockRow",
    "PositionRow",
    "PresenceRow",
    "RetentionEventRow",
    "RetentionSweepRow",
    "RoleRow",
    "RunRow",
    "SegmentRow",
    "ShiftRow",
    "SpanRow",
    "SpoolRow",
    "StaffMember",
    "StepRow",
    "TransitionRow",
    "ViewingRow",
    "WatchedRow",
    "ZoneDay",
    "ZoneHour",
    "ZoneRow",
    "words",
]
