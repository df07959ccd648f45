"""Quick answers with a month of 200 cameras behind them: `python -m benchmarks.month [database] [days] [cameras] [store]`.

Makes the facts up where they are not there yet (minutes; a run that is cut off goes on from the last whole day), asks every
question over 1, 3, 10 ... days, prints the 95th percentiles and plots them against the amount of data. Where a store is
given, it gets the positions of 300 people at 5 Hz in the last hour, and one minute out of them is read again and again.
"""

# ruff: noqa: ARG005 - all questions are asked in the same way
from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.generated_month import FIRST, ROLES, RUN, SITE, Amount, generate, positions
from components.database.database import Database
from components.database.questions import Questions
from components.database.spans import DAY, HOUR, MINUTE
from components.storage import layout
from components.storage.storage import Storage

BOUND = 300.0  # ms
TIMES = 20  # that each question is asked over each period
OUT = Path("runs/benchmarks")

Ask = Callable[[Questions, int, int, random.Random], object]


def main() -> None:
    given = sys.argv[1:5]
    url, days, cameras, store = (*given, *("sqlite:///runs/benchmarks/month.db", "30", "200", "")[len(given) :])
    amount = Amount(days=int(days), cameras=int(cameras), staff=3 * int(cameras))
    database = Database(url)
    began = time.monotonic()
    generate(database, amount)
    print(f"{amount.days} days of {amount.cameras} cameras and {amount.staff} staff; made up in {time.monotonic() - began:.0f} s")
    periods = sorted({days for days in (1, 3, 10, 30) if days < amount.days} | {amount.days})
    kind = database.engine.dialect.name
    plot(measure(Questions(database), periods, kind), periods, kind)
    if store:
        replay(Storage(store), FIRST + amount.days * DAY - HOUR)


def questions() -> dict[str, Ask]:
    """Every question, as pages ask it: about a zone, role or person that chance picks."""
    return {
        "extent": lambda q, a, b, r: q.extent(SITE),
        "occupancy now": lambda q, a, b, r: q.occupancy(SITE),
        "occupancy then": lambda q, a, b, r: q.occupancy(SITE, at=r.randrange(a, b)),
        "available now": lambda q, a, b, r: q.available(SITE, role=r.choice(ROLES)),
        "available then": lambda q, a, b, r: q.available(SITE, at=r.randrange(a, b)),
        "search a person": lambda q, a, b, r: q.search(SITE, f"nurse-{r.randrange(100):03d}"),
        "search a role": lambda q, a, b, r: q.search(SITE, r.choice(ROLES)),
        "search then": lambda q, a, b, r: q.search(SITE, "", at=r.randrange(a, b)),
        "stays": lambda q, a, b, r: q.stays(SITE, start=a, end=b),
        "stays of a person": lambda q, a, b, r: q.stays(SITE, start=a, end=b, person=f"nurse-{r.randrange(200):03d}"),
        "stays of a role": lambda q, a, b, r: q.stays(SITE, start=a, end=b, role=r.choice(ROLES)),
        "stays in a zone": lambda q, a, b, r: q.stays(SITE, start=a, end=b, zone=_zone(r)),
        "stays of nobody": lambda q, a, b, r: q.stays(SITE, start=a, end=b, person="nobody"),
        "dwell by zone": lambda q, a, b, r: q.dwell(SITE, start=a, end=b),
        "dwell by role": lambda q, a, b, r: q.dwell(SITE, start=a, end=b, by="role"),
        "dwell by both": lambda q, a, b, r: q.dwell(SITE, start=a, end=b, by="both"),
        "dwell in a zone": lambda q, a, b, r: q.dwell(SITE, start=a, end=b, by="both", zone=_zone(r)),
        "flows": lambda q, a, b, r: q.flows(SITE, start=a, end=b),
        "flows of a role": lambda q, a, b, r: q.flows(SITE, start=a, end=b, role=r.choice(ROLES)),
        "heat": lambda q, a, b, r: q.heat(SITE, start=a, end=b),
        "heat of a role": lambda q, a, b, r: q.heat(SITE, start=a, end=b, role=r.choice(ROLES)),
        "timeline, hours": lambda q, a, b, r: q.timeline(SITE, start=a, end=b),
        "timeline, hours, zone": lambda q, a, b, r: q.timeline(SITE, start=a, end=b, zone=_zone(r), role=r.choice(ROLES)),
        "timeline, days": lambda q, a, b, r: q.timeline(SITE, start=a, end=b, step="day"),
        "timeline, minutes": lambda q, a, b, r: q.timeline(SITE, start=max(a, b - DAY), end=b, step="minute"),
        "timeline, minutes, zone": lambda q, a, b, r: q.timeline(
            SITE, start=max(a, b - DAY), end=b, step="minute", zone=_zone(r)
        ),
        "cameras": lambda q, a, b, r: q.cameras(SITE),
    }  # fmt: skip


