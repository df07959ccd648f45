"""Pictures of a sweep: what mattered, and which values went with which result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from components.contracts import Floats64
from components.sweeps.space import Axis, Choice, Trial

SHOWN = 16  # ticks of an axis with words; with more of them, some are left out
COLOURS = "viridis"


def importances(shares: Mapping[str, float], path: Path) -> None:
    """A bar for each key, the most important on top."""
    figure = Figure(figsize=(7, 1 + 0.4 * len(shares)), layout="constrained")
    axes = figure.add_subplot()
    names = list(shares)[::-1]
    axes.barh(names, [shares[name] for name in names], color="#35608d")
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the spread of the objective (functional ANOVA)")
    _save(figure, path)


def parallel(space: Sequence[Axis], trials: Sequence[Trial], objective: str, path: Path) -> None:
    """A line for each finished trial through its values, coloured by its objective; those given up are thin and grey."""
    figure = Figure(figsize=(3 + 1.8 * (len(space) + 1), 4.5), layout="constrained")
    axes = figure.add_subplot()
    finished = [trial for trial in trials if trial.state == "finished" and trial.figure is not None]
    figures = np.array([trial.figure for trial in finished], float)
    low, high = float(figures.min()), float(figures.max())
    scale = Normalize(low, high if high > low else low + 1.0)
    at = [_heights(axis, [*trials]) for axis in space]
    colours = ScalarMappable(scale, COLOURS)
    for i, trial in enumerate(trials):
        heights = [float(column[i]) for column in at]
        if trial.state == "finished" and trial.figure is not None:
            last = float(_share(np.array([trial.figure]), figures)[0])
            axes.plot(
                range(len(space) + 1), [*heights, last], color=colours.to_rgba(np.array(trial.figure)), linewidth=1.8, alpha=0.85
            )
        elif trial.state == "pruned":
            axes.plot(range(len(space)), heights, color="0.7", linewidth=0.8, zorder=0)
    for place, axis in enumerate(space):
        _ticks(axes, place, axis, trials)
    for height, figure_there in ((0.0, low), (1.0, high)) if high > low else ((0.5, low),):
        _write(axes, len(space), height, f"{figure_there:.4g}")
    axes.set_xticks(range(len(space) + 1), [*(axis.key for axis in space), objective])
    axes.set_xlim(-0.25, len(space) + 0.45)
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([])
    for place in range(len(space) + 1):
        axes.axvline(place, color="0.3", linewidth=0.8)
    figure.colorbar(colours, ax=axes, label=objective)
    _save(figure, path)


def _heights(axis: Axis, trials: Sequence[Trial]) -> Floats64:
    """Where the values of the trials are on an axis, 0..1."""
    numbers = _numbers(axis, [trial.values[axis.key] for trial in trials])
    return _share(numbers, numbers)


def _numbers(axis: Axis, values: Sequence[str]) -> Floats64:
    if isinstance(axis, Choice):
        places = {value: place for place, value in enumerate(axis.values)}
        return np.array([places[value] for value in values], float)
    found = np.array([float(value) for value in values])
    return np.log10(found) if axis.log else found


def _share(values: Floats64, among: Floats64) -> Floats64:
    low, high = float(among.min()), float(among.max())
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _ticks(axes: Axes, place: int, axis: Axis, trials: Sequence[Trial]) -> None:
    """The words of an axis, or some of its numbers, written beside it."""
    values = list(dict.fromkeys(trial.values[axis.key] for trial in trials))
    numbers = _numbers(axis, values)
    heights = _share(numbers, numbers)
    order = np.argsort(numbers)
    chosen = order if isinstance(axis, Choice) or len(order) <= SHOWN else order[[0, len(order) // 2, -1]]
    for i in chosen[:: 1 + len(chosen) // SHOWN]:
        _write(axes, place, float(heights[i]), values[i] if isinstance(axis, Choice) else f"{float(values[i]):.3g}")


def _write(axes: Axes, place: int, height: float, text: str) -> None:
    paper = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.0}
    axes.annotate(text, (place, height), (5, 0), textcoords="offset points", va="center", fontsize=8, bbox=paper)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
