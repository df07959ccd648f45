"""The sweep that the run of this process is part of, if it is: its parent in the ledger, and who decides whether it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OBJECTIVES = ("map50", "balanced", "map", "mota")  # of a flow whose sweep names none: the first that it gives
POINT = "sweep.point"  # the tag of a child's number


class GivenUp(BaseException):
    """The run is worse than others were at this stage. No `except Exception` on its way may take it for a failure."""

    def __init__(self, problem: str, figure: float, run: str) -> None:
        super().__init__(problem)
        self.figure, self.run = figure, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One point of a sweep, while its run is carried out."""

    parent: str  # run id of the sweep
    number: int
    objective: str | None
    maximize: bool
    search: dict[str, Any]  # its spec
    diary: str  # its folder


_current: ContextVar[Child | None] = ContextVar("child", default=None)


@contextmanager
def of(child: Child) -> Iterator[None]:
    """While the block runs, runs in the ledger are children of the sweep."""
    before = _current.set(child)
    try:
        yield
    finally:
        _current.reset(before)


def parent() -> str:
    """The run id of the sweep in the ledger; empty where this run stands for itself."""
    child = _current.get()
    return child.parent if child else ""


def tags() -> dict[str, str]:
    """What a run in the ledger is found by, as part of its sweep."""
    child = _current.get()
    return {POINT: str(child.number)} if child else {}


def watched(run: Any, epochs: int) -> Any:
    """`run`, whose figures after each of `epochs` decide whether it goes on, where that is a sweep's business."""
    child = _current.get()
    return _Watched(run, child, epochs) if child else run


def objective_of(figures: Any, name: str | None) -> float | None:
    """The figure that a sweep compares: `name`, else the first of the usual ones; None where it is not among `figures`."""
    value = next((figures[one] for one in ([name] if name else OBJECTIVES) if figures.get(one) is not None), None)
    return float(value) if isinstance(value, int | float) else None


class _Watched:
    """A run of the ledger that is given up once the search says so."""

    def __init__(self, run: Any, child: Child, epochs: int) -> None:
        self._run, self._child, self._epochs, self.id = run, child, epochs, run.id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def metrics(self, values: dict[str, float], step: int) -> None:
        """One point of each curve. Raises GivenUp where it is not worth while to go on."""
        self._run.metrics(values, step)
        figure = objective_of(values, self._child.objective)
        if figure is None or "epoch" in values:  # the last word of a training, on its best epoch
            return
        problem = self._problem(step, figure)
        if problem:
            self._run.tag("pruned", problem)
            raise GivenUp(problem, figure, self.id)

    def _problem(self, step: int, figure: float) -> str:
        from components.sweeps.diary import Diary
        from flows import _wiring

        child, diary = self._child, Diary(Path(self._child.diary))
        diary.report(child.number, step, figure)
        reports = diary.reports(child.number)
        others = diary.trials(without=child.number)
        if len(reports) >= self._epochs or not _wiring.make(child.search).poor(reports, others, maximize=child.maximize):
            return ""
        return f"given up after epoch {len(reports)} of {self._epochs}: {figure:.4g} was worse than the median of the others"
