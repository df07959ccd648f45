"""The whole way on the simulated ward, from cameras to a page with staff on it: `make demo`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from components.contracts import InputError
from flows import _launch, _wiring
from flows._summary import Summary

COMMANDS = (
    "flows.ingest fleet=simulated_ward",
    "flows.prepare sampling=fixed_5fps preprocessing=standard",
    "flows.train model=yolov8n",
    "flows.evaluate",
    "flows.promote",
    "flows.track footage=recorded sampling=fixed_5fps",
    "flows.evaluate of=tracks",
)
PATIENCE = 60.0  # seconds for the page to answer


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(port: int, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def demo(overrides: Sequence[str] = ()) -> Summary:
    """Run each command as a reader would type it, then leave the dashboard running."""
    config = _wiring.plan("demo", overrides, calls)
    began = time.monotonic()
    for number, command in enumerate(COMMANDS, 1):
        print(f"\n[{number}/{len(COMMANDS) + 1}] $ python -m {command}", flush=True)
        if code := subprocess.run([sys.executable, "-m", *command.split()], check=False).returncode:
            return Summary("failed", failures={command: f"exit code {code}; what went wrong stands above"})
    print(f"\n[{len(COMMANDS) + 1}/{len(COMMANDS) + 1}] $ python -m flows.dashboard port={config['port']}", flush=True)
    address = _serve(config["port"])
    figures: dict[str, float | int | str | None] = {"minutes": (time.monotonic() - began) / 60, "dashboard": address}
    return Summary(
        "completed", figures, note="the dashboard goes on in the background; make demo-stop ends it", next=f"open {address}"
    )


def _serve(port: int) -> str:
    """Start the dashboard on its own, in the place of one that an earlier demo left; returns its address once it answers."""
    runs = Path(os.environ.get("RUNS", "runs"))
    stop(runs)
    with (runs / "dashboard.log").open("w") as log:
        command = [sys.executable, "-m", "flows.dashboard", f"port={port}"]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    (runs / "dashboard.pid").write_text(str(process.pid))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for line in (runs / "dashboard.log").read_text().splitlines():
            if line.startswith("the dashboard is at "):
                return line.split()[4]
        time.sleep(0.2)
    raise InputError(
        f"the dashboard did not start: {(runs / 'dashboard.log').read_text().strip()}; try python -m flows.dashboard port=0"
    )


def stop(runs: Path) -> None:
    """End the dashboard that an earlier demo left, if it is still the process that it was."""
    file = runs / "dashboard.pid"
    if not file.is_file():
        return
    pid = int(file.read_text())
    command = Path(f"/proc/{pid}/cmdline")
    if command.is_file() and b"flows.dashboard" in command.read_bytes():
        os.kill(pid, signal.SIGTERM)
    file.unlink()


main = _launch.command(demo)

if __name__ == "__main__":
    main()
