"""Says how well people were followed and placed, in the field's figures, as TrackEval computes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import CLEAR, HOTA, Identity

from components.contracts import Floats64, Ints, Sighting, Truth
from components.geometry import iou

OVERLAP = 0.5  # least IoU of a box and the person that it stands for, as in MOTChallenge


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one camera, tracked or true. Row i of every column is one box."""

    frames: Ints  # (n,) Frame.index
    ids: Ints  # (n,) of the track or of the person
    boxes: Floats64  # (n, 4) xyxy in native pixels
    floor: Floats64  # (n, 2) metres; NaN where not known
    ignored: NDArray[np.bool_]  # (n,) true boxes that need not be found, and that are no fault when they are

    @classmethod
    def of_sightings(cls, sightings: Sequence[Sighting]) -> Boxes:
        """What the line wrote for one camera."""
        return cls(
            np.array([s.frame for s in sightings], np.int64),
            np.array([s.track for s in sightings], np.int64),
            np.array([s.box for s in sightings], np.float64).reshape(-1, 4),
            np.array([(s.x, s.y) for s in sightings], np.float64).reshape(-1, 2),
            np.zeros(len(sightings), np.bool_),
        )

    @classmethod
    def of_truth(cls, truth: Mapping[int, Truth], *, min_visibility: float = 0.0) -> Boxes:
        """Truth by Frame.index; whoever is not visible to more than `min_visibility` is ignored."""
        rows = [(index, each, i) for index, each in sorted(truth.items()) for i in range(len(each.people))]
        people = {name: i for i, name in enumerate(sorted({each.people[i] for _, each, i in rows}))}
        return cls(
            np.array([index for index, _, _ in rows], np.int64),
            np.array([people[each.people[i]] for _, each, i in rows], np.int64),
            np.array([each.boxes[i] for _, each, i in rows], np.float64).reshape(-1, 4),
            np.array([each.floor[i] for _, each, i in rows], np.float64).reshape(-1, 2),
            np.array([each.visibility[i] <= min_visibility for _, each, i in rows], np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """What is compared for one camera: only `frames` count, the ones that were really processed."""

    tracked: Boxes
    truth: Boxes
    frames: Sequence[int]  # Frame.index of each


@dataclass(frozen=True, slots=True)
class TrackFigures:
    """HOTA (Luiten 2021, mean over its thresholds); at IoU 0.5 CLEAR-MOT (Bernardin 2008) and identity (Ristani 2016) figures."""

    hota: float
    mota: float
    idf1: float
    precision: float
    recall: float
    id_switches: int
    false_positives: int
    false_negatives: int
    position_error_m_median: float | None  # of people found; None where nobody's true place is known
    position_error_m_p95: float | None
    frames: int
    people: int  # true boxes that counted


@dataclass(frozen=True, slots=True)
class TrackReport:
    """The figures of all cameras together, and of each."""

    overall: TrackFigures
    cameras: dict[str, TrackFigures]
    errors: Floats64  # (n,) metres, of the people found whose true place is known

    def metrics(self) -> dict[str, float]:
        """The overall figures by name, without those that are not known; for a ledger or a summary."""
        return known(self.overall)


def known(figures: TrackFigures) -> dict[str, float]:
    """Figures by name, without those that are not known."""
    return {name: float(value) for name, value in asdict(figures).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Moment:
    """What counts in one frame: rows of truth and of tracks, and how much they overlap."""

    true_ids: Ints
    tracks: Ints
    overlap: Floats64  # (true, tracked) IoU
    true_floor: Floats64
    floor: Floats64


def evaluate_tracks(scenes: Mapping[str, Scene]) -> TrackReport:
    """The figures of `scenes` (by camera). Ids count within a camera. The overall figures are what TrackEval makes of
    several sequences: counts are added up, averages are weighted by what they are averages of."""
    moments = {camera: moments_of(scene) for camera, scene in scenes.items()}
    results = {camera: _results(_sequence(each)) for camera, each in moments.items()}
    errors = {camera: np.concatenate([*map(errors_of, each), np.zeros(0)]) for camera, each in moments.items()}
    overall = {name: metric.combine_sequences({c: r[name] for c, r in results.items()}) for name, metric in _metrics().items()}
    everywhere, frames = np.concatenate([*errors.values(), np.zeros(0)]), sum(map(len, moments.values()))
    return TrackReport(
        _figures(overall, everywhere, frames),
        {camera: _figures(results[camera], errors[camera], len(moments[camera])) for camera in scenes},
        everywhere,
    )


def _metrics() -> dict[str, Any]:
    quiet = {"THRESHOLD": OVERLAP, "PRINT_CONFIG": False}
    return {"hota": HOTA(), "clear": CLEAR(quiet), "identity": Identity(quiet)}


def _results(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: metric.eval_sequence(data) for name, metric in _metrics().items()}


def _figures(results: dict[str, dict[str, Any]], errors: Floats64, frames: int) -> TrackFigures:
    clear = results["clear"]
    return TrackFigures(
        hota=float(np.mean(results["hota"]["HOTA"])),
        mota=float(clear["MOTA"]),
        idf1=float(results["identity"]["IDF1"]),
        precision=float(clear["CLR_Pr"]),
        recall=float(clear["CLR_Re"]),
        id_switches=int(clear["IDSW"]),
        false_positives=int(clear["CLR_FP"]),
        false_negatives=int(clear["CLR_FN"]),
        position_error_m_median=float(np.median(errors)) if len(errors) else None,
        position_error_m_p95=float(np.percentile(errors, 95)) if len(errors) else None,
        frames=frames,
        people=int(clear["CLR_TP"] + clear["CLR_FN"]),
    )


def moments_of(scene: Scene) -> list[Moment]:
    """What counts in each of the frames of `scene`, in order."""
    frames = np.unique(np.array(scene.frames, np.int64))
    true, seen = _rows_of(frames, scene.truth.frames), _rows_of(frames, scene.tracked.frames)
    return [_moment(scene.tracked, scene.truth, *rows) for rows in zip(true, seen, strict=True)]


def _rows_of(frames: Ints, column: Ints) -> list[Ints]:
    """For each of `frames` (ascending) the rows of `column` that are of it."""
    order = np.argsort(column, kind="stable")
    first, last = (np.searchsorted(column, frames, side=side, sorter=order) for side in ("left", "right"))
    return [order[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]


def _moment(tracked: Boxes, truth: Boxes, true: Ints, seen: Ints) -> Moment:
    """One frame without ignored truth, and without the tracks that stand for it, as MOTChallenge treats its distractors."""
    overlap = iou(truth.boxes[true], tracked.boxes[seen])
    ignored = truth.ignored[true]
    rows, columns = matches(overlap)
    kept = np.setdiff1d(np.arange(len(seen)), columns[ignored[rows]])
    true, seen, overlap = true[~ignored], seen[kept], overlap[~ignored][:, kept]
    return Moment(truth.ids[true], tracked.ids[seen], overlap, truth.floor[true], tracked.floor[seen])


def matches(overlap: Floats64) -> tuple[Ints, Ints]:
    """Rows and columns of the best one-to-one assignment with an IoU of at least `OVERLAP`."""
    good = np.where(overlap >= OVERLAP - np.finfo(float).eps, overlap, 0)
    rows, columns = linear_sum_assignment(-good)
    found = good[rows, columns] > 0
    return rows[found], columns[found]


def errors_of(moment: Moment) -> Floats64:
    """(n,) metres between where people found are and where they are said to be."""
    rows, columns = matches(moment.overlap)
    errors = np.linalg.norm(moment.true_floor[rows] - moment.floor[columns], axis=1)
    return np.asarray(errors[np.isfinite(errors)], np.float64)


def _sequence(moments: Sequence[Moment]) -> dict[str, Any]:
    """Moments as TrackEval takes them, with ids counted from 0."""
    people, true_ids = _numbered([moment.true_ids for moment in moments])
    tracks, track_ids = _numbered([moment.tracks for moment in moments])
    return {
        "num_timesteps": len(moments),
        "gt_ids": true_ids,
        "tracker_ids": track_ids,
        "similarity_scores": [moment.overlap for moment in moments],
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, track_ids)),
        "num_gt_ids": people,
        "num_tracker_ids": tracks,
    }


def _numbered(ids: Sequence[Ints]) -> tuple[int, list[Ints]]:
    """How many different ids there are, and the ids of each frame counted from 0."""
    known = np.unique(np.concatenate([*ids, np.zeros(0, np.int64)]))
    return len(known), [np.searchsorted(known, each) for each in ids]
