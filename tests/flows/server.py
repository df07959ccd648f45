"""A Prefect server and a worker of its own for tests: a free port, a home in a temporary folder, no telemetry."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREFECT = [sys.executable, "-m", "prefect"]


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which a server that is up is the configured one."""
    port = free_port()
    env = {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_HOME": str(folder / "prefect"), "RUNS": str(folder / "runs"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "true", "PREFECT_LOGGING_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1", "PREFECT_WORKER_QUERY_SECONDS": "2",
    }  # fmt: skip
    command = ["server", "start", "--host", "127.0.0.1", "--port", str(port), "--analytics-off"]
    with running(command, env, folder / "server.log"):
        wait_until(lambda: _answers(env["PREFECT_API_URL"]), 90)
        yield env


@contextmanager
def running(words: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Prefect that is asked to end afterwards, with all that it has begun."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*PREFECT, *words], env={**os.environ, **env}, cwd=ROOT, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition, seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
