"""Draws what figures cannot say: curves over the score, calibration, slices, latency and errors of position, as PNG files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components.contracts import Floats64, Ints
from components.evaluation.calibration import BINS, Reliability
from components.evaluation.precision import RECALLS, Rates
from components.evaluation.timing import Latency

FOLDER = "plots"
STYLE: dict[Any, Any] = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10,
    "axes.titlesize": 11, "axes.axisbelow": True,
}  # fmt: skip
BLUE, ORANGE, GREEN, GREY, RED = "#0072b2", "#e69f00", "#009e73", "#999999", "#d55e00"  # told apart by the colour-blind too
COLORS = (BLUE, ORANGE, GREEN, GREY)
BARS = 40  # slices that one picture shows at most, the worst ones


def precision_recall(folder: Path, envelopes: Floats64, at: Rates, about: str) -> None:
    """`envelopes` (10, 101) precision over recall at ten overlaps; `at` are the rates at the score that was asked for."""
    with _drawn(folder, "precision_recall", 6.4, 4.8) as (axes,):
        for row, name, color in ((0, "0.50", BLUE), (5, "0.75", ORANGE), (8, "0.90", GREEN)):
            axes.plot(RECALLS, envelopes[row], color=color, label=f"IoU {name}: AP {envelopes[row].mean():.3f}")
        axes.plot(RECALLS, envelopes.mean(axis=0), "--", color=GREY, label=f"mean of 0.50 ... 0.95: AP {envelopes.mean():.3f}")
        axes.plot(at.recall, at.precision, "o", color=RED, label=f"score {at.score:g} on, IoU 0.50")
        axes.set(xlabel="recall (share of people found)", ylabel="precision (share of detections right)")
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), title=f"Precision over recall\n{about}")
        axes.legend(loc="lower left")


def over_score(folder: Path, curve: Sequence[Rates], at: Rates, best: Rates, about: str) -> None:
    """Precision, recall and F1 by the least score that counts, with the score asked for and that of the highest F1."""
    with _drawn(folder, "score", 6.4, 4.8) as (axes,):
        scores = [rates.score for rates in curve]
        for name, color in (("precision", BLUE), ("recall", ORANGE), ("f1", GREEN)):
            axes.plot(scores, [getattr(rates, name) for rates in curve], color=color, label=name.replace("f1", "F1"))
        axes.axvline(at.score, color=GREY, linestyle="--", label=f"score {at.score:g}: F1 {at.f1:.3f}")
        axes.axvline(best.score, color=RED, linestyle=":", label=f"best score {best.score:.2f}: F1 {best.f1:.3f}")
        axes.set(xlabel="least score that counts", ylabel="share, at IoU 0.50", xlim=(0, 1), ylim=(0, 1.02))
        axes.set_title(f"Precision, recall and F1 over the score\n{about}")
        axes.legend(loc="lower center")


def calibration(folder: Path, found: Reliability, claim: str, right: str, about: str) -> None:
    """A reliability diagram: `claim` says what was claimed, `right` what being right is; below it how many claims there were."""
    with _drawn(folder, "calibration", 6.4, 5.6, rows=(3, 1)) as (axes, counts):
        middles = (np.arange(BINS) + 0.5) / BINS
        axes.bar(middles, np.nan_to_num(found.right), width=0.9 / BINS, color=BLUE, alpha=0.6, label=right)
        axes.plot([0, 1], [0, 1], "--", color=GREY, label="perfectly calibrated")
        axes.plot(found.confidence, found.right, "o", color=RED, label=f"mean {claim}")
        axes.set(ylabel=right, ylim=(0, 1.02), title=f"Calibration: expected error {found.error:.3f}\n{about}")
        axes.figure.legend(loc="outside lower center", ncols=2)
        counts.bar(middles, found.count, width=0.9 / BINS, color=GREY)
        counts.set(xlabel=claim, ylabel="claims", xlim=(0, 1), yscale="symlog")


def slices(
    folder: Path, rows: Sequence[tuple[str, int, Sequence[float]]], figures: Sequence[str], clocks: str, about: str
) -> None:
    """Name, people and each of `figures` (NaN: it has none) for every slice; where there are many, those worst by the first."""
    ordered = sorted(rows, key=lambda row: math.inf if math.isnan(row[2][0]) else row[2][0])[:BARS]
    shown = [row for row in rows if row in ordered] if len(rows) > BARS else rows
    if not shown:
        return
    with _drawn(folder, "slices", 3.2 + 2.6 * len(figures), 1.3 + 0.28 * len(shown), columns=len(figures)) as panels:
        kinds = list(dict.fromkeys(name.split(".")[0] for name, _, _ in shown))
        colors = [COLORS[kinds.index(name.split(".")[0]) % len(COLORS)] for name, _, _ in shown]
        names = [f"{name.replace('.', ' ', 1)}  ({people:,})" for name, people, _ in shown]
        for at, (axes, figure) in enumerate(zip(panels, figures, strict=True)):
            axes.barh(names, [max(0.0, float(np.nan_to_num(values[at]))) for _, _, values in shown], color=colors, alpha=0.6)
            for row, (_, _, values) in enumerate(shown):
                axes.text(0.02, row, "" if math.isnan(values[at]) else f"{values[at]:.3f}", va="center", fontsize=8)
            axes.set(xlabel=figure, xlim=(0, 1))
        panels[0].invert_yaxis()
        worst = f", the worst {BARS} of {len(rows)}" if len(rows) > BARS else ""
        panels[0].figure.suptitle(f"By slice (people asked for), hours of {clocks}{worst}\n{about}", fontsize=11)


def latency(folder: Path, found: Latency, about: str) -> None:
    """How long single frames and those of batches took."""
    with _drawn(folder, "latency", 6.4, 4.2) as (axes,):
        each = found.batch / found.size
        edges = np.linspace(0.0, max(found.alone.max(), each.max()) * 1.02, 50).tolist()
        axes.hist(found.alone, edges, color=BLUE, alpha=0.7, label=f"one by one: {_spread(found.alone)}")
        axes.hist(each, edges, color=ORANGE, alpha=0.7, label=f"in batches of {found.size}: {_spread(each)}")
        axes.set(xlabel="ms per frame, preprocessing and detection", ylabel="calls", title=f"Latency on this machine\n{about}")
        axes.figure.legend(loc="outside lower center")


def position_error(folder: Path, errors: Floats64, about: str) -> None:
    """The share of people found whose place is wrong by no more than so much."""
    with _drawn(folder, "position_error", 6.4, 4.2) as (axes,):
        ordered = np.sort(errors)
        axes.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), color=BLUE)
        for share, color in ((50, ORANGE), (95, RED)):
            value = float(np.percentile(ordered, share))
            axes.axvline(value, color=color, linestyle="--", label=f"{share} % within {value:.2f} m")
        axes.set(xlabel="error of position, metres", ylabel="share of people found", ylim=(0, 1.02))
        axes.set(xlim=(0, float(np.percentile(ordered, 99)) * 1.1 + 1e-6), title=f"Error of position\n{about}")
        axes.legend(loc="lower right")


def runtimes(folder: Path, rows: Sequence[Mapping[str, Any]], about: str) -> None:
    """How long each runtime takes for a frame, and what it costs in average precision; the first one is what was trained."""
    with _drawn(folder, "runtimes", 8.4, 1.2 + 0.5 * len(rows), columns=2) as (speed, quality):
        names, places = [f"{row['runtime']} {row['precision']}" for row in rows], range(len(rows))
        for axes, figure, label in ((speed, "ms", "ms per frame, median"), (quality, "map50", "mAP50")):
            values = [float(row[figure]) for row in rows]
            axes.barh(places, values, color=[GREY, *[BLUE] * (len(rows) - 1)])
            for place, value in zip(places, values, strict=True):
                axes.text(value, place, f" {value:.3g}", va="center")
            axes.set(xlabel=label, yticks=list(places), yticklabels=names, xlim=(0, max(values) * 1.18 + 1e-9))
        speed.invert_yaxis()
        speed.figure.suptitle(about)


def confusion(folder: Path, names: Sequence[str], counts: Ints, about: str) -> None:
    """Who (rows of `counts`) was taken for what (columns), as shares of each row with the numbers behind them."""
    side = 2.6 + 0.75 * len(names)
    with _drawn(folder, "confusion", side + 0.6, side) as (axes,):
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(counts.shape):
            dark = "white" if shares[row, column] > 0.5 else "black"
            text = f"{shares[row, column]:.2f}\n({counts[row, column]:,})"
            axes.text(column, row, text, ha="center", va="center", color=dark, fontsize=8)
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes.set_yticks(range(len(names)), names)
        axes.grid(visible=False)
        axes.set(xlabel="is taken for", ylabel="is", title=f"Share of people (number)\n{about}")


def found_within(folder: Path, curve: Floats64, about: str) -> None:
    """The share of people of whom another look is among the so many most similar ones."""
    with _drawn(folder, "rank", 6.4, 4.2) as (axes,):
        axes.plot(np.arange(1, len(curve) + 1), curve, "o-", color=BLUE)
        axes.set(xlabel="looks, the most similar first", ylabel="share of people found again", ylim=(0, 1.02))
        axes.set(title=f"Found again within so many looks\n{about}", xlim=(0.5, len(curve) + 0.5))


def _spread(times: Floats64) -> str:
    return f"median {np.median(times):.1f} ms, 95 % {np.percentile(times, 95):.1f} ms"


@contextmanager
def _drawn(
    folder: Path, name: str, width: float, height: float, rows: tuple[int, ...] = (1,), columns: int = 1
) -> Iterator[Sequence[Axes]]:
    """Axes, one below or beside the other, that become <folder>/plots/<name>.png: the same picture for the same figures."""
    (folder / FOLDER).mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure.subplots(
            len(rows), columns, squeeze=False, height_ratios=rows, sharex=len(rows) > 1, sharey=columns > 1
        ).ravel().tolist()  # fmt: skip
        figure.savefig(folder / FOLDER / f"{name}.png", dpi=110, metadata={"Software": None})
