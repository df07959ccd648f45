"""What two people have left in a store and a database: nurse_1, who has to go, and doctor_1, who stays."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import insert

from components.contracts import UNKNOWN
from components.database.database import Database
from components.database.schema import CrossingRow, DatasetRow, LatestSighting, PositionRow, PresenceRow, TransitionRow
from components.retention.items import HOUR, SECOND
from components.retention.person import Request
from components.storage import layout, positions, sightings, truth
from components.storage.storage import Storage
from tests.components.retention.conftest import DATASET, RUN, TEN, record

WHO = "nurse_1"
REQUEST = Request(WHO, TEN, TEN + HOUR, "remove")
#        track, person, seconds after TEN
SEEN = [(1, WHO, 0), (1, UNKNOWN, 1), (2, "doctor_1", 1), (3, UNKNOWN, 2), (1, WHO, 3), (1, WHO, 3600)]
THERE = [
    ("p1", WHO, 0, "bay_a/1"),
    ("p1", UNKNOWN, 1, "bay_a/1"),
    ("p2", "doctor_1", 1, "bay_a/2"),
    ("p3", UNKNOWN, 2, "bay_a/3"),
]


def write(storage: Storage, path: str, table: pa.Table) -> None:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    storage.write(path, sink.getvalue())


def empty(schema: pa.Schema, **values: Any) -> dict[str, Any]:
    """A row with nothing in it but `values`."""
    blank = {field.name: "" if field.type == pa.string() else [] if pa.types.is_list(field.type) else 0 for field in schema}
    return {**blank, **values}


def fill(storage: Storage, database: Database) -> dict[str, str]:
    """Everything that is known of the two; the paths by name."""
    film = record(storage, database, "bay_a", TEN)
    other = record(storage, database, "desk", TEN)
    later = record(storage, database, "bay_a", TEN + 2 * HOUR)
    paths = {"film": film, "other": other, "later": later, "truth": layout.truth(film)}
    for hour in (0, 1):
        rows = [(track, person, TEN + at * SECOND) for track, person, at in SEEN if at // 3600 == hour]
        paths[f"sightings_{hour}"] = layout.sightings("bay_a", TEN + hour * HOUR, RUN)
        seen = [
            empty(sightings.SCHEMA, camera="bay_a", track=track, person=person, time=time, role="nurse", reason="badge 7 read")
            for track, person, time in rows
        ]
        write(storage, paths[f"sightings_{hour}"], pa.Table.from_pylist(seen, schema=sightings.SCHEMA))
        looks = [{"camera": "bay_a", "track": track, "time": time, "feature": np.ones(2, np.float16)} for track, _, time in rows]
        paths[f"features_{hour}"] = layout.features("bay_a", TEN + hour * HOUR, RUN)
        write(storage, paths[f"features_{hour}"], pa.Table.from_pylist(looks, schema=sightings.FEATURES))
    where = [
        empty(positions.SCHEMA, identity=name, person=who, time=TEN + at * SECOND, tracks=[view], reason="badge 7 read")
        for name, who, at, view in THERE
    ]
    paths["positions"] = layout.positions(TEN, RUN)
    write(storage, paths["positions"], pa.Table.from_pylist(where, schema=positions.SCHEMA))
    people = [empty(truth.SCHEMA, time=TEN + at, person=who) for at, who in enumerate((WHO, "doctor_1", ""))]
    for path in (film, other, later):
        rows_ = people if path == film else [empty(truth.SCHEMA, time=TEN, person="doctor_1")]
        write(storage, layout.truth(path), pa.Table.from_pylist(rows_, schema=truth.SCHEMA))
    facts = pa.table({"person_key": [WHO, "doctor_1", WHO], "entered_ns": [TEN, TEN, TEN + HOUR]})
    paths["lake"] = "lake/fact_presence/date=2026-03-02/fact_presence.parquet"
    write(storage, paths["lake"], facts)
    write(
        storage, "lake/fact_occupancy/date=2026-03-02/fact_occupancy.parquet", pa.table({"role": ["nurse"], "minute_ns": [TEN]})
    )
    _dataset(storage, database)
    _tables(database)
    return paths


def _dataset(storage: Storage, database: Database) -> None:
    """Five frames: her label, hers without a label, nobody's label, rejected, and long after."""
    labels = [{"people": [WHO, "doctor_1"]}, None, {"people": ["doctor_1"]}, None, {"people": [WHO]}]
    times = [TEN, TEN + 3 * SECOND + SECOND // 4, TEN + 30 * SECOND, TEN, TEN + 2 * HOUR]
    shard, rows = b"", []
    for index, (label, time) in enumerate(zip(labels, times, strict=True)):
        content = json.dumps(label or {}).encode()
        rows.append({
            "key": f"k{index}", "camera": "bay_a", "time": time, "reason": "dark" if index == 3 else "kept", "split": "train",
            "labelled": label is not None, "people": len((label or {}).get("people", ())), "shard": "bay.tar",
            "label_offset": len(shard), "label_size": len(content),
        })  # fmt: skip
        shard += content
    folder = layout.dataset(DATASET)
    storage.write(f"{folder}/bay.tar", shard)
    write(storage, f"{folder}/manifest.parquet", pa.Table.from_pylist(rows))
    with database.session() as session:
        session.add(DatasetRow(digest=DATASET, path=folder, kept=4, rejected=1, chain_digest="c", created=TEN))


def _tables(database: Database) -> None:
    who = [("p1", WHO), ("p1b", WHO), ("p2", "doctor_1"), ("p3", UNKNOWN)]
    same = {"site": "north", "run": RUN, "role": "nurse", "confidence": 0.9}
    stays, ways, lines, now = [], [], [], []
    for number, (identity, person) in enumerate(who):
        at = TEN + (2 * HOUR if identity == "p1b" else number)
        each = {**same, "identity": identity, "person": person}
        stays.append(
            {**each, "entered": at, "left": at + 5, "zone": "a", "department": "x", "expected": "unknown", "open": False}
        )
        ways.append({**each, "left": at, "entered": at + 1, "from_zone": "a", "to_zone": "b"})
        crossing = {name: value for name, value in each.items() if name != "confidence"}
        lines.append({**crossing, "time": at, "line": "door", "direction": "in"})
        now.append({**each, "time": at, "x": 0.0, "y": 0.0, "uncertainty": 0.1, "zone": "a", "cameras": [], "reason": "badge 7"})
    nameless = {**stays[0], "entered": TEN + 50, "left": TEN + 60, "person": UNKNOWN}
    latest = {
        "camera": "bay_a", "track": 1, "run": RUN, "time": TEN, "person": WHO, "role": "nurse", "confidence": 0.9, "x": 0.0,
        "y": 0.0, "uncertainty": 0.1, "zone": "a", "box": [], "reason": "badge 7", "feature": b"ab",
    }  # fmt: skip
    tables = {
        PresenceRow: [*stays, nameless], TransitionRow: ways, CrossingRow: lines, PositionRow: now, LatestSighting: [latest],
    }  # fmt: skip
    with database.session() as session:
        for table, rows in tables.items():
            session.execute(insert(table), rows)