def _zone(chance: random.Random) -> str:
    return f"Ward {chance.randrange(10) + 1} room {chance.randrange(20) + 1:02d}"


def measure(answers: Questions, periods: list[int], kind: str) -> dict[str, list[float]]:
    """The 95th percentile (ms) of every question over each period, printed as it is known."""
    print(f"95th percentile of {TIMES} answers in ms, {kind}; the bound is {BOUND:.0f} ms")
    print(f"{'question':<26}" + "".join(f"{days:>8} d" for days in periods) + f"{'own CPU':>10}", flush=True)
    table: dict[str, list[float]] = {}
    for name, ask in questions().items():
        taken = [_percentiles(answers, ask, days) for days in periods]
        table[name] = figures = [wall for wall, _ in taken]
        late = "  over the bound" if max(figures) > BOUND else ""
        print(f"{name:<26}" + "".join(f"{figure:>10.1f}" for figure in figures) + f"{taken[-1][1]:>10.1f}" + late, flush=True)
    return table


def _percentiles(answers: Questions, ask: Ask, days: int) -> tuple[float, float]:
    """Of the wall clock, and of the CPU of this process: what it would be on a machine with nothing else to do.

    Most questions end at an odd minute of the last day, some at the newest moment.
    """
    extent, chance, taken, worked = answers.extent(SITE), random.Random(days), [], []
    for turn in range(TIMES):
        end = extent.newest - (0 if turn % 3 == 0 else chance.randrange(0, 23 * 60) * MINUTE)
        start = max(end - days * DAY, extent.first)
        began, used = time.perf_counter(), time.process_time()
        ask(answers, start, end, chance)
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - used))
    return sorted(taken)[round(0.95 * (TIMES - 1))], sorted(worked)[round(0.95 * (TIMES - 1))]


def replay(storage: Storage, hour: int) -> None:
    """How long it takes to read one minute of everybody's positions out of the file of an hour."""
    size, file = positions(storage, start=hour, hours=1), storage.fetch(layout.positions(hour, RUN))
    chance, taken = random.Random(1), []
    for _ in range(TIMES):
        start = hour + chance.randrange(59) * MINUTE
        began = time.perf_counter()
        rows = pq.read_table(file, filters=[("time", ">=", start), ("time", "<", start + MINUTE)])
        taken.append(1000 * (time.perf_counter() - began))
    late = sorted(taken)[round(0.95 * (TIMES - 1))]
    print(
        f"one minute of positions ({rows.num_rows} of {rows.num_rows * 60} rows, {size / 1e6:.0f} MB an hour): p95 {late:.0f} ms"
    )


def plot(table: dict[str, list[float]], periods: list[int], kind: str) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 6))
    for name, figures in sorted(table.items(), key=lambda item: -item[1][-1]):
        axes.plot(periods, figures, marker="o", label=name)
    axes.axhline(BOUND, color="black", linestyle="--", label=f"bound: {BOUND:.0f} ms")
    axes.set(xscale="log", yscale="log", xlabel="days that the question is about", ylabel="95th percentile, ms", title=kind)
    axes.set_xticks(periods, [str(days) for days in periods])
    axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5))
    OUT.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT / f"month-{kind}.png", dpi=110, bbox_inches="tight")
    print(f"plot: {OUT / f'month-{kind}.png'}")


if __name__ == "__main__":
    main()
