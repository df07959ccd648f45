"""One run of a flow: recorded in the database, summed up in its folder, with an exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components import secrets
from components.contracts import InputError, digest_of
from components.database.database import Database
from components.database.runs import Runs
from flows import _artifacts, _launch, _prefect, _record, _refusals, _wiring
from flows._summary import Summary, finite, show, write

Flow = Callable[[Sequence[str]], Summary]
UNRECORDED = ("database",)  # it brings the tables of the record itself to another version
UNPUBLISHED = ("schedule",)  # it is about the server, and no run of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, for the shell and for a sweeper."""

    code: int
    message: str = ""
    objective: float | None = None


def start(flow: Flow, overrides: Sequence[str], folder: Path) -> Outcome:
    """Run `flow` for the person at the keyboard; what goes wrong is one message and an exit code, never a traceback."""
    try:
        summary = _recorded(flow, overrides, folder)
    except InputError as error:
        return _said(_launch.REFUSED, f"error: {error}")
    except KeyboardInterrupt:
        return _said(_launch.INTERRUPTED, "interrupted; run the same command again, it goes on from here")
    except Exception as error:  # a bug of ours: the user gets a sentence, we get the trace
        if refused := _refusals.sentence(error):
            return _said(_launch.FAILED, f"error: {refused}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "traceback.txt").write_text(traceback.format_exc())
        return _said(
            _launch.FAILED, f"error: unexpected {type(error).__name__}: {error}\nthe traceback is in {folder / 'traceback.txt'}"
        )
    objective = summary.details.get("objective")
    return Outcome(0 if summary.ok else _launch.FAILED, "; ".join(summary.failures.values()), objective)


def deployed(flow: Flow, overrides: Sequence[str]) -> dict[str, Any]:
    """Run `flow` inside a Prefect flow run that Prefect itself began.

    Raises where it fails: a state that is returned would not be tried again, whatever retries there are.
    """
    stamp = datetime.now(UTC)
    folder = Path(os.environ.get("RUNS", "runs")) / flow.__name__ / f"{stamp:%Y-%m-%d}" / f"{stamp:%H-%M-%S-%f}"
    summary = _carried_out(flow, list(overrides), folder)
    if not summary.ok:
        raise RuntimeError("; ".join(f"{part}: {problem}" for part, problem in summary.failures.items()))
    return dict(summary.figures)


def part(flow: Flow, overrides: Sequence[str], folder: Path) -> Summary:
    """Run `flow` as one of many: recorded like any other, with its summary in `folder`; Prefect knows the whole only."""
    return _carried_out(flow, overrides, folder, published=False)


def _recorded(flow: Flow, overrides: Sequence[str], folder: Path) -> Summary:
    if flow.__name__ in UNPUBLISHED or not _prefect.server():
        return _carried_out(flow, overrides, folder)
    results: list[Summary] = []

    def run(overrides: list[str]) -> Any:
        from prefect.states import Failed

        results.append(_carried_out(flow, overrides, folder))
        return None if results[0].ok else Failed(message="; ".join(results[0].failures.values()))

    try:
        _prefect.call(run, flow.__name__, overrides)
    except Exception:
        if not results:  # the flow itself never came to an end
            raise
    return results[0]


def _carried_out(flow: Flow, overrides: Sequence[str], folder: Path, *, published: bool | None = None) -> Summary:
    """Record the run, run it, write and show its summary."""
    config = _launch.compose(flow.__name__, overrides)
    _wiring.check([_wiring.Call(_database_only, config)], _wiring.Origins(flow.__name__, overrides))
    began, run = time.monotonic(), uuid.uuid4().hex
    if flow.__name__ in UNRECORDED:
        summary = flow(overrides)
        show(
            summary, flow.__name__, write(summary, folder, _about(flow, overrides, run, config, began)), time.monotonic() - began
        )
        return summary
    runs = Runs(_wiring.make(config["database"]))
    published = bool(_prefect.server()) if published is None else published
    runs.begin(run, flow.__name__, _record.discreet(overrides), digest_of(config), published=published)
    try:
        with _record.kept(runs, run):
            summary = flow(overrides)
    except BaseException as error:
        stopped = "interrupted" if not isinstance(error, Exception) else type(error).__name__  # by a person, or a server
        runs.end(run, "failed", {"failures": {flow.__name__: str(error) or stopped}})
        raise
    path = write(summary, folder, _about(flow, overrides, run, config, began))
    runs.end(
        run,
        "failed" if not summary.ok else "completed",
        finite({**summary.figures, **summary.details, "status": summary.status}),
    )
    show(summary, flow.__name__, path, time.monotonic() - began)
    _artifacts.summed(summary, flow.__name__, time.monotonic() - began, config)
    return summary


def _about(flow: Flow, overrides: Sequence[str], run: str, config: dict[str, Any], began: float) -> dict[str, Any]:
    """What summary.json says of the run, besides what came out."""
    return {
        "flow": flow.__name__, "run": run, "overrides": _record.discreet(overrides), "config_digest": digest_of(config),
        "seconds": time.monotonic() - began,
    }  # fmt: skip


def _database_only(database: Database) -> None:
    """The part of every config that a run's record needs."""


def _said(code: int, message: str) -> Outcome:
    message = secrets.masked(message)
    print(message, file=sys.stderr)
    return Outcome(code, message)
