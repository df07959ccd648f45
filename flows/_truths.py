"""What a track run has seen beside what was really there, camera by camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import InputError, Truth
from components.evaluation.site import SiteFigures, evaluate_site, moments_of
from components.evaluation.track_slices import Footage, roles_of
from components.evaluation.tracks import Boxes, Scene
from flows import _wiring

Period = tuple[int, int]  # first and last fleet time, ns


@dataclass(frozen=True, slots=True)
class Judged:
    """What a track run can be judged by, camera by camera."""

    scenes: dict[str, Scene]
    footage: dict[str, Footage]
    left_out: int  # frames of a time that the model was trained on
    truths: dict[str, dict[int, Truth]]  # by Frame.index, of that time too
    trained: dict[str, Period]


def judged(spec: Mapping[str, Any]) -> Judged:
    """One scene per camera whose truth is known. Raises InputError where there is none."""
    from components.storage.sightings import read_frames, read_sightings

    storage = _wiring.make(spec["config"]["storage"])
    frames, tracked = read_frames(storage, spec["run_key"]), read_sightings(storage, spec["run_key"]).to_pydict()
    truths, least = _truths(spec, storage, frames), spec["config"]["min_visibility"]
    trained = _trained(spec, storage)
    times: dict[str, dict[int, int]] = {camera: {} for camera in truths}
    for camera, frame, time in zip(*(frames[name].to_pylist() for name in ("camera", "frame", "time")), strict=True):
        if camera in times:
            times[camera][frame] = time
    found, footage, left_out = {}, {}, 0
    for camera, truth in truths.items():
        seen = times[camera]
        fresh = [frame for frame, time in seen.items() if not _inside(time, trained.get(camera)) and frame in truth]
        left_out += len(seen) - len(fresh)
        if fresh:
            visible = 0.0 if spec["config"]["ground_truth"] else least
            footage[camera] = Footage(seen, roles_of(truth))
            found[camera] = Scene(_boxes(tracked, camera), Boxes.of_truth(truth, min_visibility=visible), sorted(fresh))
    if not found:
        raise InputError(
            f"run {spec['run_key']}: there is no frame to judge it by: {left_out} of its frames are of the time that its model "
            "was trained on, or nothing is known about them; track other footage, or give ground_truth=FILE"
        )
    return Judged(found, footage, left_out, truths, trained)


def site(spec: Mapping[str, Any], known: Judged) -> SiteFigures | None:
    """Figures of the whole site, of who is seen by cameras whose time the model was not trained on; none without true names."""
    from components.storage.positions import positions_in_order

    storage, step = _wiring.make(spec["config"]["storage"]), _wiring.make(spec["config"]["association"]).step
    truths, trained = {} if spec["config"]["ground_truth"] else known.truths, known.trained
    fresh = [
        {frame: truth for frame, truth in frames.items() if not _inside(truth.time, trained.get(camera))}
        for camera, frames in truths.items()
    ]
    staff = {person["id"] for person in spec["config"]["fleet"]["staff"]}
    moments = moments_of(fresh, step=step, staff=staff)
    positions = (
        position
        for position in positions_in_order(storage, spec["run_key"])
        if any(camera in truths and not _inside(position.time, trained.get(camera)) for camera in position.cameras)
    )
    return evaluate_site(positions, moments, step=step) if moments else None


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
