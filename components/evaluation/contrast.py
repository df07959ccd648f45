"""Figures of several runs beside each other: how sure each is, and whether it differs from the first run's."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.contracts import Floats32, Floats64, InputError, Ints
from components.evaluation import bootstrap
from components.evaluation.judged import IMAGES, Columns, read
from components.evaluation.matching import BITS
from components.evaluation.slices import Slices, name_of

MOST = 8  # threads
Figures = list[list[dict[str, Floats64]]]  # of each part, of each run, by name

Word = Literal["better", "worse", "no difference shown", ""]  # empty: nobody can say, or it has no better and worse
LOWER = frozenset({
    "id_switches", "false_positives", "false_negatives", "mean_position_error_m_median", "mean_position_error_m_p95",
})  # fmt: skip  # figures of which less is better
KINDS = ("camera", "hour", "crowd", "role")  # of slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure of one run, with its interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From the first run to another one; the interval is that of the difference itself."""

    value: float
    low: float | None = None
    high: float | None = None
    word: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of all runs."""

    metric: str
    kind: str = ""  # of the slice: camera, hour, crowd, role; empty: over all
    value: str = ""  # of the slice, such as bay_a
    n: int | None = None  # pictures, or sequences, that were drawn from; None: no intervals
    values: tuple[Estimate | None, ...]  # of each run; None: it does not have this figure
    changes: tuple[Change | None, ...]  # against the first run, which has none

    @property
    def name(self) -> str:
        return ".".join(filter(None, (self.metric, self.kind, self.value)))


@dataclass(frozen=True, slots=True)
class Table:
    """What one run has judged."""

    keys: tuple[str, ...]  # of the pictures, in the order of `columns`
    columns: Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How intervals are made."""

    count: int = 1000  # draws
    seed: int = 0
    confidence: float = 0.95


def table(folder: Path) -> Table:
    """What lies in `folder`. Raises InputError where that is no evaluation table."""
    columns = read(folder)
    return Table(tuple(pq.read_table(folder / IMAGES, columns=["image"])["image"].to_pylist()), columns)


def paired(tables: Sequence[Table]) -> list[Table]:
    """The pictures that all have judged, in the same order. Raises InputError where there are none."""
    common = set(tables[0].keys).intersection(*(each.keys for each in tables[1:]))
    if not common:
        raise InputError("runs: they have not judged a single picture together; compare them without intervals: resamples=0")
    keys = tuple(key for key in tables[0].keys if key in common)
    return [each if each.keys == keys else Table(keys, _chosen(each, keys)) for each in tables]


def _chosen(given: Table, keys: tuple[str, ...]) -> Columns:
    place, columns = {key: i for i, key in enumerate(given.keys)}, given.columns
    old = np.array([place[key] for key in keys], np.int64)
    new: Ints = np.full(len(given.keys), -1, np.int64)
    new[old] = np.arange(len(keys))
    rows = np.flatnonzero(new[columns.picture] >= 0)
    rows = rows[np.argsort(new[columns.picture[rows]], kind="stable")]
    per_row = {name: getattr(columns, name)[rows] for name in ("score", "matches", "ignored", "role")}
    per_picture = {name: getattr(columns, name)[old] for name in ("camera", "time", "crowd")}
    return replace(columns, picture=new[columns.picture[rows]], **per_row, **per_picture)


