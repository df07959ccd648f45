"""One run of a sweep, in a worker process: an ordinary run of its flow that writes into a file what it would show."""

from __future__ import annotations

import importlib
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.contracts import InputError, Progress
from flows import _family, _progress, _run

OUTPUT = "output.txt"


def carried_out(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: run `spec["flow"]` with `spec["words"]`; how it ended, as the diary of the sweep writes it down."""
    from components.sweeps.diary import Result

    flow = getattr(importlib.import_module(f"flows.{spec['flow']}"), spec["flow"])
    child, folder, began = _family.Child(**spec["child"]), Path(spec["folder"]), time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / OUTPUT).open("a") as output, redirect_stdout(output), redirect_stderr(output):
        try:
            with _family.of(child), _progress.told(progress):
                summary = _run.part(flow, spec["words"], folder)
        except _family.GivenUp as given:
            seconds = time.monotonic() - began
            return asdict(Result(state="pruned", objective=given.figure, run=given.run, problem=str(given), seconds=seconds))
        except InputError as error:
            return asdict(Result(state="failed", problem=str(error), seconds=time.monotonic() - began))
    return asdict(result(summary, child.objective, time.monotonic() - began))


def result(summary: Any, objective: str | None, seconds: float) -> Any:
    """How a run with this summary ended."""
    from components.sweeps.diary import Result

    details = dict(summary.details)
    figures = {**dict(details.get("metrics") or {}), **dict(summary.figures)}
    numbers = {name: value for name, value in figures.items() if isinstance(value, int | float)}
    return Result(
        state="finished" if summary.ok else "failed",
        objective=_family.objective_of(numbers, objective),
        figures=numbers,
        run=str(details.get("ledger_run") or details.get("run") or ""),
        seconds=seconds,
        problem="; ".join(f"{part}: {problem}" for part, problem in summary.failures.items()),
        taken_over=summary.status == "unchanged",
    )
