"""What a sweep or an erasure has done, as a file that can be handed over, and the comparison with the chain."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import RetentionSweepRow
from components.retention.chain import broken, events
from components.retention.items import CERTIFICATES
from components.storage.storage import Storage

ROW = ("id", "kind", "status", "started", "finished", "task", "files", "bytes", "problem")


def export(storage: Storage, database: Database, sweep: str) -> str:
    """Write the certificate of a sweep or an erasure into the store; returns its path. Again is the same file."""
    path = f"{CERTIFICATES}/{sweep}.json"
    with tempfile.TemporaryDirectory(prefix="wardflow-certificate-") as folder:
        file = Path(folder) / "certificate.json"
        with file.open("w") as out:
            out.write('{"about": ' + json.dumps(_row(database, sweep), sort_keys=True) + ',\n"events": [\n')
            for number, event in enumerate(events(database, sweep=sweep)):
                out.write((",\n" if number else "") + json.dumps(event, sort_keys=True))
            out.write("\n]}\n")
        storage.put(file, path)
    return path


def missing(storage: Storage, database: Database) -> list[str]:
    """Those that are finished and were killed before their certificate was written."""
    there = set(storage.list(CERTIFICATES))
    finished = select(RetentionSweepRow.id).where(RetentionSweepRow.finished.is_not(None))
    with database.session() as session:
        return [sweep for sweep in session.scalars(finished) if f"{CERTIFICATES}/{sweep}.json" not in there]


def verify(storage: Storage, database: Database) -> list[str]:
    """Whether the chain is whole, and whether every certificate in the store says what the chain says; what does not fit."""
    problems = broken(database)
    digests = {event["number"]: event["digest"] for event in events(database)}
    for path in storage.list(CERTIFICATES):
        try:
            listed = json.loads(storage.read(path))["events"]
        except (ValueError, KeyError, TypeError):
            problems.append(f"{path} is damaged")
            continue
        wrong = [event["number"] for event in listed if digests.get(event["number"]) != event["digest"]]
        if wrong:
            problems.append(f"{path} has other events than the database: numbers {', '.join(map(str, wrong[:10]))}")
    return problems


def _row(database: Database, sweep: str) -> dict[str, Any]:
    with database.session() as session:
        row = session.get(RetentionSweepRow, sweep)
        if row is None:
            raise InputError(f"there is no sweep {sweep!r}")
        return {name: getattr(row, name) for name in ROW}