def contrasts(tables: Sequence[Table], *, score: float, slices: Slices, how: Drawing) -> list[Row]:
    """Rows over all pictures and of each slice that has enough people, from tables that are `paired`."""
    parts = [("", "", np.ones(len(tables[0].keys), np.bool_)), *_parts(tables[0].columns, slices)]
    found = [[_Part(bootstrap.judged(each.columns, score), mask) for each in tables] for _, _, mask in parts]
    roles = [role for role in _roles(tables[0].columns) if role[1] >= slices.people]
    asked = [_Role(tables, score, role) for role, _ in roles]
    gathered: list[list[list[dict[str, Floats64]]]] = [[[] for _ in tables] for _ in [*parts, *roles]]
    width = max(len(np.flatnonzero(part.judged.matches | part.judged.ignored)) for part in found[0])

    def lot(weights: Floats32) -> Figures:
        whole = [[part.figures(weights, whole=i == 0) for part in row] for i, row in enumerate(found)]
        return [*whole, *(list(role.figures(weights)) for role in asked)]

    for figures in _side_by_side(lot, bootstrap.draws(len(tables[0].keys), count=how.count, seed=how.seed, width=width)):
        for i, row in enumerate(figures):
            for run, each in enumerate(row):
                gathered[i][run].append(each)
    names = [(kind, value, int(mask.sum())) for kind, value, mask in parts]
    names += [("role", role, each.pictures) for (role, _), each in zip(roles, asked, strict=True)]
    return list(_rows(names, gathered, how.confidence))


def _side_by_side(work: Callable[[Floats32], Figures], lots: Iterator[Floats32]) -> Iterator[Figures]:
    """What comes of each lot of draws, in order; several at a time, for numpy lets go of the interpreter."""
    size = min(MOST, os.cpu_count() or 1)
    with ThreadPoolExecutor(size) as threads:
        while some := list(islice(lots, size)):
            yield from threads.map(work, some)


def _parts(columns: Columns, slices: Slices) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for cut in slices.cuts(columns.cameras, columns.camera, columns.time, columns.crowd.astype(np.int64)):
        people = np.bincount(cut.block, weights=columns.crowd, minlength=len(cut.values))
        for number in np.flatnonzero(people >= slices.people).tolist():
            yield cut.kind, name_of(cut.kind, cut.values[number]).removeprefix(f"{cut.kind}."), cut.block == number


class _Part:
    """One run on some of the pictures."""

    def __init__(self, judged: bootstrap.Judged, pictures: NDArray[np.bool_]) -> None:
        self._pictures = np.flatnonzero(pictures)
        self.judged = judged if pictures.all() else bootstrap.of_some(judged, pictures)

    def figures(self, weights: Floats32, *, whole: bool) -> dict[str, Floats64]:
        if whole:
            return bootstrap.figures(self.judged, weights)
        drawn = weights.take(self._pictures, axis=1)
        return {
            "map50": bootstrap.average_precisions(self.judged, drawn, BITS[:1])[:, 0], **bootstrap.rates(self.judged, drawn)
        }  # fmt: skip


def _roles(columns: Columns) -> list[tuple[str, int]]:
    """Each role with how many people of it were asked for."""
    asked = np.isnan(columns.score) | ((columns.matches & BITS[0]) != 0)
    counts = np.bincount(columns.role[asked], minlength=len(columns.roles)).tolist()
    return [(role, count) for role, count in zip(columns.roles, counts, strict=True) if role]


class _Role:
    """Recall of one role in each run: who was asked for, and found above the score, per picture."""

    def __init__(self, tables: Sequence[Table], score: float, role: str) -> None:
        self._counts = [_found_and_asked(each.columns, score, role) for each in tables]
        self.pictures = int((self._counts[0][1] > 0).sum())  # in which somebody of that role is asked for

    def figures(self, weights: Floats32) -> Iterator[dict[str, Floats64]]:
        with np.errstate(invalid="ignore", divide="ignore"):
            for found, asked in self._counts:
                yield {"recall": np.asarray((weights @ found) / (weights @ asked), np.float64)}


def _found_and_asked(columns: Columns, score: float, role: str) -> tuple[Floats32, Floats32]:
    number = columns.roles.index(role) if role in columns.roles else -1
    asked = (np.isnan(columns.score) | ((columns.matches & BITS[0]) != 0)) & (columns.role == number)
    count: Callable[[NDArray[np.bool_]], Floats32] = lambda rows: np.bincount(  # noqa: E731
        columns.picture[rows], minlength=len(columns.time)
    ).astype(np.float32)
    return count(asked & (columns.score >= np.float32(score))), count(asked)


