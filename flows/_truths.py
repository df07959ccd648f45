"""What a track run has seen beside what was really there, camera by camera."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import InputError, Truth
from components.evaluation.tracks import Boxes, Scene
from flows import _wiring

Period = tuple[int, int]  # first and last fleet time, ns


def scenes(spec: Mapping[str, Any]) -> tuple[dict[str, Scene], int]:
    """One scene per camera whose truth is known, and how many frames are left out because the model was trained on their time."""
    from components.storage.sightings import read_frames, read_sightings

    storage = _wiring.make(spec["config"]["storage"])
    frames, tracked = read_frames(storage, spec["run_key"]), read_sightings(storage, spec["run_key"]).to_pydict()
    truths, least = _truths(spec, storage, frames), spec["config"]["min_visibility"]
    trained = _trained(spec, storage)
    found, left_out = {}, 0
    for camera, truth in truths.items():
        seen = {row["frame"]: row["time"] for row in frames.to_pylist() if row["camera"] == camera}
        fresh = [frame for frame, time in seen.items() if not _inside(time, trained.get(camera)) and frame in truth]
        left_out += len(seen) - len(fresh)
        if fresh:
            visible = 0.0 if spec["config"]["ground_truth"] else least
            found[camera] = Scene(_boxes(tracked, camera), Boxes.of_truth(truth, min_visibility=visible), sorted(fresh))
    if not found:
        raise InputError(
            f"run {spec['run_key']}: there is no frame to judge it by: {left_out} of its frames are of the time that its model "
            "was trained on, or nothing is known about them; track other footage, or give ground_truth=FILE"
        )
    return found, left_out


def site(spec: Mapping[str, Any]) -> dict[str, float]:
    """Figures of the whole site, of who is seen by cameras whose time the model was not trained on; none without true names."""
    from components.evaluation.site import evaluate_site, moments_of
    from components.storage.positions import positions_in_order
    from components.storage.sightings import read_frames

    storage, step = _wiring.make(spec["config"]["storage"]), _wiring.make(spec["config"]["association"]).step
    truths = {} if spec["config"]["ground_truth"] else _truths(spec, storage, read_frames(storage, spec["run_key"]))
    trained = _trained(spec, storage)
    fresh = [
        {frame: truth for frame, truth in known.items() if not _inside(truth.time, trained.get(camera))}
        for camera, known in truths.items()
    ]
    staff = {person["id"] for person in spec["config"]["fleet"]["staff"]}
    moments = moments_of(fresh, step=step, staff=staff)
    positions = (
        position
        for position in positions_in_order(storage, spec["run_key"])
        if any(camera in truths and not _inside(position.time, trained.get(camera)) for camera in position.cameras)
    )
    return evaluate_site(positions, moments, step=step).metrics() if moments else {}


def _truths(spec: Mapping[str, Any], storage: Any, frames: Any) -> dict[str, dict[int, Truth]]:
    """By camera and frame index: from the file that was given, else what the simulated cameras recorded of themselves."""
    from components.database.segments import Segments
    from components.labels.mot import read_mot
    from components.storage.truth import truth_of_frames

    file = spec["config"]["ground_truth"]
    if not file:
        segments = Segments(_wiring.make(spec["config"]["database"])).of(spec["cameras"])
        return truth_of_frames(storage, segments, frames)
    if len(spec["cameras"]) != 1:
        raise InputError(
            f"ground_truth={file} is of one camera, the run has {', '.join(spec['cameras'])}; track one camera with only=[...]"
        )
    camera = spec["cameras"][0]
    return {camera: read_mot(Path(file), frames=spec["totals"][camera] or None)}


def _trained(spec: Mapping[str, Any], storage: Any) -> dict[str, Period]:
    """The time that the run's model has been trained or chosen on, by camera."""
    from components.datasets.dataset import StoredDataset

    if not spec["dataset"] or not storage.exists(f"datasets/{spec['dataset']}/dataset.json"):
        return {}
    periods: dict[str, Period] = {}
    for batch in StoredDataset(spec["dataset"], storage=storage).rows.batches(["camera", "time", "split"]):
        for camera, time, split in zip(*(batch[name].to_pylist() for name in ("camera", "time", "split")), strict=True):
            if split in {"train", "val"}:
                first, last = periods.get(camera, (time, time))
                periods[camera] = (min(first, time), max(last, time))
    return periods


def _inside(time: int, period: Period | None) -> bool:
    return period is not None and period[0] <= time <= period[1]


def _boxes(tracked: Mapping[str, list[Any]], camera: str) -> Boxes:
    rows = [i for i, name in enumerate(tracked["camera"]) if name == camera]
    column = {name: np.array([tracked[name][i] for i in rows]) for name in ("frame", "track", "x1", "y1", "x2", "y2", "x", "y")}
    boxes = np.stack([column[name] for name in ("x1", "y1", "x2", "y2")], axis=1).astype(np.float64).reshape(-1, 4)
    floor = np.stack([column["x"], column["y"]], axis=1).astype(np.float64).reshape(-1, 2)
    return Boxes(column["frame"].astype(np.int64), column["track"].astype(np.int64), boxes, floor, np.zeros(len(rows), np.bool_))
