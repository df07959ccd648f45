"""How right times become where frames carry source time: `python benchmarks/clocks.py [--cameras 200] [--minutes 10]`.

Simulated cameras with clocks that are up to 30 s off, drift by up to 200 ppm and step, over a network with jitter and bursts; in
accelerated time. Printed: by how much corrected times are wrong, frame by frame, and when a clock that goes wrong is named. Then
the clock of the machine that records is set by some seconds: where nobody vouches for that no camera may look wrong; where NTP
does, fleet time comes near it, and corrected times follow fleet time.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from components.clocks.clock import Clock  # noqa: E402
from components.clocks.kernel import Kept  # noqa: E402
from components.clocks.own import FleetClock  # noqa: E402
from components.clocks.verdict import judged  # noqa: E402

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
MEDIAN, P95, NAMED = 0.020, 0.060, 120.0  # s: the bounds
TRUSTED = 0.5  # s that a clock may be wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    begun = time.monotonic()
    errors, named = [], []
    for number in range(words.cameras):
        wrong, when = camera(np.random.default_rng([words.seed, number]), 60 * words.minutes, steps=number % 4 == 0)
        errors.append(wrong)
        named += [when] if when is not None else []
    good = report(np.concatenate(errors), np.array(named), words, time.monotonic() - begun)
    return 0 if all([good, *(our_step(words, vouched=vouched) for vouched in (False, True))]) else 1


def camera(rng: np.random.Generator, seconds: float, *, steps: bool) -> tuple[np.ndarray, float | None]:
    """Errors of one camera's corrected times (s); how long after its step a fault was named (s; inf: never), None without one."""
    offset, drift = rng.uniform(-30, 30), rng.uniform(-200e-6, 200e-6)
    at, step = rng.uniform(60, seconds - 130), float(rng.choice([-1, 1]) * rng.uniform(1.5, 6.0))
    if steps:
        offset = rng.uniform(-0.3, 0.3)  # right at first
    delays = (0.005 + rng.uniform(0, 0.03), rng.uniform(0.002, 0.03), float(rng.choice([1.0, 5.0, 10.0])))
    clock, wrong, named = Clock(latency=0.02), [], np.inf
    for moment in np.arange(0, seconds, 1 / delays[2]).tolist():
        delay = delays[0] + rng.exponential(delays[1]) + (rng.uniform(0.1, 1.0) if rng.random() < 0.02 else 0.0)
        ahead = offset + drift * moment + (step if steps and moment >= at else 0.0)
        source = NOW + round((moment + ahead) * SECOND)
        clock.see(NOW + round((moment + delay) * SECOND), source)
        wrong.append(abs((clock.corrected(source) - NOW) / SECOND - moment))
        if steps and moment >= at and named == np.inf and judged("", clock.estimate(), trusted=TRUSTED).state == "fault":
            named = moment - at
    return np.array(wrong), named if steps else None


def our_step(words: argparse.Namespace, *, vouched: bool) -> bool:
    """What becomes of cameras that are right where our own clock is set by some seconds."""
    logging.disable(logging.ERROR)  # each camera has a machine of its own here
    errors, wrong = [], 0
    for number in range(words.cameras):
        off, looks_wrong = on_machine(np.random.default_rng([words.seed, 7, number]), 60 * words.minutes, vouched=vouched)
        errors.append(off)
        wrong += looks_wrong
    median, p95 = (float(np.quantile(np.concatenate(errors), q)) for q in (0.5, 0.95))
    rows = [
        ("median error", f"{1000 * median:.1f} ms", f"<= {1000 * MEDIAN:.0f} ms", median <= MEDIAN),
        ("p95 of the error", f"{1000 * p95:.1f} ms", f"<= {1000 * P95:.0f} ms", p95 <= P95),
    ]
    rows += [] if vouched else [("cameras that look wrong", f"{wrong}", "none", not wrong)]
    print(f"our own clock is set by 1.5 to 6 s, {'and NTP vouches for it' if vouched else 'and nobody vouches for it'}")
    return printed(rows)


def on_machine(rng: np.random.Generator, seconds: float, *, vouched: bool) -> tuple[np.ndarray, bool]:
    """Errors of one camera's corrected times against fleet time (s); whether it ever looked wrong, or as if it had stepped."""
    offset, drift = rng.uniform(-0.3, 0.3), rng.uniform(-200e-6, 200e-6)
    at, step = rng.uniform(60, seconds - 130), round(rng.choice([-1, 1]) * rng.uniform(1.5, 6.0) * SECOND)
    even = [0]
    fleet = FleetClock(
        utc=lambda: NOW + even[0] + (step if even[0] >= at * SECOND else 0), even=lambda: even[0], kept=lambda: Kept(vouched, 0)
    )
    clock, errors, wrong, delay = Clock(latency=0.02), [], False, 0.02 + rng.uniform(-0.01, 0.01)
    for moment in np.arange(0, seconds, 0.2).tolist():
        even[0] = round(moment * SECOND)
        taken = fleet.now()
        even[0] += round((delay + rng.exponential(0.02)) * SECOND)
        source = NOW + round((moment + offset + drift * moment) * SECOND)
        clock.see(fleet.now(), source, fleet.moved)
        errors.append(abs(clock.corrected(source) - taken) / SECOND)
        wrong = wrong or judged("", clock.estimate(), trusted=TRUSTED).state != "right"
    return np.array(errors), wrong or clock.steps > 0


def report(errors: np.ndarray, named: np.ndarray, words: argparse.Namespace, seconds: float) -> bool:
    median, p95 = (float(np.quantile(errors, q)) for q in (0.5, 0.95))
    latest = float(named.max()) if len(named) else 0.0
    rows = [
        ("median error", f"{1000 * median:.1f} ms", f"<= {1000 * MEDIAN:.0f} ms", median <= MEDIAN),
        ("p95 of the error", f"{1000 * p95:.1f} ms", f"<= {1000 * P95:.0f} ms", p95 <= P95),
        ("a fault is named after", f"{latest:.0f} s at the latest", f"<= {NAMED:.0f} s", latest <= NAMED),
    ]
    print(f"{words.cameras} cameras, {words.minutes:g} minutes, {len(errors):,} frames, {len(named)} steps; {seconds:.1f} s")
    return printed(rows)


def printed(rows: list[tuple[str, str, str, bool]]) -> bool:
    """Whether all bounds are kept."""
    for name, value, bound, good in rows:
        print(f"  {name:24} {value:20} {bound:12} {'ok' if good else 'MISSED'}")
    return all(row[3] for row in rows)


if __name__ == "__main__":
    sys.exit(main())
