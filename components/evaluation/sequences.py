"""How much a track run's figures would differ at other cameras of the same kind: sequences drawn again and again (Efron 1979).

From the counts of each sequence MOTA, IDF1, precision and recall of a draw are computed as TrackEval combines sequences. HOTA and
positions cannot be combined from what each sequence has, so that means over sequences, weighted by people, are drawn instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Floats32, Floats64, InputError
from components.evaluation import bootstrap
from components.evaluation.contrast import Drawing, Row, row

JUDGED_TRACKS = "judged_tracks.parquet"  # name in the folder, and among the artifacts of a run
SCHEMA = pa.schema({"camera": pa.string(), "metric": pa.string(), "value": pa.float64()})
COUNTS = ("people", "false_negatives", "false_positives", "id_switches", "idf1")  # what every sequence has to have
AVERAGED = ("hota", "position_error_m_median", "position_error_m_p95")  # drawn as means, under the name mean_...
LEAST = 2  # sequences that can be drawn from
FEW = 10  # fewer make intervals that say little


@dataclass(frozen=True, slots=True)
class Sequences:
    """Figures of each sequence of one run."""

    cameras: tuple[str, ...]
    figures: Mapping[str, Floats64]  # each (cameras,); NaN: it does not have it


def sequences(path: Path) -> Sequences:
    """What the file at `path` says. Raises InputError where it is no such table."""
    try:
        table = pq.read_table(path, schema=SCHEMA)
        cameras = tuple(sorted(set(table["camera"].to_pylist())))
        place = {camera: i for i, camera in enumerate(cameras)}
        figures: dict[str, Floats64] = {}
        for camera, name, value in zip(*(column.to_pylist() for column in table.columns), strict=True):
            figures.setdefault(name, np.full(len(cameras), np.nan))[place[camera]] = value
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: no table of sequences that can be read ({' '.join(str(error).split())}); evaluate again"
        ) from error
    if absent := [name for name in COUNTS if name not in figures]:
        raise InputError(f"{path}: it has no {', '.join(absent)}; evaluate again")
    return Sequences(cameras, figures)


def together(runs: Sequence[Sequences]) -> list[Sequences]:
    """The sequences that all have, in the same order."""
    common = set(runs[0].cameras).intersection(*(run.cameras for run in runs[1:]))
    return [_chosen(run, [i for i, camera in enumerate(run.cameras) if camera in common]) for run in runs]


def _chosen(run: Sequences, rows: list[int]) -> Sequences:
    return Sequences(tuple(run.cameras[i] for i in rows), {name: column[rows] for name, column in run.figures.items()})


def drawn(run: Sequences, weights: Floats32) -> dict[str, Floats64]:
    """Each figure of each draw, (draws,); `weights` is (draws, cameras)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        people, missed, alarms, switches, idf1 = (np.nan_to_num(run.figures[name]) for name in COUNTS)
        found = people - missed
        identified = idf1 * (people + found + alarms) / 2  # as IDF1 = 2 IDTP / (true boxes + tracked boxes)
        n, fn, fp, ids, tp, idtp = (weights @ each for each in (people, missed, alarms, switches, found, identified))
        figures = {
            "mota": 1 - (fn + fp + ids) / n, "idf1": 2 * idtp / (n + tp + fp), "precision": tp / (tp + fp), "recall": tp / n,
            "id_switches": ids, "false_positives": fp, "false_negatives": fn,
        }  # fmt: skip
        for name in (name for name in AVERAGED if name in run.figures):
            known = ~np.isnan(run.figures[name])
            weight = np.where(known, people, 0)
            figures[f"mean_{name}"] = (weights @ (weight * np.nan_to_num(run.figures[name]))) / (weights @ weight)
    return {name: np.asarray(values, np.float64) for name, values in figures.items()}


def contrasts(runs: Sequence[Sequences], *, how: Drawing) -> list[Row]:
    """Rows of runs whose sequences are `together`; none where there are too few to draw from."""
    n = len(runs[0].cameras)
    if n < LEAST:
        return []
    lots = list(bootstrap.draws(n, count=how.count, seed=how.seed))
    each = [bootstrap.stacked([drawn(run, weights) for weights in lots]) for run in runs]
    names = dict.fromkeys(name for figures in each for name in figures)
    rows = [row(name, [figures.get(name) for figures in each], n=n, confidence=how.confidence) for name in names]
    return rows if n >= FEW else [_unsaid(each) for each in rows]


def _unsaid(given: Row) -> Row:
    """Without words: few sequences are drawn alike so often that intervals come out too narrow."""
    return replace(given, changes=tuple(None if each is None else replace(each, word="") for each in given.changes))
