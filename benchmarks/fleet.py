"""How long a large fleet takes before anything starts: `python benchmarks/fleet.py [--cameras 200]`.

A fleet with groups, a profile, declared pictures and addresses with user and password from the environment is composed and
checked, as every flow does first, on one core in one process; besides, the whole command `python -m flows.fleet`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BOUND = 1.0  # s for both together
ROUNDS = 5

HEAD = """# A large fleet.
site: large
zones: []
staff: []
every_camera:
  _target_: components.sources.stream.Stream
  homography: [[0.01, 0, 0], [0, 0.01, 0], [0, 0, 1]]
  declared: {width: 1920, height: 1080, fps: 25, codec: h264}
groups:
  corridors: {clock_error: 1.0, declared: {megabits: 4.0}}
  bays: {latency: 0.2, declared: {width: 1280, height: 720, megabits: 2.0}}
profile: night
profiles:
  night: {every_camera: {timeout: 10.0}, groups: {bays: {declared: {fps: 12.5}}}}
cameras:
"""
CAMERA = """  cam-{n:03d}:
    group: {group}
    location: Room {n}
    url: rtsp://${{oc.env:CAMERA_USER}}:${{oc.env:CAMERA_PASSWORD}}@10.0.{third}.{fourth}/stream1
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=200)
    count = parser.parse_args().cameras
    os.environ.update(CAMERA_USER="viewer", CAMERA_PASSWORD="not-a-real-one")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUNS"] = f"{folder}/runs"
        os.environ["PYTHONPATH"] = installed(Path(folder), count)
        sys.path.insert(0, folder)
        composed, checked = in_process()
        seconds = command()
    total = composed + checked
    print(f"{count} cameras, the slowest of {ROUNDS} rounds")
    print(f"  compose                    {composed:6.3f} s")
    print(f"  check                      {checked:6.3f} s")
    print(f"  both                       {total:6.3f} s   < {BOUND:g} s   {'ok' if total < BOUND else 'MISSED'}")
    print(f"  python -m flows.fleet      {seconds:6.3f} s   from the shell, with what Python imports, the table and the registry")
    return 0 if total < BOUND else 1


def installed(folder: Path, count: int) -> str:
    """The fleet `large` as a plugin brings it; the folder for PYTHONPATH."""
    home, about = folder / "large_fleet", folder / "large_fleet-1.0.dist-info"
    (home / "conf" / "fleet").mkdir(parents=True)
    (home / "__init__.py").write_text('"""A large fleet."""\n')
    (home / "conf" / "fleet" / "large.yaml").write_text(HEAD + "".join(map(camera, range(count))))
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: large_fleet\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[wardflow.plugins]\nlarge_fleet = large_fleet\n")
    return str(folder)


def camera(n: int) -> str:
    return CAMERA.format(n=n, group="bays" if n % 2 else "corridors", third=n // 250, fourth=n % 250 + 1)


def in_process() -> tuple[float, float]:
    """Seconds to compose and to check, where the modules are there: of the slowest round."""
    from flows import _launch, _wiring, ingest

    words = ["fleet=large"]
    _wiring.plan("ingest", ["fleet=stream", "fleet.cameras.cam1.url=rtsp://10.0.0.1/a"], ingest.calls)  # imports
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        config = _launch.compose("ingest", words)
        middle = time.perf_counter()
        _wiring.verify(config, ingest.calls, _wiring.Origins("ingest", words))
        rounds.append((middle - begun, time.perf_counter() - middle))
    return max(rounds, key=sum)


def command() -> float:
    """Seconds from the shell and back."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "flows.fleet", "fleet=large"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
