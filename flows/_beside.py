"""Runs of the ledger beside each other: fetched, held against the first, shown, and kept as a report."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.contracts import InputError
from flows import _basis, _described, _disputed, _pages, _tables, _wiring
from flows._evidence import Evidence, Run
from flows._summary import Summary

if TYPE_CHECKING:
    from components.evaluation.comparison import Difference
    from components.evaluation.contrast import Drawing, Row
    from components.evaluation.side_by_side import Report

HTML, JSON = "compare.html", "compare.json"  # among the artifacts of the comparison

Differing = list[tuple[str, "Difference"]]  # letter of the run that differs from the first, and in what


def runs(config: Mapping[str, Any], ledger: Any) -> list[Run]:
    """The runs that the config names. Raises InputError where one is not there, or is named twice."""
    dataset = _digest(config)
    found = [ledger.evaluation(word, artifact=_basis.ARTIFACT, dataset=dataset) for word in config["runs"]]
    words: dict[str, str] = {}
    for word, each in zip(config["runs"], found, strict=True):
        if each.run in words:
            raise InputError(f"runs: {words[each.run]} and {word} are the same run, {each.run[:8]}; name two different ones")
        words[each.run] = word
    return [Run(_letter(number), each) for number, each in enumerate(found)]


def _letter(number: int) -> str:
    return (_letter(number // 26 - 1) if number > 25 else "") + chr(ord("a") + number % 26)


def _digest(config: Mapping[str, Any]) -> str:
    """Of the asked dataset, which need not be there any more; empty: any will do."""
    from components.datasets.dataset import named

    word = config["dataset"]
    if word is None or len(word) == 64:
        return word or ""
    return named(word, _wiring.make(config["database"]))


def grounds(runs: Sequence[Run]) -> Differing:
    """In what each differs from the first, besides in what was evaluated."""
    from components.evaluation.comparison import differences

    first = runs[0]
    return [
        (other.letter, each) for other in runs[1:]
        for each in differences(first.basis, other.basis, names=(first.letter, other.letter))
    ]  # fmt: skip


def refusal(runs: Sequence[Run], differing: Differing) -> str:
    """Why these runs are not compared."""
    wrong = {letter for letter, _ in differing}
    named = " and ".join(f"{run.letter} ({run.name})" for run in runs if run.letter in wrong)
    return "\n  ".join([
        f"{runs[0].letter} ({runs[0].name}) and {named} cannot be compared: they differ in more than what was evaluated:",
        *(f"{each.part}: {each.says}" for _, each in differing),
        "anyway=true compares them all the same",
    ])  # fmt: skip


def report(config: Mapping[str, Any], ledger: Any, runs: Sequence[Run], differing: Differing, folder: str) -> Report:
    """Everything that is said of the runs; their files are fetched into `folder`."""
    from components.evaluation.configs import differing as settings_of
    from components.evaluation.contrast import Drawing
    from components.evaluation.side_by_side import Report

    kept = [Evidence(ledger, run, Path(folder, run.letter)) for run in runs]
    how = Drawing(count=config["resamples"], seed=config["seed"], confidence=config["confidence"])
    rows, notes = _rows(kept, how)
    shown, said = _disputed.pictures(config, kept)
    return Report(
        subjects=[each.subject for each in kept], differences=differing,
        settings=settings_of([each.config for each in kept], [each.origins for each in kept]),
        rows=_asked(rows, config["metrics"]), curves=_disputed.curves(kept), shown=shown, notes=[*notes, *said], how=how,
    )  # fmt: skip


def _rows(kept: Sequence[Evidence], how: Drawing) -> tuple[list[Row], list[str]]:
    """Figures, with intervals where runs have kept what was judged; and what is to be said of them."""
    from components.evaluation.contrast import from_metrics, spread

    metrics = [each.run.found.metrics for each in kept]
    if not how.count:
        return from_metrics(metrics, []), ["resamples=0: no intervals"]
    there = [i for i, each in enumerate(kept) if each.table is not None or each.sequences is not None]
    absent = [each.run for i, each in enumerate(kept) if i not in there]
    notes = [f"{run.letter} ({run.name}) has not kept what was judged: its figures have no intervals" for run in absent]
    rows, said = _drawn([kept[i] for i in there], how) if there else ([], [])
    drawn = spread(rows, there, metrics)
    return [*drawn, *from_metrics(metrics, drawn)], [*notes, *said]


def _drawn(kept: Sequence[Evidence], how: Drawing) -> tuple[list[Row], list[str]]:
    """Figures with intervals: over pictures of runs that have judged those, else over sequences."""
    from components.evaluation import contrast, sequences

    tables = [each.table for each in kept if each.table is not None]
    if len(tables) == len(kept):
        pairs = contrast.paired(tables)
        rows = contrast.contrasts(pairs, score=kept[0].score, slices=kept[0].slices, how=how)
        return rows, _shorter(kept, [len(each.keys) for each in tables], len(pairs[0].keys), "pictures")
    runs = [each.sequences for each in kept if each.sequences is not None]
    if len(runs) < len(kept):
        return [], ["detectors and track runs have no figures that can be drawn together: there are no intervals"]
    shared = sequences.together(runs)
    n = len(shared[0].cameras)
    notes = _shorter(kept, [len(each.cameras) for each in runs], n, "sequences")
    if n < sequences.LEAST:
        notes.append("one sequence cannot be drawn from: there are no intervals")
    elif n < sequences.FEW:
        notes.append(f"intervals from {n} sequences are too narrow: below {sequences.FEW} nothing is called better or worse")
    return sequences.contrasts(shared, how=how), notes


def _shorter(kept: Sequence[Evidence], counts: Sequence[int], shared: int, what: str) -> list[str]:
    """What is to be said where not all have judged the same."""
    letters = [each.run.letter for each, count in zip(kept, counts, strict=True) if count > shared]
    return [f"only the {shared:,} {what} that all have judged are drawn; {', '.join(letters)} has more"] if letters else []


def _asked(rows: Sequence[Row], metrics: Sequence[str] | None) -> list[Row]:
    """Rows of `metrics`. Raises InputError for one that no run has."""
    if metrics is None:
        return list(rows)
    known = list(dict.fromkeys(name for row in rows for name in (row.metric, row.name)))
    for name in metrics:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}? " if close else ""
            overall = ", ".join(dict.fromkeys(row.metric for row in rows))
            raise InputError(f"metrics: no run has {name!r}; {hint}there are {overall}")
    return [row for row in rows if row.metric in metrics or row.name in metrics]


def keep(config: Mapping[str, Any], overrides: Sequence[str], ledger: Any, runs: Sequence[Run], report: Report) -> Path:
    """The report in the folder of reports, and in a run of its own in the ledger; where it lies on this machine."""
    from tempfile import TemporaryDirectory

    from components.evaluation.side_by_side import html

    tags = {"flow": "compare", **{f"compared.{run.letter}": run.found.run for run in runs}}
    content, recorded = html(report), {**config, "compared": [run.found.run for run in runs]}
    with (
        TemporaryDirectory(prefix="wardflow-") as folder,
        _described.opened(ledger, "compare", overrides, recorded, effective=config, tags=tags) as run,
    ):
        Path(folder, HTML).write_text(content, encoding="utf-8")
        Path(folder, JSON).write_text(json.dumps(plain(report), indent=1))
        place = Path(config["reports"]).absolute() / f"{run.id}.html"
        _pages.note(run, [HTML], _frames(runs, report), copies=[str(place)])
        run.artifacts(Path(folder))
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}")
        part.write_text(content, encoding="utf-8")
        part.replace(place)
    return place


def _frames(runs: Sequence[Run], report: Report) -> list[dict[str, Any]]:
    """Which frames the report shows."""
    shown = [each.disputed for each in report.shown]
    dataset = runs[0].basis.dataset if shown else ""
    return [{"camera": each.camera, "time": each.time, "dataset": dataset, "key": each.key} for each in shown]


def plain(report: Report) -> dict[str, Any]:
    """The report for programs, without pictures."""
    from flows._summary import finite

    return dict(finite({
        "runs": [asdict(each) for each in report.subjects],
        "differences": [{"run": letter, **asdict(each)} for letter, each in report.differences],
        "config": [asdict(each) for each in report.settings],
        "figures": {row.name: {key: value for key, value in asdict(row).items() if key in ("n", "values", "changes")}
                    for row in report.rows},
        "pictures": [{"key": each.disputed.key, "boxes": each.disputed.boxes} for each in report.shown],
        "notes": list(report.notes), "drawn": asdict(report.how),
    }))  # fmt: skip


def show(report: Report, *, every: bool) -> None:
    """Tables for the person at the keyboard; of slices only with `every`."""
    from components.evaluation.page import printable
    from components.evaluation.side_by_side import change_text, how_it_was_done, value_text

    letters = [each.letter for each in report.subjects]
    if report.settings:
        rows = ([printable(text) for text in (each.key, *each.values)] for each in report.settings)
        _tables.show("configured differently", ("key", *letters), rows)
    heads = ("figure", "n", *letters, *(f"{letter} - {letters[0]}" for letter in letters[1:]))
    _tables.show("figures", heads, (
        (printable(row.name), row.n, *map(value_text, row.values), *map(change_text, row.changes[1:]))
        for row in report.rows if every or not row.kind
    ))  # fmt: skip
    print(f"\n{how_it_was_done(report)}\n")


def summary(runs: Sequence[Run], report: Report, place: Path) -> Summary:
    """What came out, in short."""
    from components.evaluation.page import printable

    said = [f"{each.part}: {each.says}" for _, each in report.differences]
    figures = {run.letter: printable(run.name) for run in runs}
    figures |= {f"differs {number}": printable(each) for number, each in enumerate(said, 1)}
    words = [change.word for row in report.rows if not row.kind for change in row.changes if change is not None and change.word]
    figures |= {word: f"{words.count(word)} of {len(words)} figures" for word in ("better", "worse") if words.count(word)}
    ground = ["these figures do not stand on the same ground: what differs is listed first"] if said else []
    shared = {} if said else {str(part): digest for part, digest in runs[0].basis.digests().items() if digest}
    details = {"comparable": not said, **plain(report), "differences": said, "report": str(place)}
    return Summary(
        "completed", {**figures, "report": str(place)}, shared, note="; ".join([*ground, *report.notes]), details=details
    )  # fmt: skip
