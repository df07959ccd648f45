"""What an evaluation found, as tables and plots in a folder for the ledger."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.evaluation import plots, tables
from components.evaluation.calibration import BINS, Reliability
from components.evaluation.detection import DetectionReport
from components.evaluation.matching import OVERLAPS
from components.evaluation.precision import RECALLS, Rates
from components.evaluation.sequences import JUDGED_TRACKS, SCHEMA
from components.evaluation.site import SiteFigures
from components.evaluation.timing import Latency
from components.evaluation.track_slices import TrackPart, sequences
from components.evaluation.tracks import TrackReport

DETECTION = ("slices", "scores", "precision_recall", "calibration")  # tables of a detector, besides latency


def write_detection(
    folder: Path, report: DetectionReport, *, score: float, latency: Latency | None, clocks: str, about: str
) -> list[str]:
    """Tables and plots of a detector's figures below `folder`, with `about` in their titles; gives the names of the tables."""
    overall = report.overall
    tables.write(folder, "slices", list(_slices(report)))
    tables.write(folder, "scores", [asdict(rates) for rates in report.curve])
    tables.write(folder, "precision_recall", list(_envelopes(report)))
    tables.write(folder, "calibration", bins(report.reliability))
    at = Rates(score, overall.precision, overall.recall, overall.f1)
    if overall.people:
        plots.precision_recall(folder, report.envelopes, at, about)
        plots.over_score(folder, report.curve, at, report.best, about)
    if report.reliability.count.any():
        plots.calibration(folder, report.reliability, "score", "share that is a person, at IoU 0.50", about)
    rows = [(p.name, p.figures.people, (p.figures.map50, p.figures.recall)) for p in report.parts if p.enough]
    plots.slices(folder, rows, ("map50", "recall"), clocks, about)
    if latency is None:
        return list(DETECTION)
    tables.write(folder, "latency", [{"figure": name, "value": value} for name, value in latency.metrics().items()])
    plots.latency(folder, latency, about)
    return [*DETECTION, "latency"]


def write_tracks(
    folder: Path, report: TrackReport, parts: Sequence[TrackPart], site: SiteFigures | None, *, clocks: str, about: str
) -> list[str]:
    """Tables and plots of a track run's figures below `folder`, with `about` in their titles; gives the names of the tables."""
    rows = sequences(report)
    columns = dict(zip(("camera", "metric", "value"), zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table({name: list(column) for name, column in columns.items()}, schema=SCHEMA), folder / JUDGED_TRACKS)
    figures = list(asdict(report.overall))
    whole = ("all", report.metrics(), "", "", True)
    lines = [whole, *((part.name, part.figures, part.kind, part.value, part.enough) for part in parts)]
    table = [
        {"slice": name, **{figure: known.get(figure) for figure in figures}, "kind": kind, "value": value, "enough": enough}
        for name, known, kind, value, enough in lines
    ]
    tables.write(folder, "slices", table)
    shown = ("hota", "mota", "recall")
    bars = [(p.name, int(p.figures["people"]), [p.figures.get(name, math.nan) for name in shown]) for p in parts if p.enough]
    plots.slices(folder, bars, shown, clocks, about)
    if len(report.errors):
        plots.position_error(folder, report.errors, about)
    if site is None or not site.names.count.any():
        return ["slices"]
    tables.write(folder, "calibration", bins(site.names))
    plots.calibration(folder, site.names, "confidence of a name", "share of names that are right", about)
    return ["slices", "calibration"]


def _slices(report: DetectionReport) -> Iterator[dict[str, Any]]:
    yield {"slice": "all", **asdict(report.overall), "kind": "", "value": "", "enough": True}
    for part in report.parts:
        yield {"slice": part.name, **asdict(part.figures), "kind": part.kind, "value": part.value, "enough": part.enough}


def _envelopes(report: DetectionReport) -> Iterator[dict[str, Any]]:
    for i, recall in enumerate(RECALLS.tolist()):
        precisions = {f"precision at IoU {overlap:.2f}": float(report.envelopes[k, i]) for k, overlap in enumerate(OVERLAPS)}
        yield {"recall": recall, **precisions}


def bins(found: Reliability) -> list[dict[str, Any]]:
    """A table of claims by how sure they were."""
    return [
        {
            "from": i / BINS, "until": (i + 1) / BINS, "claims": int(found.count[i]),
            "mean confidence": float(found.confidence[i]), "share right": float(found.right[i]),
        }
        for i in range(BINS)
    ]  # fmt: skip
