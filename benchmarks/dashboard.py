"""What the dashboard costs its server while people move: `python -m benchmarks.dashboard [people] [seconds]`."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from components.contracts import Position
from components.database.database import Database
from components.database.positions import replacing

RATE = 5  # moments per second
SERVER = """
import sys
from components.dashboard.serve import serve
from components.database.database import Database
from components.storage.storage import Storage
serve(Storage(sys.argv[1]), Database(sys.argv[2]), port=0, ready=lambda address: print(address, flush=True))
"""


def main() -> None:
    people, seconds = (int(word) for word in (*sys.argv[1:], "50", "20")[:2])
    print(f"{people} people, {RATE} times a second")
    print(f"{'pages':>6} {'CPU of a core':>14} {'events/s':>9} {'memory':>8} {'time to stop':>13}")
    for pages in (1, 6):
        cpu, events, memory, stop = measure(people, pages, seconds)
        print(f"{pages:>6} {cpu:>13.2f}% {events:>9.1f} {memory:>5.0f} MB {stop:>11.1f} s")


def measure(people: int, pages: int, seconds: int) -> tuple[float, float, float, float]:
    """CPU in percent of a core, events per second and page, resident MB, seconds from SIGTERM to the end."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/wardflow.db"
        database = Database(url)
        place(database, people, 0)
        words = [sys.executable, "-c", SERVER, folder, url]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as server:
            address = server.stdout.readline().strip() if server.stdout else ""
            heard = [0] * pages
            for i in range(pages):
                threading.Thread(target=listen, args=(f"{address}/api/live", heard, i), daemon=True).start()
            time.sleep(2)
            heard[:] = [0] * pages
            before, began = used(server.pid), time.monotonic()
            for moment in range(1, seconds * RATE):
                place(database, people, moment)
                time.sleep(max(0.0, began + moment / RATE - time.monotonic()))
            wall = time.monotonic() - began
            cpu, memory = 100 * (used(server.pid) - before) / wall, resident(server.pid)
            server.terminate()
            told = time.monotonic()
            server.wait(20)
            return cpu, sum(heard) / pages / wall, memory, time.monotonic() - told


def place(database: Database, people: int, moment: int) -> None:
    """Everybody walks in a circle."""
    database.apply(replacing("0123456789ab", "Ward", [position(i, moment) for i in range(people)]))


def position(i: int, moment: int) -> Position:
    angle, person = moment / RATE / 3 + i, f"nurse-{i}" if i % 3 else "unknown"
    x, y = (i % 10) * 4 + math.cos(angle), (i // 10) * 4 + math.sin(angle)
    time = (moment + 1) * 10**9 // RATE
    return Position(time, f"p{i}", person, "nurse", 0.9, x, y, 0.2, "Ward", ("a", "b"), (), "badge 7 read 4 times")


def listen(address: str, heard: list[int], i: int) -> None:
    with urllib.request.urlopen(address) as stream:
        for line in stream:
            heard[i] += line.startswith(b"event: live")


def used(process: int) -> float:
    """Seconds of CPU time so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: int) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
