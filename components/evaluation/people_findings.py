"""What an evaluation of roles or of re-identification found, as tables and plots in a folder for the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from components.evaluation import plots, tables
from components.evaluation.findings import bins
from components.evaluation.retrieval import RetrievalPart, RetrievalReport
from components.evaluation.roles import RolePart, RolesReport


def write_roles(folder: Path, report: RolesReport, *, clocks: str, about: str) -> list[str]:
    """Tables and plots below `folder`, with `about` in their titles; gives the names of the tables."""
    _sliced(folder, report.parts, ("top1", "balanced"), clocks, about)
    named = zip(report.roles, report.counts.tolist(), strict=True)
    tables.write(folder, "confusion", [{"is": role, **dict(zip(report.roles, row, strict=True))} for role, row in named])
    tables.write(folder, "calibration", bins(report.reliability))
    plots.confusion(folder, report.roles, report.counts, about)
    plots.calibration(folder, report.reliability, "probability of the likeliest role", "share that has it", about)
    return ["slices", "confusion", "calibration"]


def write_retrieval(folder: Path, report: RetrievalReport, *, clocks: str, about: str) -> list[str]:
    """Tables and plots below `folder`, with `about` in their titles; gives the names of the tables."""
    _sliced(folder, report.parts, ("rank1", "map"), clocks, about)
    curve = [{"looks": i, "share found": share} for i, share in enumerate(report.curve.tolist(), 1)]
    tables.write(folder, "rank", curve)
    plots.found_within(folder, report.curve, about)
    return ["slices", "rank"]


def _sliced(folder: Path, parts: Sequence[RolePart | RetrievalPart], figures: tuple[str, ...], clocks: str, about: str) -> None:
    rows = [
        {
            "slice": part.name, **{name: getattr(part, name) for name in figures}, "people": part.people,
            "kind": part.kind, "value": part.value, "enough": part.enough,
        }
        for part in parts
    ]  # fmt: skip
    tables.write(folder, "slices", rows)
    enough = [(part.name, part.people, [getattr(part, name) for name in figures]) for part in parts if part.enough]
    plots.slices(folder, enough, figures, clocks, about)
