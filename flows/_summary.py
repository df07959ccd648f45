"""What came out of a run: written as summary.json, and shown on the console as a view of it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape

Status = Literal["completed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of one flow; figures carry the names of the field (`mota`, `map50`, ...)."""

    status: Status
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)  # camera or part -> what was wrong
    note: str = ""
    next: str = ""  # the command that a user would run now
    details: Mapping[str, Any] = field(default_factory=dict)  # for programs, not shown

    @property
    def ok(self) -> bool:
        return self.status != "failed"


def write(summary: Summary, folder: Path, about: Mapping[str, Any]) -> Path:
    """summary.json in the run's folder, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "summary.json"
    partial = folder / f".summary.{os.getpid()}"
    partial.write_text(json.dumps(finite({**about, **asdict(summary)}), indent=2, default=str, allow_nan=False) + "\n")
    partial.replace(path)
    return path


def finite(value: Any) -> Any:
    """`value` with None for every number that JSON does not have."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {key: finite(item) for key, item in value.items()}
        case list() | tuple():
            return [finite(item) for item in value]
    return value


def show(summary: Summary, name: str, path: Path, seconds: float) -> None:
    """The summary for the person at the keyboard."""
    console = Console(highlight=False)
    mark = {"completed": "[green]completed[/]", "unchanged": "[green]nothing to do[/]", "failed": "[red]failed[/]"}[
        summary.status
    ]
    console.print(f"{name}: {mark} in {seconds:.1f} s")
    rows = {key: _text(value) for key, value in summary.figures.items()}
    rows |= {key: value[:12] for key, value in summary.digests.items()}
    width = max(map(len, rows), default=0)
    for key, value in rows.items():  # not a table: nothing is cut off or broken into lines
        console.print(f"  {key:{width}}  {value}", markup=False, soft_wrap=True)
    if summary.note:
        console.print(f"  {summary.note}", markup=False, soft_wrap=True)
    for part, problem in summary.failures.items():
        console.print(f"  [red]failed[/] {escape(part)}: ", end="", soft_wrap=True)
        console.print(problem, markup=False, soft_wrap=True)
    console.print(f"  details  {path}", markup=False, soft_wrap=True)
    if summary.next:
        console.print(f"  next     {summary.next}", markup=False, soft_wrap=True)


def _text(value: float | int | str | None) -> str:
    match value:
        case None:
            return "-"
        case float() if value.is_integer() and abs(value) >= 2:  # a count that went through a ledger of floats
            return f"{int(value):,}"
        case float():
            return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"
        case int():
            return f"{value:,}"
    return str(value)
