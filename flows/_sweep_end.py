"""What a sweep leaves behind: the ranking, the plots, and the command that comes next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from components.sweeps.diary import Entry
from components.sweeps.ranking import Row, as_csv, ranked
from flows import _sweep_shown
from flows._summary import Summary
from flows._sweep_plan import Planned


def rows(planned: Planned) -> list[Row]:
    """The points that ended, the best first."""
    return ranked(planned.diary.entries(), maximize=planned.sweep.direction == "maximize")


def objective(planned: Planned) -> str:
    """The name of what ranks."""
    return planned.sweep.objective or "objective"


def keep(planned: Planned, run: Any) -> None:
    """Ranking and plots among the artifacts of the sweep's run."""
    with TemporaryDirectory(prefix="wardflow-") as folder:
        Path(folder, "ranking.csv").write_text(as_csv(rows(planned), objective(planned)))
        _draw(planned, Path(folder))
        run.artifacts(Path(folder))


def _draw(planned: Planned, folder: Path) -> None:
    from components.sweeps import plots
    from components.sweeps.study import importances

    trials = [trial for trial in planned.diary.trials() if trial.state in ("finished", "pruned")]
    if not any(trial.state == "finished" and trial.figure is not None for trial in trials):
        return
    plots.parallel(planned.space.axes, trials, objective(planned), folder / "parallel_coordinates.png")
    shares = importances(planned.space.axes, trials, maximize=planned.sweep.direction == "maximize")
    if shares:
        plots.importances(shares, folder / "importances.png")
        (folder / "importances.json").write_text(json.dumps(shares, indent=2))


def summary(planned: Planned, parent: str, *, unchanged: bool) -> Summary:
    """The ranking on the console, and the sweep in figures."""
    found, entries = rows(planned), planned.diary.entries()
    _sweep_shown.ranking(f"{planned.flow}, by {objective(planned)}", found, objective(planned))
    failures = {_named(entry): entry.result.problem for entry in entries if entry.result and entry.result.state == "failed"}
    best = next((row for row in found if row.rank == 1), None)
    figures: dict[str, Any] = {"runs": sum(row.state == "finished" for row in found)}
    more = {"given_up": "pruned", "the_same_again": "same", "failed": "failed"}
    figures |= {name: count for name, state in more.items() if (count := sum(row.state == state for row in found))}
    taken = sum(bool(entry.result and entry.result.taken_over) for entry in entries)
    figures |= {"taken_over": taken} if taken else {}
    if best is not None:
        figures |= {"best": f"#{best.number}", objective(planned): best.objective}
    figures |= {"sweep": parent}
    return Summary(
        "failed" if failures else "unchanged" if unchanged else "completed", figures,
        {"dataset": planned.dataset} if planned.dataset else {}, failures=failures,
        note=_note(failures, unchanged=unchanged), next=_next(planned, best),
        details={"objective": best.objective if best else None, "ledger_run": parent, "ranking": [_plain(row) for row in found]},
    )  # fmt: skip


def _note(failures: Mapping[str, str], *, unchanged: bool) -> str:
    if failures:
        return "the same command again runs what failed, and nothing else"
    return "this very sweep was finished before; sweep.resume=false makes another one" if unchanged else ""


def _next(planned: Planned, best: Row | None) -> str:
    """What one does with the best run."""
    if best is None:
        return ""
    said = _summary(planned, best.number)
    model = str(said.get("figures", {}).get("model", ""))
    if planned.flow == "train" and model.startswith("staff_detector/"):
        return f"python -m flows.evaluate detector.weights=models:/{model}"
    return str(said.get("next", ""))


def _summary(planned: Planned, number: int) -> dict[str, Any]:
    path = planned.diary.home(number) / "summary.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _named(entry: Entry) -> str:
    return f"#{entry.point.number} {' '.join(f'{key}={value}' for key, value in entry.point.values.items())}"


def _plain(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("rank", "number", "state", "objective", "values", "run", "seconds", "note")}
