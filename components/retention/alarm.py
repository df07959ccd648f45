"""Whether retention is at work: when the last sweep succeeded, and what is wrong where none did in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from components.database.database import Database
from components.database.schema import RetentionSweepRow

HOUR = 3_600_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is to be said of the sweeps."""

    last: int  # when the last successful one ended, by the wall's clock, ns; 0: there was none
    message: str  # empty: all is well


def overdue(database: Database, interval: int, now: int) -> Alarm:
    """Whether a sweep succeeded within `interval` (ns) before `now`, and none has failed since."""
    sweeps = select(RetentionSweepRow).where(RetentionSweepRow.kind == "sweep")
    with database.session() as session:
        good = sweeps.where(RetentionSweepRow.status == "completed").order_by(RetentionSweepRow.finished.desc()).limit(1)
        last = session.scalars(good).first()
        failed = session.scalars(sweeps.where(RetentionSweepRow.status == "failed").limit(1)).first()
        ended, problem = (last.finished or 0) if last else 0, failed.problem if failed else ""
    return Alarm(ended, _message(ended, problem, interval, now))


def _message(ended: int, problem: str, interval: int, now: int) -> str:
    if problem:
        return f"the newest sweep failed: {problem}"
    if not ended:
        return "there has never been a successful sweep: nothing is deleted, whatever the policy says"
    if now - ended > interval:
        hours = (now - ended) / HOUR
        when = f"{datetime.fromtimestamp(ended / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
        wanted = f"the policy wants one every {interval / HOUR:g} hours"
        return f"the last successful sweep ended {hours:.1f} hours ago ({when}); {wanted}"
    return ""
