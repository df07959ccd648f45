"""The report of several runs beside each other, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from components.contracts import Floats32, Floats64
from components.evaluation import charts
from components.evaluation.comparison import Difference
from components.evaluation.configs import Setting
from components.evaluation.contrast import Change, Drawing, Estimate, Row
from components.evaluation.disagreement import Disputed
from components.evaluation.page import Child, data_url, element, grid, page

CHARTED = ("map50", "map", "precision", "recall", "f1", "hota", "mota", "idf1")  # parts of 1, so that one axis serves all
COUNTS = ("frames", "people")
KINDS = {"camera": "camera", "hour": "hour of the day", "crowd": "people in the picture", "role": "role"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One of the runs; the first is what the others are measured against."""

    letter: str  # a, b, c ...
    title: str
    facts: Mapping[str, str]  # such as its id, model and commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture that runs disagree about."""

    disputed: Disputed
    picture: bytes  # JPEG
    width: int  # of the dataset's picture, whose pixels boxes are in
    height: int
    truth: Floats32  # (n, 4) xyxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is said of the runs."""

    subjects: Sequence[Subject]
    differences: Sequence[tuple[str, Difference]]  # letter of the run that differs from the first, and in what
    settings: Sequence[Setting]
    rows: Sequence[Row]
    curves: Sequence[tuple[Floats64, Floats64]]  # recall and precision of each run at IoU 0.5; (): not known
    shown: Sequence[Shown]
    notes: Sequence[str]
    how: Drawing


def html(report: Report) -> str:
    """The page; whatever runs are called, it fetches nothing and runs nothing."""
    return page(title(report.subjects), _parts(report))


def title(subjects: Sequence[Subject]) -> str:
    return f"{len(subjects)} runs side by side"


def _parts(report: Report) -> Iterator[ET.Element]:
    letters = [each.letter for each in report.subjects]
    yield _subjects(report.subjects)
    if report.differences:
        said = (element("li", f"{letter}: {each.part}: {each.says}") for letter, each in report.differences)
        ground = "These figures do not stand on the same ground; against the first run differ:"
        yield element("div", element("p", ground), element("ul", *said), class_="warning")
    for note in report.notes:
        yield element("p", note, class_="note")
    yield element("h2", "What was configured differently")
    yield _settings(report.settings, letters)
    yield element("h2", "Figures")
    yield element("p", how_it_was_done(report), class_="note")
    overall = [row for row in report.rows if not row.kind]
    yield _figures(overall, letters)
    yield from _chart(overall, letters)
    if report.curves:
        names = [f"{each.letter} {each.title}"[:28] for each in report.subjects]
        lines = [(name, *curve) for name, curve in zip(names, report.curves, strict=True)]
        yield charts.curves(lines, across="recall", up="precision at IoU 0.5")
    yield from _slices(report.rows, letters)
    yield from _pictures(report)


def _subjects(subjects: Sequence[Subject]) -> ET.Element:
    facts = list(dict.fromkeys(name for each in subjects for name in each.facts))
    return grid(
        ["", "run", *facts], ([each.letter, each.title, *(each.facts.get(fact, "-") for fact in facts)] for each in subjects)
    )  # fmt: skip


def _settings(settings: Sequence[Setting], letters: Sequence[str]) -> ET.Element:
    if not settings:
        return element("p", "Nothing.")
    return grid(["key", *letters], ([_code(each.key), *map(_value, each.values, each.origins)] for each in settings))


def _value(value: str, origin: str) -> Child:
    return element("span", _code(value), element("small", origin)) if origin else _code(value)


def _code(text: str) -> ET.Element:
    return element("code", text)


def how_it_was_done(report: Report) -> str:
    """What the intervals mean, in a few sentences."""
    drawn = {row.n for row in report.rows if row.n and not row.kind}
    if not drawn:
        return "No intervals: nothing was kept that could be drawn from again."
    return (
        f"In brackets: {report.how.confidence:.0%} intervals from {report.how.count:,} draws of {max(drawn):,} "
        f"(seed {report.how.seed}), by percentiles; all runs by the same draws, and the interval of a difference is of the "
        "difference itself. Better and worse are said where it leaves out 0. Draws take pictures for independent, which "
        "neighbours in a film are not: true intervals are wider. Of twenty figures without any difference about one is called "
        "different by chance."
    )


