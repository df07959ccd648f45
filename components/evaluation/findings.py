"""What an evaluation found, as tables and plots in a folder for the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.evaluation import plots, tables
from components.evaluation.calibration import BINS, Reliability
from components.evaluation.detection import DetectionReport
from components.evaluation.matching import OVERLAPS
from components.evaluation.precision import RECALLS, Rates
from components.evaluation.timing import Latency

DETECTION = ("slices", "scores", "precision_recall", "calibration")  # tables of a detector, besides latency


def write_detection(folder: Path, report: DetectionReport, *, score: float, latency: Latency | None, about: str) -> list[str]:
    """Tables and plots of a detector's figures below `folder`, with `about` in their titles; gives the names of the tables."""
    overall = report.overall
    tables.write(folder, "slices", list(_slices(report)))
    tables.write(folder, "scores", [asdict(rates) for rates in report.curve])
    tables.write(folder, "precision_recall", list(_envelopes(report)))
    tables.write(folder, "calibration", _bins(report.reliability))
    at = Rates(score, overall.precision, overall.recall, overall.f1)
    if overall.people:
        plots.precision_recall(folder, report.envelopes, at, about)
        plots.over_score(folder, report.curve, at, report.best, about)
    if report.reliability.count.any():
        plots.calibration(folder, report.reliability, "score", "share that is a person, at IoU 0.50", about)
    for figure in ("map50", "recall"):
        rows = [(part.name, getattr(part.figures, figure), part.figures.people) for part in report.parts if part.enough]
        plots.slices(folder, rows, figure, about)
    if latency is None:
        return list(DETECTION)
    tables.write(folder, "latency", [{"figure": name, "value": value} for name, value in latency.metrics().items()])
    plots.latency(folder, latency, about)
    return [*DETECTION, "latency"]


def _slices(report: DetectionReport) -> Iterator[dict[str, Any]]:
    yield {"slice": "all", "kind": "", "value": "", "enough": True, **asdict(report.overall)}
    for part in report.parts:
        yield {"slice": part.name, "kind": part.kind, "value": part.value, "enough": part.enough, **asdict(part.figures)}


def _envelopes(report: DetectionReport) -> Iterator[dict[str, Any]]:
    for i, recall in enumerate(RECALLS.tolist()):
        precisions = {f"precision at IoU {overlap:.2f}": float(report.envelopes[k, i]) for k, overlap in enumerate(OVERLAPS)}
        yield {"recall": recall, **precisions}


def _bins(found: Reliability) -> list[dict[str, Any]]:
    return [
        {
            "from": i / BINS, "until": (i + 1) / BINS, "claims": int(found.count[i]),
            "mean confidence": float(found.confidence[i]), "share right": float(found.right[i]),
        }
        for i in range(BINS)
    ]  # fmt: skip
