"""What flows.datasets does and shows, word by word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.contracts import Progress
from flows import _tables, _wiring
from flows._summary import Summary

HOUR = 3_600_000_000_000  # ns
SPLITS = ("train", "val", "test")
COUNTED = ("kept", "rejected", *SPLITS, "unlabelled", "people")


def opened(word: str, storage: Mapping[str, Any], database: Any) -> Any:
    """The dataset that `word` stands for."""
    from components.datasets.dataset import StoredDataset, named

    return StoredDataset(named(word, database), storage=_wiring.make(storage))


def digests(config: Mapping[str, Any], chosen: str, database: Any) -> list[str]:
    from components.datasets.dataset import named

    words = config[chosen] if chosen == "diff" else [config[chosen]]
    return [named(word, database) for word in words]


def listed(storage: Any, database: Any) -> Summary:
    """Every dataset that the database knows, the newest first."""
    from components.datasets.catalogue import catalogue

    entries = catalogue(storage, database)
    heads = ("dataset", "made (UTC)", "kept", "rejected", *SPLITS, "preprocessing", "")
    _tables.show("datasets", heads, map(_entry, entries))
    gone = sum(bool(entry.problem) for entry in entries)
    following = "python -m flows.datasets show=latest" if entries else "python -m flows.prepare"
    details = {"datasets": [asdict(entry) for entry in entries]}
    return Summary("completed", {"datasets": len(entries), "not_in_the_store": gone}, next=following, details=details)


def _entry(entry: Any) -> list[Any]:
    splits = (entry.frames.get(name) for name in SPLITS)
    return [
        entry.digest[:12],
        _second(entry.created),
        entry.kept,
        entry.rejected,
        *splits,
        entry.chain_digest[:12],
        entry.problem,
    ]


def shown(dataset: Any) -> Summary:
    """What one dataset is made of."""
    from components.datasets.catalogue import cameras_of, reasons_of

    cameras, reasons = cameras_of(dataset.rows), reasons_of(dataset.rows)
    heads = ("camera", "version", "first (UTC)", "last (UTC)", *COUNTED, "MB")
    _tables.show(f"dataset {dataset.digest[:12]}", heads, map(_camera, cameras))
    if rejected := [(reason, count) for reason, count in reasons.items() if reason != "kept"]:
        _tables.show("rejected", ("reason", "frames"), rejected)
    figures = {"frames": "kept", "rejected": "rejected", "unlabelled": "unlabelled", "people": "people", "bytes": "bytes"}
    totals: dict[str, Any] = {name: sum(camera[column] for camera in cameras) for name, column in figures.items()}
    steps = [step.get("_target_", "").rsplit(".", 1)[-1] for step in dataset.chain if isinstance(step, dict)]
    return Summary(
        "completed", {"cameras": len(cameras), **totals, "chain": ", ".join(steps) or "none"},
        {"dataset": dataset.digest, "preprocessing": dataset.chain_digest}, next="python -m flows.train",
        details={"cameras": cameras, "reasons": reasons, "about": dataset.about},
    )  # fmt: skip


def _camera(record: Mapping[str, Any]) -> list[Any]:
    versions = ", ".join(version[:8] for version in record["versions"])
    times = (_second(record["first"]), _second(record["last"]))
    return [record["camera"], versions, *times, *(record[name] for name in COUNTED), record["bytes"] / 1e6]


def _second(time: int) -> str:
    return _tables.moment(time)[:19]


def frame(dataset: Any, key: str) -> Summary:
    """One frame: its row of the manifest, checked against its bytes."""
    row = dataset.by_key(key)
    _tables.show(f"frame {key}", ("column", "value"), ((name, str(value)) for name, value in row.items()))
    note = f"rejected: {row['reason']}"
    if row["reason"] == "kept":
        dataset.frame(row)  # raises where the bytes are not those of the manifest
        note = "picture and label are as the manifest says"
    return Summary("completed", {"camera": row["camera"], "time": _tables.moment(row["time"])}, note=note, details={"frame": row})


def _diff(spec: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from components.datasets.dataset import StoredDataset
    from components.datasets.difference import difference

    storage = _wiring.make(spec["storage"])
    a, b = (StoredDataset(digest, storage=storage) for digest in spec["digests"])
    found = difference(a, b, progress=progress)
    hours = [{"camera": camera, "hour": hour * HOUR, **asdict(counts)} for (camera, hour), counts in sorted(found.hours.items())]
    return {
        "digests": {"from": a.digest, "to": b.digest}, "hours": hours, "changes": found.changes, "reasons": found.reasons,
        "recipe": [[key, one, other] for key, one, other in found.recipe], "examples": [list(row) for row in found.examples],
    }  # fmt: skip


def _verify(spec: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from components.datasets.dataset import StoredDataset
    from components.datasets.verification import verify

    (digest,), storage = spec["digests"], _wiring.make(spec["storage"])
    return {"digests": {"dataset": digest}, **asdict(verify(StoredDataset(digest, storage=storage), storage, progress=progress))}


def _export(spec: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from components.datasets.dataset import StoredDataset
    from components.datasets.export import export

    dataset = StoredDataset(spec["digests"][0], storage=_wiring.make(spec["storage"]))
    done = export(dataset, to=spec["to"], folder=Path(spec["folder"]), progress=progress)
    return {"digests": {"dataset": dataset.digest}, **asdict(done)}


WORK: dict[str, Callable[[Mapping[str, Any], Progress], dict[str, Any]]] = {"diff": _diff, "verify": _verify, "export": _export}


def summed(chosen: str, result: dict[str, Any]) -> Summary:
    """The result of a task, shown."""
    return {"diff": _compared, "verify": _verified, "export": _exported}[chosen](result)


def _compared(result: dict[str, Any]) -> Summary:
    kinds = ("added", "removed", "changed", "same")
    uneven = [hour for hour in result["hours"] if hour["added"] or hour["removed"] or hour["changed"]]
    if uneven:
        _tables.show("frames that differ, by camera and hour", ("camera", "hour (UTC)", *kinds), (
            (hour["camera"], _tables.moment(hour["hour"])[:13] + "h", *(hour[kind] for kind in kinds)) for hour in uneven
        ))  # fmt: skip
    if result["changes"]:
        _tables.show("what differs in changed frames", ("what", "frames"), result["changes"].items())
    if result["reasons"]:
        _tables.show("removed because now rejected", ("reason", "frames"), result["reasons"].items())
    if result["examples"]:
        _tables.show(
            "the first of them",
            ("camera", "time (UTC)", "frame"),
            ((c, _tables.moment(t), what) for c, t, what in result["examples"]),
        )
    if result["recipe"]:
        _tables.show(
            "recipes", ("key", "from", "to"), ((key, _plain(one), _plain(other)) for key, one, other in result["recipe"])
        )
    figures = {kind: sum(hour[kind] for hour in result["hours"]) for kind in kinds} | {"recipe_keys": len(result["recipe"])}
    alike = not uneven and not result["recipe"]
    return Summary("completed", figures, result["digests"], note="there is no difference" if alike else "", details=result)


def _plain(value: Any) -> str:
    """Digests are shown by their first digits."""
    return "-" if value is None else re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}\b", r"\1", str(value))


def _verified(result: dict[str, Any]) -> Summary:
    figures = {name: result[name] for name in ("frames", "shards", "bytes", "broken")}
    more = result["broken"] - len(result["first"])
    note = f"and {more:,} more are broken" if more > 0 else ""
    if result["broken"]:
        return Summary(
            "failed", figures, result["digests"], failures=result["first"], note=note or "the dataset is not what its name says",
            details=result, next="python -m flows.prepare",
        )  # fmt: skip
    return Summary("completed", figures, result["digests"], note="every byte is as the manifest says", details=result)


def _exported(result: dict[str, Any]) -> Summary:
    figures = {name: result[name] for name in ("format", "folder", "frames", "boxes", "unlabelled")}
    note = f"{result['unlabelled']:,} frames without a label are left out" if result["unlabelled"] else ""
    return Summary(
        "completed" if result["news"] else "unchanged", figures, result["digests"], note=note, details=result, next=result["read"]
    )
