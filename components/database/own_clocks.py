"""How the clocks of the machines that record are doing."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from components.clocks.kernel import Kept
from components.clocks.own import Own
from components.clocks.verdict import OwnState, of_own
from components.database.database import Database
from components.database.schema import OwnClockRow

GONE = 300 * 10**9  # ns without a word after which a process is gone


@dataclass(frozen=True, slots=True)
class Said:
    """What a process has said of its machine's clock."""

    machine: str
    process: int
    state: OwnState
    says: str
    own: Own
    measured: int  # by that clock, ns


def report(database: Database, run: str, own: Own) -> None:
    """Replace what this process has said of its machine's clock; what processes have said that are gone goes."""
    machine, process, now = socket.gethostname()[:100], os.getpid(), time.time_ns()
    verdict = of_own(machine, own)
    row = OwnClockRow(
        machine=machine, process=process, run=run, state=verdict.state, says=verdict.says, synchronised=own.kept.synchronised,
        most=own.kept.most, behind=own.behind, steps=own.steps, step=own.step, stepped=own.stepped, measured=now,
    )  # fmt: skip

    def write(session: Session) -> None:
        gone = or_(OwnClockRow.measured < now - GONE, OwnClockRow.measured > now + GONE)
        session.execute(delete(OwnClockRow).where(OwnClockRow.machine == machine, OwnClockRow.process != process, gone))
        session.merge(row)

    database.apply(write)


def known(database: Database) -> list[Said]:
    """What each process of each machine has said last."""
    with database.session() as session:
        return [
            Said(
                row.machine, row.process, row.state, row.says,  # type: ignore[arg-type]
                Own(Kept(row.synchronised, row.most), row.behind, row.steps, row.step, row.stepped), row.measured,
            )
            for row in session.scalars(select(OwnClockRow).order_by(OwnClockRow.machine, OwnClockRow.process))
        ]  # fmt: skip
