"""How well a camera's clock is known in each way: `python benchmarks/ways.py [--rounds 10]`.

people: the staff of the simulated ward, seen in its corridor by two cameras that map the floor a little wrong (15 and 20 cm),
miss every seventh sighting, and are up to 20 s apart. flash: a lamp that is switched six times, at 10 and 7 frames/s. shown:
codes on a screen that is 10 to 30 ms late. device: a web server of this machine that tells whole seconds. Printed: by how much
answers are wrong, and how large the errors are against the uncertainties that were said (root mean square; 1 is right).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from components.clocks import flash, people, shown  # noqa: E402
from components.contracts import Person  # noqa: E402
from components.fleet.device_time import device_time  # noqa: E402
from components.sources.ward import Ward  # noqa: E402

SECOND = 1_000_000_000
TEN = 1_772_445_600_000_000_000  # 2026-03-02T10:00:00Z
FPS = 5.0  # of sightings
Error = tuple[float, float] | None  # s, and the uncertainty that was said; None: no answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=15.0, help="of people")
    words = parser.parse_args()
    ways: dict[str, Callable[[np.random.Generator], Error]] = {
        "people": lambda rng: by_people(rng, words.minutes), "flash": by_flash, "shown": by_shown, "device": by_device,
    }  # fmt: skip
    print(f"{'way':8}{'answers':>9}{'median (ms)':>13}{'worst (ms)':>12}{'error/said':>12}")
    for way, measured in ways.items():
        found = [measured(np.random.default_rng([7, number])) for number in range(words.rounds)]
        told = np.array([one for one in found if one is not None])
        wrong = 1000 * np.abs(told[:, 0])
        ratio = np.sqrt(np.mean((told[:, 0] / told[:, 1]) ** 2))
        print(f"{way:8}{len(told):6}/{words.rounds:<2}{np.median(wrong):13.1f}{wrong.max():12.1f}{ratio:12.2f}")
    return 0


def by_people(rng: np.random.Generator, minutes: float) -> Error:
    fleet = yaml.safe_load((ROOT / "conf/fleet/simulated_ward.yaml").read_text())
    ward = Ward(int(rng.integers(1000)), staff=tuple(Person(**one) for one in fleet["staff"]), visitors=4)
    ahead = rng.uniform(-20, 20)
    ours = list(_walks(ward, rng, (0.0, 12.0), (0.15, 0.1), 0.0, minutes))
    found = people.apart(("a", ours), ("b", list(_walks(ward, rng, (6.0, 18.0), (-0.1, 0.2), ahead, minutes))))
    return (found.ahead - ahead, found.uncertainty) if found else None


def _walks(
    ward: Ward, rng: np.random.Generator, view: tuple[float, float], wrong: tuple[float, float], ahead: float, minutes: float
) -> Iterator[people.Walk]:
    """Tracks of everybody in a part of the corridor; who is not seen for three seconds has a new one."""
    kept: dict[tuple[int, int], tuple[list[float], list[tuple[float, float]]]] = {}
    last: dict[int, tuple[float, int]] = {}
    drifts: dict[int, np.ndarray] = {}
    for time_ in np.arange(rng.uniform(0, 1 / FPS), 60 * minutes, 1 / FPS).tolist():
        moment = ward.at(TEN + round(time_ * SECOND))
        for actor, (x, y) in zip(moment.actors.tolist(), moment.floor.tolist(), strict=True):
            if not (view[0] <= x <= view[1] and 5.0 <= y <= 8.0) or rng.random() < 1 / 7:
                continue
            before, number = last.get(actor, (-9.0, 0))
            last[actor] = (time_, number + (time_ - before > 3.0))
            drifts[actor] = 0.8 * drifts.get(actor, np.zeros(2)) + rng.normal(0, 0.05, 2)
            times, places = kept.setdefault((actor, last[actor][1]), ([], []))
            times.append(time_ + ahead)
            places.append((x + wrong[0] + drifts[actor][0], y + wrong[1] + drifts[actor][1]))
    return (people.Walk(np.array(times), np.array(places)) for times, places in kept.values() if len(times) > 3)


def by_flash(rng: np.random.Generator) -> Error:
    switched, ahead = np.cumsum(rng.uniform(1.0, 5.0, 6)), rng.uniform(-20, 20)
    seen = []
    for name, fps, shift in (("a", 10.0, 0.0), ("b", 7.0, ahead)):
        times = np.arange(rng.uniform(0, 1 / fps), 35.0, 1 / fps)
        levels = np.where(np.searchsorted(switched, times) % 2 == 0, 120.0, 60.0) + rng.normal(0, 0.5, len(times))
        seen.append((name, flash.changes(times + shift, levels)))
    found = flash.apart(*seen)
    return (found.ahead - ahead, found.uncertainty) if found else None


def by_shown(rng: np.random.Generator) -> Error:
    ahead, fps = rng.uniform(-20, 20), rng.uniform(5, 25)
    taken = TEN + np.arange(0, 10, 1 / fps) * SECOND
    codes = [(int(one) - round(rng.uniform(0.01, 0.03) * SECOND)) // shown.PERIOD * shown.PERIOD for one in taken]
    found = shown.ahead([(int(one) + round(ahead * SECOND), code) for one, code in zip(taken, codes, strict=True)])
    return (found.offset / SECOND - ahead, found.uncertainty / SECOND) if found else None


def by_device(rng: np.random.Generator) -> Error:
    ahead = round(rng.uniform(-20, 20) * SECOND)

    class Camera(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_HEAD()

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
            return format_datetime(datetime.fromtimestamp((time.time_ns() + ahead) // SECOND, UTC), usegmt=True)

        def log_message(self, *_: object) -> None:
            """Nobody wants to know."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    found = device_time(f"127.0.0.1:{server.server_address[1]}").known
    server.shutdown()
    server.server_close()
    return (found.offset - ahead) / SECOND, found.uncertainty / SECOND


if __name__ == "__main__":
    sys.exit(main())
