"""Draws what figures cannot say: curves over the score, calibration, slices, latency and errors of position, as PNG files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components.contracts import Floats64
from components.evaluation.calibration import BINS, Reliability
from components.evaluation.precision import RECALLS, Rates
from components.evaluation.timing import Latency

FOLDER = "plots"
STYLE: dict[Any, Any] = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10,
    "axes.titlesize": 11, "axes.axisbelow": True,
}  # fmt: skip
BLUE, ORANGE, GREEN, GREY, RED = "#0072b2", "#e69f00", "#009e73", "#999999", "#d55e00"  # told apart by the colour-blind too
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
        axes.figure.legend(loc="outside lower center", ncols=3)
        counts.bar(middles, found.count, width=0.9 / BINS, color=GREY)
        counts.set(xlabel=claim, ylabel="claims", xlim=(0, 1), yscale="symlog")


def slices(folder: Path, rows: Sequence[tuple[str, float, int]], figure: str, about: str) -> None:
    """`figure` of each slice with its name and people, grouped by kind; the worst ones where there are many."""
    known = [row for row in rows if np.isfinite(row[1])]
    shown = known if len(known) <= BARS else sorted(known, key=lambda row: row[1])[:BARS]
    if not shown:
        return
    with _drawn(folder, f"slices_{figure}", 7.2, 1.2 + 0.28 * len(shown)) as (axes,):
        kinds = list(dict.fromkeys(name.split(".")[0] for name, _, _ in shown))
        colors = [(BLUE, ORANGE, GREEN, GREY)[kinds.index(name.split(".")[0]) % 4] for name, _, _ in shown]
        axes.barh([name.replace(".", " ", 1) for name, _, _ in shown], [value for _, value, _ in shown], color=colors)
        for at, (_, value, people) in enumerate(shown):
            axes.text(max(value, 0) + 0.01, at, f"{value:.3f}  ({people:,})", va="center", fontsize=8)
        axes.set(xlabel=f"{figure} (people asked for)", xlim=(0, 1.2))
        axes.invert_yaxis()
        axes.set_title(f"{figure} by slice{f', the worst {BARS} of {len(known)}' if len(known) > BARS else ''}\n{about}")


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


def _spread(times: Floats64) -> str:
    return f"median {np.median(times):.1f} ms, 95 % {np.percentile(times, 95):.1f} ms"


@contextmanager
def _drawn(folder: Path, name: str, width: float, height: float, rows: tuple[int, ...] = (1,)) -> Iterator[Sequence[Axes]]:
    """Axes, one below the other, that become <folder>/plots/<name>.png: the same picture for the same figures."""
    (folder / FOLDER).mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure.subplots(len(rows), 1, sharex=len(rows) > 1, squeeze=False, height_ratios=rows)[:, 0].tolist()
        figure.savefig(folder / FOLDER / f"{name}.png", dpi=110, metadata={"Software": None})
