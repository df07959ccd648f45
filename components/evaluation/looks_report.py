"""How a challenger compares with the champion on the same frames: figures by camera, and a page with what they disagree about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Floats64
from components.evaluation.looks import LOOKS, LOOKS_SCHEMA, PICTURES
from components.evaluation.page import data_url, element, grid, page

ALL = "all"
COUNTS = ("champion", "challenger", "both", "only_champion", "only_challenger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Of one camera, or of all. Shares are NaN where nobody was seen."""

    camera: str
    frames: int  # that both looked at
    rejected: int  # that the challenger's own chain did not let pass
    champion_sees: int  # detections that count
    challenger_sees: int
    both: int
    only_champion: int
    only_challenger: int
    agreement: float  # share of all detections that have a partner, 0..1
    same_count: float  # share of frames in which both count the same number of people
    score_apart: float  # mean difference of the scores of pairs
    champion_ms: float  # median, per frame
    challenger_ms: float
    champion_ms_p95: float
    challenger_ms_p95: float


def compared(folders: Sequence[Path]) -> list[Compared]:
    """All cameras together first, then each, from what was kept in `folders`."""
    tables = [pq.read_table(folder / LOOKS, schema=LOOKS_SCHEMA) for folder in folders if (folder / LOOKS).is_file()]
    whole = pa.concat_tables(tables) if tables else LOOKS_SCHEMA.empty_table()
    columns = {name: whole[name].to_numpy() for name in whole.column_names if name != "camera"}
    cameras = np.array(whole["camera"].to_pylist(), dtype=object)
    names = sorted(set(cameras.tolist()))
    return [
        _of(ALL, columns),
        *(_of(name, {key: column[cameras == name] for key, column in columns.items()}) for name in names),
    ]


def _of(camera: str, columns: Mapping[str, np.ndarray]) -> Compared:
    passed = columns["passed"].astype(np.bool_)
    seen = {name: columns[name][passed] for name in columns}
    sums = {name: int(seen[name].sum()) for name in COUNTS}
    detections = sums["champion"] + sums["challenger"]
    spent = {name: columns[name].astype(np.float64) for name in ("champion_ms", "challenger_ms")}
    apart = seen["score_apart"].astype(np.float64)
    known = ~np.isnan(apart)
    weights = seen["both"][known]
    return Compared(
        camera=camera, frames=int(passed.sum()), rejected=int((~passed).sum()),
        champion_sees=sums["champion"], challenger_sees=sums["challenger"], **{name: sums[name] for name in COUNTS[2:]},
        agreement=2 * sums["both"] / detections if detections else float("nan"),
        same_count=_figure((seen["champion"] == seen["challenger"]).astype(np.float64), 0.0, mean=True),
        score_apart=float(np.average(apart[known], weights=weights)) if weights.sum() else float("nan"),
        champion_ms=_figure(spent["champion_ms"], 50), challenger_ms=_figure(spent["challenger_ms"], 50),
        champion_ms_p95=_figure(spent["champion_ms"], 95), challenger_ms_p95=_figure(spent["challenger_ms"], 95),
    )  # fmt: skip


def _figure(values: Floats64, percentile: float, *, mean: bool = False) -> float:
    if not len(values):
        return float("nan")
    return float(values.mean() if mean else np.percentile(values, percentile))


def metrics(found: Sequence[Compared]) -> dict[str, float]:
    """By name, for a ledger: agreement, ..., and agreement.camera.corridor, ...; without NaN."""
    flat: dict[str, float] = {}
    for each in found:
        ending = "" if each.camera == ALL else f".camera.{each.camera}"
        values = {name: float(value) for name, value in asdict(each).items() if name != "camera"}
        flat |= {f"{name}{ending}": value for name, value in values.items() if not np.isnan(value)}
    return flat


def html(
    found: Sequence[Compared], folders: Sequence[Path], *, champion: str, challenger: str, notes: Sequence[str], most: int
) -> str:
    """The page; it fetches nothing."""
    return page(f"{challenger} beside {champion}", _parts(found, folders, champion, challenger, notes, most))


def _parts(
    found: Sequence[Compared], folders: Sequence[Path], champion: str, challenger: str, notes: Sequence[str], most: int
) -> Iterator[ET.Element]:
    yield element("p", f"Champion: {champion}. Challenger: {challenger}. Both saw the same frames, each through its own chain.")
    for note in notes:
        yield element("p", note, class_="warning")
    yield element("h2", "Agreement, camera by camera")
    heads = ("camera", "frames", "agreement", "both", "only champion", "only challenger", "same number", "scores apart")
    yield grid(heads, [_row(each) for each in found])
    yield element("h2", "Time per frame, ms")
    spent = ("camera", "champion, median", "95 %", "challenger, median", "95 %")
    yield grid(
        spent, [(e.camera, *map(_ms, (e.champion_ms, e.champion_ms_p95, e.challenger_ms, e.challenger_ms_p95))) for e in found]
    )
    yield element("p", "The challenger runs with what the champion leaves it of the processor.", class_="note")
    yield element("h2", "What they disagree about most")
    colours = (
        "Blue: only the champion. Red: only the challenger. Thin grey: both. The number is the sum of the scores of the lonely."
    )
    yield element("p", colours, class_="note")
    for path in worst(folders, most):
        weight, camera, moment = _named(path)
        picture = element("img", src=data_url(path.read_bytes(), "image/jpeg"), alt=f"{camera} at {moment}")
        yield element(
            "figure", picture, element("figcaption", f"{camera}, {np.datetime64(int(moment), 'ns')} UTC, {float(weight):.2f}")
        )


def worst(folders: Sequence[Path], most: int) -> list[Path]:
    """Pictures, the most disputed first."""
    there = [path for folder in folders for path in (folder / PICTURES).glob("*.jpg")]
    return sorted(there, key=lambda path: path.name, reverse=True)[:most]


def frames(folders: Sequence[Path]) -> list[dict[str, str | int]]:
    """Camera and fleet time (ns) of every picture in `folders`."""
    named = [_named(path) for folder in folders for path in sorted((folder / PICTURES).glob("*.jpg"))]
    return [{"camera": camera, "time": int(moment)} for _, camera, moment in named]


def _named(path: Path) -> tuple[str, str, str]:
    """How disputed a picture is, its camera and its time."""
    weight, _, rest = path.stem.partition("-")
    camera, _, moment = rest.rpartition("-")
    return weight, camera, moment


def _row(each: Compared) -> tuple[str, ...]:
    shares = [_share(value) for value in (each.agreement, each.same_count)]
    counts = [f"{value:,}" for value in (each.both, each.only_champion, each.only_challenger)]
    return (
        each.camera,
        f"{each.frames:,}",
        shares[0],
        *counts,
        shares[1],
        "" if np.isnan(each.score_apart) else f"{each.score_apart:.3f}",
    )


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1%}"


def _ms(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"
