"""What the dashboard's pages wait for, over HTTP, with a month behind them: `python -m benchmarks.pages [database]`.

The database is the one that `python -m benchmarks.month` has made. Asks a real server what each page asks, over 1, 3, 10 ... days
that end at odd minutes, and prints the 95th percentiles with the bound; a figure over it makes the exit code 1.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.dashboard import SERVER
from benchmarks.generated_month import ROLES, SITE
from components.database.database import Database
from components.database.questions import Questions
from components.database.spans import DAY, MINUTE

BOUND, TIMES = 300.0, 20  # ms; answers of each request
MS = 1_000_000  # ns


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else "sqlite:///runs/benchmarks/month.db"
    extent = Questions(Database(url)).extent(SITE)
    periods = [days for days in (1, 3, 10, 30) if days * DAY <= extent.newest - extent.first + DAY]
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", SERVER, folder, url]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as server:
            address = server.stdout.readline().strip() if server.stdout else ""
            table = {name: [late(address, ask, days, extent) for days in periods] for name, ask in requests().items()}
            server.terminate()
    print(f"95th percentile of {TIMES} answers over HTTP in ms; the bound is {BOUND:.0f} ms")
    print(f"{'request':<26}" + "".join(f"{days:>8} d" for days in periods))
    for name, figures in table.items():
        verdict = "  NOT" if max(figures) > BOUND else "  ok"
        print(f"{name:<26}" + "".join(f"{figure:>10.1f}" for figure in figures) + verdict)
    return int(any(max(figures) > BOUND for figures in table.values()))


def requests() -> dict[str, str]:
    """What the pages ask for, with the words that change in braces."""
    period = "from={start}&to={end}"
    return {
        "floor: available": "available?at={end}",
        "floor: search": "search?text=nurse-0&at={end}",
        "patterns: extent": "extent?",
        "patterns: heat": f"heat?{period}",
        "patterns: heat of a role": f"heat?{period}&role={{role}}",
        "patterns: flows": f"flows?{period}",
        "patterns: dwell by zone": f"dwell?{period}",
        "patterns: dwell by role": f"dwell?{period}&by=role",
        "patterns: timeline": f"timeline?{period}&step=hour",
    }


def late(address: str, ask: str, days: int, extent: object) -> float:
    """The 95th percentile of one request over one period, ms."""
    chance, taken = random.Random(days), []
    for _ in range(TIMES):
        end = extent.newest - chance.randrange(0, 23 * 60) * MINUTE
        start = max(end - days * DAY, extent.first)
        words = ask.format(start=start // MS, end=end // MS, role=chance.choice(ROLES).replace(" ", "%20"))
        began = time.perf_counter()
        with urllib.request.urlopen(f"{address}/api/{words}&{urlencode({'site': SITE})}") as answer:
            answer.read()
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)[round(0.95 * (TIMES - 1))]


if __name__ == "__main__":
    sys.exit(main())
