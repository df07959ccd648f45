"""From a frame forward: the datasets, models, sightings, positions and stays that it went into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.audit import footage, predictions
from components.audit.predictions import Prediction
from components.audit.trail import Link, Trail
from components.contracts import InputError
from flows import _tables, _wiring


def ahead(config: Mapping[str, Any], camera: str, time: int) -> list[Link]:
    """All that is known to stand on the frame of `camera` at fleet time `time` (ns). Raises InputError where nothing does."""
    storage, database, ledger = (_wiring.make(config[name]) for name in ("storage", "database", "ledger"))
    trail = Trail()
    if segment := _holding(database, camera, time):
        trail.follow("segment", lambda: footage.segment_link(storage, segment))
    datasets = list(_datasets(storage, camera, time))
    trail.links += datasets
    trail.links += list(_models(ledger, {link.thing: link.facts for link in datasets}))
    trail.links += list(_sightings(storage, database, camera, time))
    if not trail.links:
        raise InputError(f"frame={camera}-{time}: no footage, dataset or track run has camera {camera} at {_tables.moment(time)}")
    return trail.links


def _holding(database: Any, camera: str, time: int) -> Any:
    """The segment that the frame is from."""
    from sqlalchemy import select

    from components.database.schema import SegmentRow

    at = (SegmentRow.camera == camera, SegmentRow.start <= time, SegmentRow.end > time)
    with database.session() as session:
        row = session.scalars(select(SegmentRow).where(*at)).first()
        sha256, start = (row.sha256, row.start) if row else ("", 0)
    return next((one for one in footage.known(database, camera, sha256) if one.start == start), None) if sha256 else None


def _datasets(storage: Any, camera: str, time: int) -> Iterator[Link]:
    """Every dataset in the store that sampling took the frame into, kept or rejected."""
    from components.datasets.dataset import StoredDataset

    for path in storage.list("datasets"):
        parts = path.split("/")
        if parts[-1] != "manifest.parquet" or len(parts) != 3:
            continue
        try:
            dataset = StoredDataset(parts[1], storage=storage)
            row = _row(dataset, camera, time)
            if row is not None:
                yield _in_dataset(dataset, row)
        except InputError as error:
            yield Link("dataset", parts[1], "broken", str(error))


def _row(dataset: Any, camera: str, time: int) -> dict[str, Any] | None:
    for batch in dataset.rows.batches(dataset.rows.schema.names, camera=camera, since=time, until=time + 1):
        if batch.num_rows:
            row: dict[str, Any] = batch.slice(0, 1).to_pylist()[0]
            return row
    return None


def _in_dataset(dataset: Any, row: Mapping[str, Any]) -> Link:
    if row["reason"] != "kept":
        return Link("dataset", dataset.digest, "verified", f"rejected as {row['reason']}: nothing was learned from it", row)
    dataset.frame(row)  # raises where the bytes are not those of the manifest
    label = f"label of {row['people']} people" if row["labelled"] else "no label"
    labels = f" from set {row['label_set'][:12]}" if row["label_set"] else ""
    return Link(
        "dataset", dataset.digest, "verified", f"in split {row['split']}, {label}{labels}; bytes as the manifest says", row
    )


def _models(ledger: Any, datasets: Mapping[str, Mapping[str, Any]]) -> Iterator[Link]:
    """Versions that were made of those datasets: what they learned from the frame depends on its split."""
    used = {"train": "it learned from this frame", "val": "this frame helped to choose its best epoch"}
    for one in ledger.lineages():
        row = datasets.get(one.dataset)
        if row and row["reason"] == "kept":
            what = used.get(row["split"], "it has not seen this frame") if row["labelled"] else "the frame had no label"
            names = f" ({', '.join(one.aliases)})" if one.aliases else ""
            yield Link("model", one.model, "verified", f"{what}{names}", {"dataset": one.dataset, "run": one.run})


def _sightings(storage: Any, database: Any, camera: str, time: int) -> Iterator[Link]:
    for run in predictions.runs_with(storage, camera, time):
        listed = predictions.looked_at(storage, run, camera, time)
        if listed is None:
            continue
        rows = predictions.seen_at(storage, run, camera, time)
        agrees = listed["people"] == len(rows)
        says = f"run {run} looked at it and saw {listed['people']} people"
        yield Link("run", run, "verified" if agrees else "broken", says if agrees else f"{says}; {len(rows)} sightings are there")
        for row in rows:
            wanted = Prediction(run, camera, row["track"], row["time"])
            yield _seen(wanted, row)
            yield from _consequences(storage, database, wanted)


def _seen(wanted: Prediction, row: Mapping[str, Any]) -> Link:
    says = f"{row['person']} ({row['confidence']:.2f}) in {row['zone']}"
    return Link("sighting", str(wanted), "verified", says, row)


def _consequences(storage: Any, database: Any, wanted: Prediction) -> Iterator[Link]:
    """The position on the floor that the sighting was part of, and the stay that this position is in."""
    from sqlalchemy import select

    from components.database.schema import PresenceRow

    place = predictions.position(storage, wanted)
    if place is None:
        return
    says = f"{place['person']} at x {place['x']:.2f} m, y {place['y']:.2f} m, seen by {', '.join(place['cameras'])}"
    yield Link("position", place["identity"], "verified", says, place)
    during = (PresenceRow.entered <= place["time"], PresenceRow.left >= place["time"])
    with database.session() as session:
        query = select(PresenceRow).where(PresenceRow.run == wanted.run, PresenceRow.identity == place["identity"], *during)
        for row in session.scalars(query):
            stay = f"{row.person} in {row.zone} from {_tables.moment(row.entered)} to {_tables.moment(row.left)}"
            yield Link("presence", row.identity, "verified", stay)
