"""The demo's figures: `python benchmarks/demo.py` runs `make demo` in a fresh clone, installation included.

Prints, each with its bound: the minutes it took, mAP50 on a camera that it has never seen of a model trained there from
scratch, and the median position error of the people it tracked. `--here` runs only the flows, with the installation that this
Python belongs to; `--thorough` then trains with experiment=thorough as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help="no clone, no installation")
    parser.add_argument("--thorough", action="store_true", help="with --here: the longer recipe too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, runs = (ROOT, Path(folder, "runs")) if arguments.here else (Path(folder, "clone"), Path(folder, "clone", "runs"))
        began = time.monotonic()
        if arguments.here:
            run([sys.executable, "-m", "flows.demo", "port=0"], root, runs)
        else:
            run(["git", "clone", "-q", str(ROOT), str(root)], ROOT, runs)
            run(["make", "demo"], root, runs)
        minutes = (time.monotonic() - began) / 60
        results = [("minutes, " + ("flows only" if arguments.here else "installation included"), minutes, "<= 10", minutes <= 10)]
        results += figures(runs)
        if arguments.here and arguments.thorough:
            run([sys.executable, "-m", "flows.train", "experiment=thorough"], root, runs)
            run([sys.executable, "-m", "flows.evaluate"], root, runs)
            map50 = newest(runs, "evaluate")["figures"]["map50"]
            results.append(("mAP50 on a camera never seen, experiment=thorough", map50, ">= 0.90", map50 >= 0.90))
        stop(root, runs)
    for name, figure, bound, good in results:
        print(f"{'ok ' if good else 'NOT'}  {name:<60} {figure:8.3f}  (bound {bound})")
    return 0 if all(good for *_, good in results) else 1


def figures(runs: Path) -> list[tuple[str, float, str, bool]]:
    """What the flows wrote into their summaries."""
    found = [json.loads(path.read_text())["figures"] for path in sorted(runs.glob("evaluate/*/*/summary.json"))]
    map50 = next(item["map50"] for item in found if "map50" in item)
    error = next(item["position_error_m_median"] for item in found if "position_error_m_median" in item)
    return [
        ("mAP50 on a camera never seen, trained from scratch in the demo", map50, ">= 0.70", map50 >= 0.70),
        ("median position error of tracked people, metres", error, "<= 0.5", error <= 0.5),
    ]


def newest(runs: Path, flow: str) -> dict[str, dict[str, float]]:
    path = sorted(runs.glob(f"{flow}/*/*/summary.json"))[-1]
    summary: dict[str, dict[str, float]] = json.loads(path.read_text())
    return summary


def run(command: list[str], folder: Path, runs: Path) -> None:
    print("$", " ".join(command), flush=True)
    subprocess.run(command, cwd=folder, env={**os.environ, "RUNS": str(runs)}, check=True)


def stop(root: Path, runs: Path) -> None:
    """End the dashboard that the demo leaves running."""
    sys.path.insert(0, str(root))
    from flows.demo import stop as stop_dashboard

    stop_dashboard(runs)


if __name__ == "__main__":
    sys.exit(main())
