"""How well a detector finds people on labelled pictures: over all, and by camera, hour, crowd and role, by the COCO figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from components.contracts import (
    Camera,
    Dataset,
    Detector,
    Floats64,
    Frame,
    InputError,
    Ints,
    Progress,
    Sample,
    Samples,
    SplitName,
)
from components.evaluation import precision
from components.evaluation.calibration import Reliability, reliability
from components.evaluation.judged import Columns, Picture, Writer, read
from components.evaluation.matching import BITS, match
from components.evaluation.slices import Slices, name_of

NOWHERE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # detection asks for no place on the floor
SCORES: Floats64 = np.round(np.arange(0, 1.005, 0.01), 2)  # at which precision, recall and F1 are drawn
Where = Callable[[int], tuple[str, str]]  # position of a sample -> its key, and the path of what holds it in the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a detector reached on some pictures. Figures without a meaning, such as those of nobody, are NaN."""

    map50: float  # average precision at IoU 0.5
    map: float  # mean of the average precisions at IoU 0.50, 0.55 ... 0.95
    precision: float  # share of the detections above the score that are a person
    recall: float  # share of the people that are detected above the score
    f1: float
    frames: int
    people: int  # visible enough to be asked for, summed over frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The figures of one slice; of a role only recall and the counts are known."""

    kind: str
    value: str
    enough: bool  # people, for its figures to mean something
    figures: Figures

    @property
    def name(self) -> str:
        return name_of(self.kind, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionReport:
    """Figures over all pictures and of each slice, with the curves behind them."""

    overall: Figures
    best: precision.Rates  # where F1 is highest
    parts: tuple[Part, ...]
    curve: tuple[precision.Rates, ...]  # over the score
    envelopes: Floats64  # (10, 101) precision over recall, for each IoU
    reliability: Reliability

    def metrics(self) -> dict[str, float]:
        """Flat names for a ledger: map50, ..., and map50.camera.corridor, ... of slices with enough people; without NaN."""
        best = {"score_best": self.best.score, "f1_best": self.best.f1}
        flat = {**asdict(self.overall), **best, "calibration_error": self.reliability.error}
        for part in self.parts:
            kept = asdict(part.figures) if part.enough else {"frames": part.figures.frames, "people": part.figures.people}
            flat |= {f"{name}.{part.name}": value for name, value in kept.items()}
        return {name: float(value) for name, value in flat.items() if not math.isnan(value)}

    def worst(self) -> Part | None:
        """The slice with the lowest map50, of those with enough people; None where there are none."""
        known = [part for part in self.parts if part.enough and not math.isnan(part.figures.map50)]
        return min(known, key=lambda part: part.figures.map50, default=None)


def evaluate_detector(
    detector: Detector,
    *,
    dataset: Dataset,
    folder: Path,
    split: SplitName = "test",
    score: float = 0.25,
    min_visibility: float = 0.25,
    batch_size: int = 8,
    slices: Slices | None = None,
    where: Where | None = None,
    progress: Progress | None = None,
) -> DetectionReport:
    """Figures of `detector` on one split of `dataset`; `folder` gets the tables of what was judged.

    People of whom less than `min_visibility` (0..1) can be seen do not count, found or not (COCO's crowd rule). `precision`
    and `recall` are at `score`; average precision uses every detection that the detector returns, so set its own threshold low.
    Raises InputError where the split is empty, or the detector reports other classes than the dataset has.
    """
    samples = dataset.split(split)
    if not len(samples):
        raise InputError(
            f"dataset {dataset.digest[:12]}: its {split} split is empty; evaluate another split, or prepare more footage."
        )
    with Writer(folder) as writer:
        for picture in _judge(detector, samples, min_visibility, batch_size, where, progress):
            writer.add(picture)
    return report(read(folder), score=score, slices=slices or Slices())


def report(columns: Columns, *, score: float, slices: Slices) -> DetectionReport:
    """The figures of what was judged, with precision and recall at `score`."""
    order = np.argsort(-columns.score, kind="stable")  # once: whatever is cut from it is in order too
    overall = _scored(columns, order, int(columns.crowd.sum()))
    return DetectionReport(
        overall=_figures(overall, score, len(columns.time)),
        best=precision.best(overall),
        parts=tuple(_parts(columns, order, score, slices)),
        curve=tuple(precision.over_scores(overall, SCORES)),
        envelopes=np.stack([precision.envelope(overall, i) for i in range(len(BITS))]),
        reliability=reliability(overall.score, (overall.matches & BITS[0]) != 0, counted=(overall.ignored & BITS[0]) == 0),
    )


def _judge(
    detector: Detector, samples: Samples, min_visibility: float, batch_size: int, where: Where | None, progress: Progress | None
) -> Iterator[Picture]:
    for start in range(0, len(samples), batch_size):
        batch = [samples[i] for i in range(start, min(start + batch_size, len(samples)))]
        answers = detector.detect([frame_of(sample, start + i) for i, sample in enumerate(batch)])
        for i, (sample, found) in enumerate(zip(batch, answers, strict=True), start):
            hidden = sample.visibility < min_visibility
            key, path = where(i) if where else (f"{sample.camera}-{sample.time}-{i}", "")
            verdict = match(found, sample.boxes, hidden)
            yield Picture(key, path, sample.camera, sample.time, int((~hidden).sum()), sample.boxes, sample.roles, verdict)
        if progress is not None:
            progress(start + len(batch), len(samples))


def frame_of(sample: Sample, index: int) -> Frame:
    """The picture of a dataset as a frame of its own camera, so that native pixels are its pixels."""
    return Frame(Camera(sample.camera, "", NOWHERE), sample.time, index, "", 0, sample.image, np.eye(3))


def _scored(columns: Columns, rows: Ints, people: int) -> precision.Scored:
    """The detections among `rows`, which come best first and those without a score last."""
    rows = rows[: np.count_nonzero(~np.isnan(columns.score[rows]))]
    return precision.Scored(columns.score[rows], columns.matches[rows], columns.ignored[rows], people)


def _figures(found: precision.Scored, score: float, frames: int) -> Figures:
    each, at = precision.average_precisions(found), precision.rates(found, score)
    return Figures(
        map50=float(each[0]), map=float(each.mean()), precision=at.precision, recall=at.recall, f1=at.f1,
        frames=frames, people=found.people,
    )  # fmt: skip


def _parts(columns: Columns, order: Ints, score: float, slices: Slices) -> Iterator[Part]:
    for cut in slices.cuts(columns.cameras, columns.camera, columns.time, columns.crowd.astype(np.int64)):
        size = len(cut.values)
        frames, people = (np.bincount(cut.block, weights, size).astype(np.int64) for weights in (None, columns.crowd))
        block = cut.block[columns.picture[order]]
        rows = order[np.argsort(block, kind="stable")]
        ends = np.cumsum(np.bincount(block, minlength=size))
        for i in np.flatnonzero(frames).tolist():
            mine = rows[ends[i - 1] if i else 0 : ends[i]]
            figures = _figures(_scored(columns, mine, int(people[i])), score, int(frames[i]))
            yield Part(kind=cut.kind, value=cut.values[i], enough=figures.people >= slices.people, figures=figures)
    yield from _roles(columns, score, slices.people)


def _roles(columns: Columns, score: float, least: int) -> Iterator[Part]:
    """Detections have no role of their own, so that only recall can be told by role."""
    asked = np.isnan(columns.score) | ((columns.matches & BITS[0]) != 0)
    nothing = float("nan")
    for number, role in enumerate(columns.roles):
        rows = asked & (columns.role == number)
        people = int(rows.sum())
        if role and people:
            recall = float((columns.score[rows] >= np.float32(score)).sum() / people)
            frames = len(np.unique(columns.picture[rows]))
            figures = Figures(
                map50=nothing, map=nothing, precision=nothing, recall=recall, f1=nothing, frames=frames, people=people
            )
            yield Part(kind="role", value=role, enough=people >= least, figures=figures)
