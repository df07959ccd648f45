"""Draws how a training went: losses, figures of validation and learning rate, epoch by epoch, as a PNG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

RATE = "learning_rate"
COLORS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#999999")  # told apart by the colour-blind too


def curves(rows: Sequence[Mapping[str, float]], path: Path, *, words: Mapping[str, str]) -> None:
    """`rows` of an epoch each: epoch (from 1), loss and its parts, learning_rate, and the figures that `words` has words for."""
    losses = [name for name in rows[0] if name.partition(".")[0] == "loss"]
    figures = {name: word for name, word in words.items() if word and name in rows[0]}
    with mpl.rc_context({"axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(6.4, 8.4), layout="constrained")
        top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
        _lines(top, rows, {name: name.removeprefix("loss.") if "." in name else "all together" for name in losses})
        _lines(middle, rows, figures)
        _lines(bottom, rows, {RATE: "learning rate"})
        top.set(ylabel="loss, mean of the epoch", title="Learning curves")
        middle.set(ylabel="validation", ylim=(0, 1.02))
        bottom.set(ylabel="learning rate at its end", xlabel="epoch", yscale="log")
        bottom.xaxis.get_major_locator().set_params(integer=True)
        figure.savefig(path, dpi=100, metadata={"Software": None})


def _lines(axes: Axes, rows: Sequence[Mapping[str, float]], words: Mapping[str, str]) -> None:
    epochs = [row["epoch"] for row in rows]
    for at, (name, word) in enumerate(words.items()):
        axes.plot(epochs, [row[name] for row in rows], "o-", markersize=3, color=COLORS[at % len(COLORS)], label=word)
    if len(words) > 1:
        axes.legend(loc="best")
