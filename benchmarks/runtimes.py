"""Whether exported networks see what the trained one sees, how fast they are, and what a challenger costs the champion.

    python -m benchmarks.runtimes                  a model of its own, trained for a minute on the simulated ward
    python -m benchmarks.runtimes --runs runs      the champion of these runs

parity   flows.export in f32, f16 and int8: both networks on the same pictures of the test split, after suppression
speed    one frame at a time, all runtimes in turns on the same frames, one thread; times as fast as eager PyTorch
shadow   the champion's milliseconds per frame with a challenger beside it, against those without, in turns
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

FASTER = 1.0  # times as fast as eager PyTorch, at least, in f32
LOST = 0.03  # mAP50 that int8 may cost
SLOWER = 1.25  # times as long that the champion may take with a challenger beside it, where there is a core for each
SMALL = ["fleet.every_camera.seconds=30"]
BRIEF = ["trainer.epochs=2", "trainer.epoch_steps=120"]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=Path, help="a RUNS folder whose registry has a champion")
    said = parser.parse_args()
    with TemporaryDirectory(prefix="wardflow-") as folder:
        runs = said.runs or Path(folder)
        if not said.runs:
            for words in (["ingest", *SMALL], ["prepare", *SMALL], ["train", *BRIEF], ["promote"]):
                command(runs, *words)
        good = [exported(runs, precision) for precision in ("f32", "f16", "int8")]
        good.append(shadowed(runs))
    return 0 if all(good) else 1


def command(runs: Path, name: str, *words: str) -> dict[str, Any]:
    """What the summary of a flow says; its exit code does not matter, as a refused export has figures too."""
    env = {**os.environ, "RUNS": str(runs), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-m", f"flows.{name}", *words], env=env, capture_output=True, text=True, check=False)
    found = sorted(runs.glob(f"{name}/*/*/summary.json"))
    if not found or done.returncode not in (0, 1):
        raise SystemExit(f"flows.{name} {' '.join(words)}: {done.stderr[-2000:]}")
    summary: dict[str, Any] = json.loads(found[-1].read_text())
    if summary["status"] == "failed" and name != "export":
        raise SystemExit(f"flows.{name} {' '.join(words)}: {summary['failures']}")
    return summary


def exported(runs: Path, precision: str) -> bool:
    summary = command(runs, "export", f"precision={precision}")
    rows = {row["runtime"]: row for row in summary["details"]["rows"]}
    trained = rows.pop("torch")
    print(f"\n{precision}: {trained['frames']} pictures, {trained['detections']} people; eager PyTorch {trained['ms']:.1f} ms, "
          f"mAP50 {trained['map50']:.4f}")  # fmt: skip
    good = [_of_runtime(name, row, trained, precision) for name, row in rows.items()]
    for name, reason in summary["failures"].items():
        print(f"NOT {name}: {reason}")
    return all(good) and not summary["failures"]


def _of_runtime(name: str, row: Mapping[str, Any], trained: Mapping[str, Any], precision: str) -> bool:
    fast, lost = row["times_as_fast"], trained["map50"] - row["map50"]
    good = (fast >= FASTER or precision != "f32") and lost <= LOST
    print(
        f"{'ok ' if good else 'NOT'} {name:<9} {row['ms']:6.1f} ms, {fast:5.2f} times as fast, {row['memory_mb']:5.0f} MB; "
        f"same {row['same']:.4f}, boxes {row['box_px_mean']:.3f} px (most {row['box_px_max']:.2f}), "
        f"scores {row['score_mean']:.5f} (most {row['score_max']:.4f}); mAP50 {row['map50']:.4f} ({-lost:+.4f})"
    )
    return good


def shadowed(runs: Path, rounds: int = 6, frames: int = 40) -> bool:
    """Cameras at work: frames come at a pace that the champion holds with time to spare."""
    from components.contracts import Camera, Frame
    from components.detectors.onnx import Onnx
    from components.shadow import Shadowed

    weights = str(sorted(runs.glob("models/staff_detector/*/model.onnx"))[-1])
    camera, chance = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), np.random.default_rng(0)
    shown = [Frame(camera, i, i, "", i, chance.integers(0, 255, (360, 640, 3), np.uint8), np.eye(3)) for i in range(frames)]
    champion = Onnx(weights)
    both = Shadowed(champion, build=lambda: Onnx(weights), note=lambda _look: None, most=16, waits=False)
    pace = 2.5 * float(np.median(_times(champion, shown, 0.0)))
    turns = [
        (float(np.median(_times(champion, shown, pace))), float(np.median(_times(both, shown, pace)))) for _ in range(rounds)
    ]
    both.close()
    alone, beside = np.median(np.array(turns), axis=0)
    ratio = float(np.median([with_ / without for without, with_ in turns]))
    good = ratio <= SLOWER or len(os.sched_getaffinity(0)) < 2
    print(f"\n{'ok ' if good else 'NOT'} champion {alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms with a challenger: "
          f"{ratio:.2f} times as long (at most {SLOWER}); challenger saw {both.seen} frames, missed {both.dropped}")  # fmt: skip
    return good and not both.problem


def _times(detector: Any, frames: Sequence[Any], pace: float) -> list[float]:
    """Seconds of each frame; a frame comes every `pace` seconds."""
    times, due = [], time.perf_counter()
    for frame in frames:
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        detector.detect([frame])
        times.append(time.perf_counter() - began)
        due = max(due + pace, began)
    return times


if __name__ == "__main__":
    sys.exit(main())
