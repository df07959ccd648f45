"""How well a detector finds people on labelled pictures, over all and for each camera, by the COCO figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.detection import MeanAveragePrecision
from torchvision.ops import box_iou

from components.contracts import Camera, Dataset, Detections, Detector, Frame, InputError, Progress, Sample, Samples, SplitName

IOU = 0.5  # overlap at which a detection counts as the person
NOWHERE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # detection asks for no place on the floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a detector reached. Figures of a camera without a visible person are NaN."""

    map50: float  # average precision at IoU 0.5
    map: float  # mean of the average precisions at IoU 0.50, 0.55 ... 0.95
    precision: float  # share of the detections above the score that are a person
    recall: float  # share of the people that are detected above the score
    frames: int
    people: int  # visible enough to be asked for, summed over frames


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionReport:
    """Figures over all pictures and for each camera."""

    overall: Figures
    cameras: dict[str, Figures]

    def metrics(self) -> dict[str, float]:
        """Flat names for a ledger: map50, recall, ..., and map50.corridor, recall.corridor, ... for each camera; without NaN."""
        rows = [("", self.overall), *((f".{camera}", figures) for camera, figures in self.cameras.items())]
        flat = {f"{name}{end}": float(value) for end, figures in rows for name, value in asdict(figures).items()}
        return {name: value for name, value in flat.items() if not math.isnan(value)}


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture: what was found, and who was there."""

    camera: str
    found: Detections
    wanted: Tensor  # (n, 4) xyxy of the people who are visible enough
    ignored: Tensor  # (m, 4) xyxy of the others: finding them is neither right nor wrong


def evaluate_detector(
    detector: Detector,
    *,
    dataset: Dataset,
    split: SplitName = "test",
    score: float = 0.25,
    min_visibility: float = 0.25,
    batch_size: int = 8,
    progress: Progress | None = None,
) -> DetectionReport:
    """Figures of `detector` on one split of `dataset`.

    People of whom less than `min_visibility` (0..1) can be seen do not count, found or not (COCO's crowd rule). `precision`
    and `recall` are at `score`; average precision uses every detection that the detector returns, so set its own threshold low.
    Raises InputError where the split is empty.
    """
    samples = dataset.split(split)
    if not len(samples):
        raise InputError(
            f"dataset {dataset.digest[:12]}: its {split} split is empty; evaluate another split, or prepare more footage."
        )
    judged = list(_judge(detector, samples, min_visibility, batch_size, progress))
    cameras = sorted({one.camera for one in judged})
    return DetectionReport(
        overall=_figures(judged, score),
        cameras={camera: _figures([one for one in judged if one.camera == camera], score) for camera in cameras},
    )


def _judge(
    detector: Detector, samples: Samples, min_visibility: float, batch_size: int, progress: Progress | None
) -> Iterator[Judged]:
    for start in range(0, len(samples), batch_size):
        batch = [samples[i] for i in range(start, min(start + batch_size, len(samples)))]
        for sample, found in zip(batch, detector.detect([_frame(s, start + i) for i, s in enumerate(batch)]), strict=True):
            hidden = sample.visibility < min_visibility
            yield Judged(sample.camera, found, _tensor(sample.boxes[~hidden]), _tensor(sample.boxes[hidden]))
        if progress is not None:
            progress(start + len(batch), len(samples))


def _frame(sample: Sample, index: int) -> Frame:
    """The picture of a dataset as a frame of its own camera, so that native pixels are its pixels."""
    return Frame(Camera(sample.camera, "", NOWHERE), sample.time, index, "", 0, sample.image, np.eye(3))


def _figures(judged: Sequence[Judged], score: float) -> Figures:
    precision_at = MeanAveragePrecision(backend="pycocotools", max_detection_thresholds=[1, 10, 100])
    precision_at.warn_on_many_detections = False
    precision_at.update([_prediction(one) for one in judged], [_target(one) for one in judged])
    figures = precision_at.compute()
    hits, alarms, people = (sum(column) for column in zip(*(_count(one, score) for one in judged), strict=True))
    return Figures(
        map50=_known(float(figures["map_50"])),
        map=_known(float(figures["map"])),
        precision=hits / (hits + alarms) if hits + alarms else float("nan"),
        recall=hits / people if people else float("nan"),
        frames=len(judged),
        people=people,
    )


def _count(one: Judged, score: float) -> tuple[int, int, int]:
    """(people found, false alarms, people) at `score`; each detection, best first, takes the free person that it covers best."""
    order = np.argsort(-one.found.scores, kind="stable")
    boxes = _tensor(one.found.boxes[order][one.found.scores[order] >= score])
    free = box_iou(boxes, one.wanted)
    hits = alarms = 0
    for row, box in enumerate(boxes):
        best = float(free[row].max()) if free.shape[1] else 0.0
        if best >= IOU:
            free[:, int(free[row].argmax())] = -1.0
            hits += 1
        elif not _excused(box, one.ignored):
            alarms += 1
    return hits, alarms, len(one.wanted)


def _excused(box: Tensor, ignored: Tensor) -> bool:
    """Whether half of `box` lies in one of the regions that do not count."""
    corner, end = torch.maximum(box[:2], ignored[:, :2]), torch.minimum(box[2:], ignored[:, 2:])
    inside = (end - corner).clamp(min=0).prod(dim=1)
    return bool((inside >= IOU * (box[2:] - box[:2]).prod()).any())


def _prediction(one: Judged) -> dict[str, Tensor]:
    found = one.found
    return {"boxes": _tensor(found.boxes), "scores": torch.as_tensor(found.scores), "labels": torch.as_tensor(found.labels)}


def _target(one: Judged) -> dict[str, Tensor]:
    crowd = torch.cat([torch.zeros(len(one.wanted), dtype=torch.int64), torch.ones(len(one.ignored), dtype=torch.int64)])
    return {"boxes": torch.cat([one.wanted, one.ignored]), "labels": torch.zeros_like(crowd), "iscrowd": crowd}


def _tensor(boxes: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(boxes, dtype=np.float32)).reshape(-1, 4)


def _known(value: float) -> float:
    """COCO says -1 where there is nobody to find."""
    return value if value >= 0 else float("nan")