def _rows(
    names: Sequence[tuple[str, str, int]], gathered: Sequence[Sequence[Sequence[Mapping[str, Floats64]]]], confidence: float
) -> Iterator[Row]:
    for (kind, value, n), runs in zip(names, gathered, strict=True):
        drawn = [bootstrap.stacked(parts) for parts in runs]
        for metric in drawn[0]:
            yield row(metric, [each[metric] for each in drawn], n=n, kind=kind, value=value, confidence=confidence)


def row(
    metric: str, drawn: Sequence[Floats64 | None], *, n: int, kind: str = "", value: str = "", confidence: float = 0.95
) -> Row:
    """Of each run the figure itself and then that of each draw, all runs by the same draws; None: it does not have it."""
    first = drawn[0]
    values = tuple(_estimate(each, confidence) for each in drawn)
    changes = tuple(
        None if i == 0 or first is None or each is None else _change(metric, each - first, confidence)
        for i, each in enumerate(drawn)
    )
    return Row(metric=metric, kind=kind, value=value, n=n, values=values, changes=changes)


def plain(metric: str, values: Sequence[float | None], *, kind: str = "", value: str = "") -> Row:
    """A figure that nobody can draw again: without intervals."""
    first = values[0]
    changes = tuple(
        None if i == 0 or first is None or each is None else Change(value=each - first) for i, each in enumerate(values)
    )
    estimates = tuple(None if each is None else Estimate(value=each) for each in values)
    return Row(metric=metric, kind=kind, value=value, values=estimates, changes=changes)


def _estimate(drawn: Floats64 | None, confidence: float) -> Estimate | None:
    if drawn is None or math.isnan(drawn[0]):
        return None
    low, high = _interval(drawn, confidence)
    return Estimate(value=float(drawn[0]), low=low, high=high)


def _change(metric: str, drawn: Floats64, confidence: float) -> Change | None:
    if math.isnan(drawn[0]):
        return None
    low, high = _interval(drawn, confidence)
    return Change(value=float(drawn[0]), low=low, high=high, word=_word(metric, low, high))


def _interval(drawn: Floats64, confidence: float) -> tuple[float | None, float | None]:
    known = drawn[1:][~np.isnan(drawn[1:])]
    if not len(known):
        return None, None
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _word(metric: str, low: float | None, high: float | None) -> Word:
    if low is None or high is None:
        return ""
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (low > 0) != (metric in LOWER) else "worse"


def spread(rows: Sequence[Row], there: Sequence[int], metrics: Sequence[Mapping[str, float]]) -> list[Row]:
    """Rows of the runs `there` as rows of all runs; the others have what the ledger has, without intervals."""
    return [_spread(each, there, [known.get(each.name) for known in metrics]) for each in rows]


def _spread(row: Row, there: Sequence[int], known: Sequence[float | None]) -> Row:
    bare = plain(row.metric, known, kind=row.kind, value=row.value)
    values, changes = list(bare.values), list(bare.changes)
    for i, value, change in zip(there, row.values, row.changes, strict=True):
        values[i] = value
        if i and there[0] == 0:  # otherwise it was held against another run than the first
            changes[i] = change
    return replace(row, values=tuple(values), changes=tuple(changes))


def from_metrics(metrics: Sequence[Mapping[str, float]], known: Sequence[Row]) -> list[Row]:
    """Every figure of the ledger that is not among `known`, without intervals."""
    there = {each.name for each in known}
    names = dict.fromkeys(name for each in metrics for name in each if name not in there)
    return [_named(name, [each.get(name) for each in metrics]) for name in names]


def _named(name: str, values: Sequence[float | None]) -> Row:
    metric, _, rest = name.partition(".")
    kind, _, value = rest.partition(".")
    return plain(metric, values, kind=kind, value=value) if kind in KINDS else plain(name, values)
