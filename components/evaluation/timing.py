"""How long a detector takes on this machine, and how much memory, on frames as cameras give them."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge

from components.contracts import Floats64, Frame

try:
    import resource
except ImportError:  # Windows cannot tell
    resource = None  # type: ignore[assignment]

MEGABYTE = 2**20
Serve = Callable[[Sequence[Frame]], object]  # what serving does with a batch of frames
LEAST = 3  # measurements, however long they take
MOST = 1000  # and however short


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of each call, after warming up."""

    alone: Floats64  # of one frame
    batch: Floats64  # of a whole batch of `size` frames
    size: int
    memory: (
        float  # MB that the process has grown by at its peak, from before the detector was there; NaN: this system cannot tell
    )

    def metrics(self) -> dict[str, float]:
        """By name, for a ledger."""
        known = {"memory_mb": self.memory} if np.isfinite(self.memory) else {}
        return {
            "latency_ms.median": float(np.median(self.alone)),
            "latency_ms.p95": float(np.percentile(self.alone, 95)),
            "latency_ms.batch_median": float(np.median(self.batch)),
            "latency_ms.batch_p95": float(np.percentile(self.batch, 95)),
            **known,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long to look: for about `seconds` after `warm_up` calls that do not count; 0 seconds: not at all."""

    seconds: Annotated[float, Ge(0)] = 2.0
    warm_up: Annotated[int, Ge(0)] = 3

    def measure(self, build: Callable[[], Serve], frames: Sequence[Frame], *, batch_size: int) -> Latency:
        """Frame by frame for half of the time, and in batches of `batch_size` for the other half, again and again.

        `build` makes what serves; the growth of memory counts from before that, in this process, so that what was loaded
        before, such as libraries, does not.
        """
        before = _now()
        serve = build()
        alone = self._times(serve, frames, 1)
        batch = self._times(serve, frames, batch_size)
        return Latency(alone, batch, batch_size, (_peak() - before) / MEGABYTE)

    def _times(self, serve: Serve, frames: Sequence[Frame], size: int) -> Floats64:
        times: list[float] = []
        for call in range(self.warm_up + MOST):
            batch = [frames[(call * size + i) % len(frames)] for i in range(size)]
            began = time.perf_counter()
            serve(batch)
            if call >= self.warm_up:
                times.append((time.perf_counter() - began) * 1000)
            if len(times) >= LEAST and sum(times) >= self.seconds * 500:
                break
        return np.array(times, np.float64)


def _now() -> float:
    """Bytes of memory that the process has, from where its peak is counted; what nobody needs any more is not part of it."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    except OSError:
        return _peak()
    return _status("VmRSS")


def _peak() -> float:
    """Bytes of memory that the process had at most."""
    if Path("/proc/self/status").exists():
        return _status("VmHWM")
    if resource is None:
        return float("nan")
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024.0 for line in lines if line.startswith(f"{name}:")), float("nan"))
