"""Pictures for those who label them: of a dataset, or of footage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.contracts import Frame, InputError, Progress
from flows import _wiring


def frames(spec: Mapping[str, Any], progress: Progress, *, of: Any = None) -> Iterator[Frame]:
    """Pictures of a dataset, or of footage; only those that a table of labels is `of`."""
    return _dataset_frames(spec, progress) if spec["dataset"] else _footage_frames(spec, progress, of)


def dataset(config: Mapping[str, Any]) -> Any:
    from components.datasets.dataset import StoredDataset, named

    return StoredDataset(named(config["dataset"], _wiring.make(config["database"])), storage=_wiring.make(config["storage"]))


def _dataset_frames(spec: Mapping[str, Any], progress: Progress) -> Iterator[Frame]:
    import numpy as np

    from components.database.registry import Registry
    from components.datasets.picture import decoded

    stored, registry = dataset(spec), Registry(_wiring.make(spec["database"]))
    cameras: dict[tuple[str, str], Any] = {}
    done = 0
    for batch in stored.rows.batches(stored.rows.schema.names):
        for row in batch.to_pylist():
            done += 1
            progress(done, len(stored.rows))
            if row["reason"] != "kept":
                continue
            at = row["camera"], row["camera_version"]
            if at not in cameras:
                cameras |= {(row["camera"], known.camera.version): known.camera for known in registry.versions(row["camera"])}
            if at not in cameras:
                raise InputError(f"{row['key']}: its camera's version {at[1][:12]} is not in the registry; prepare it again")
            image = decoded(stored.frame(row).picture, width=row["width"], height=row["height"])
            yield Frame(
                cameras[at], row["time"], row["index"], row["segment"], row["segment_time"], image,
                np.array(row["to_native"]).reshape(3, 3),
            )  # fmt: skip


def _footage_frames(spec: Mapping[str, Any], progress: Progress, table: Any) -> Iterator[Frame]:
    from components.database.segments import Segments
    from components.labels.review import Wanted
    from components.preprocessing.chain import apply
    from components.sources.recorded import Recorded

    database, storage = _wiring.make(spec["database"]), _wiring.make(spec["storage"])
    cameras = spec["only"] or _cameras(database, table)
    segments = Segments(database).valid(cameras)
    if not segments:
        raise InputError(f"there is no footage of {', '.join(cameras) or 'any camera'}; record it with python -m flows.ingest")
    total, done = sum(segment.frames for segment in segments), 0
    for segment in segments:
        if table is None:
            sampler, chain = _wiring.make(spec["sampling"]), _wiring.make(spec["preprocessing"])
        else:
            times = table.filter(_is(table["camera"], segment.camera.id))["time"].to_pylist()
            sampler, chain = Wanted(times), ()
        for frame in Recorded(segment.camera, segments=[segment], storage=storage).frames(sampler):
            progress(done + frame.index, total)
            if isinstance(result := apply(tuple(chain), frame), Frame):
                yield result
        done += segment.frames


def _cameras(database: Any, table: Any) -> list[str]:
    """Those of a table of labels, or all that hung anywhere."""
    if table is not None:
        return sorted(set(table["camera"].to_pylist()))
    from components.monitoring.footage import filmed

    return filmed(database)


def _is(column: Any, value: str) -> Any:
    import pyarrow.compute as pc

    return pc.equal(column, value)