def _figures(rows: Iterable[Row], letters: Sequence[str]) -> ET.Element:
    heads = ["figure", "", "n", *letters, *(f"{letter} - {letters[0]}" for letter in letters[1:])]
    return grid(heads, ([row.metric, row.value, _count(row.n), *_cells(row)] for row in rows))


def _cells(row: Row) -> Iterator[Child]:
    yield from map(value_text, row.values)
    for change in row.changes[1:]:
        if change is not None and change.word in ("better", "worse"):
            yield element("span", change_text(change), class_=change.word)
        else:
            yield change_text(change)


def _count(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"


def value_text(estimate: Estimate | None) -> str:
    """Such as 0.612 [0.58, 0.64]."""
    if estimate is None:
        return "-"
    return f"{_number(estimate.value)}{_between(estimate.low, estimate.high, '')}"


def change_text(change: Change | None) -> str:
    """Such as +0.04 [+0.01, +0.07] better."""
    if change is None:
        return "-"
    return f"{change.value:+.4g}{_between(change.low, change.high, '+')} {change.word}".strip()


def _between(low: float | None, high: float | None, sign: str) -> str:
    return "" if low is None or high is None else f" [{low:{sign}.3g}, {high:{sign}.3g}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() and abs(value) >= 2 else f"{value:.4g}"


def _chart(rows: Iterable[Row], letters: Sequence[str]) -> Iterator[ET.Element]:
    drawn = [
        (f"{row.metric} {row.value}: {letter} - {letters[0]}", change)
        for row in rows if row.metric in CHARTED
        for letter, change in zip(letters[1:], row.changes[1:], strict=True) if change is not None and change.low is not None
    ]  # fmt: skip
    if drawn:
        yield charts.intervals(drawn)


def _slices(rows: Sequence[Row], letters: Sequence[str]) -> Iterator[ET.Element]:
    """A table for each kind of slice, figure by figure, with a chart of the first; numbers of pictures and people are in n."""
    for kind in dict.fromkeys(row.kind for row in rows if row.kind):
        some = [row for row in rows if row.kind == kind and row.metric not in COUNTS]
        if some:
            yield element("h2", f"By {KINDS.get(kind, kind)}")
            yield _figures(sorted(some, key=lambda row: [each.metric for each in some].index(row.metric)), letters)
            yield from _chart([row for row in some if row.metric == some[0].metric], letters)


def _pictures(report: Report) -> Iterator[ET.Element]:
    if report.shown:
        yield element("h2", "Where they disagree most")
        yield element(
            "p", "Solid boxes are somebody, dashed ones are nobody or placed too badly; numbers are scores.", class_="note"
        )
    for number, each in enumerate(report.shown):
        yield from _picture(f"picture{number}", each, report.subjects)


def _picture(name: str, shown: Shown, subjects: Sequence[Subject]) -> Iterator[ET.Element]:
    about, size = shown.disputed, (shown.width, shown.height)
    yield element("h3", f"{about.camera}, {moment(about.time)}, boxes in dispute: {about.boxes}")
    yield charts.photograph(name, data_url(shown.picture, "image/jpeg"), *size)
    known = len(shown.truth)
    panels = [("truth", charts.boxed(name, *size, shown.truth, paint="#f2cc60", right=[True] * known, said=[""] * known))]
    for run, (subject, found) in enumerate(zip(subjects, about.found, strict=True)):
        scores = [f"{score:.2f}" for score in found.scores.tolist()]
        drawn = charts.boxed(name, *size, found.boxes, paint=charts.colour(run), right=found.right.tolist(), said=scores)
        panels.append((f"{subject.letter} {subject.title}"[:48], drawn))
    yield element("div", *(element("figure", drawn, element("figcaption", said)) for said, drawn in panels), class_="wide")


def moment(time: int) -> str:
    """Fleet time (ns) for people."""
    return f"{datetime.fromtimestamp(time / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
