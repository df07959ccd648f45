"""`flows.ingest` on a network of real RTSP cameras that goes wrong in every way: the others do not notice, every gap is said."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.recorded_live import Verdict, shown, verdict
from tests.flows.ward import segments, table
from tests.switch import Cameras, Wards, film, needs_networks, wards

pytestmark = needs_networks
ROOT = Path(__file__).resolve().parents[2]
FPS = 10.0
LONGEST = 2.0  # s between two attempts, in these tests
OPENING = 4.0  # s that a connection takes until the first whole picture, on two busy cores


class Site:
    """Wards with cameras, and a recorder."""

    def __init__(self, networks: Wards, runs: Path, each: int, *words: str) -> None:
        runs.mkdir(exist_ok=True)
        self.networks, self.runs, path = networks, runs, film(runs / "h264.film", fps=FPS)
        self.wards = [
            Cameras([{"name": f"w{ward}c{n}", "film": str(path), "fps": FPS} for n in range(each)],
                    address=networks.address(ward), inside=networks.names[ward])
            for ward in range(len(networks.names))
        ]  # fmt: skip
        self.names = [f"w{ward}c{n}" for ward in range(len(networks.names)) for n in range(each)]
        urls = [f"+fleet.cameras.{name}.url={self.wards[int(name[1])].url(name)}" for name in self.names]
        urls += [f"+fleet.cameras.{name}.transport=udp" for name in self.names if name.startswith("w3")]
        patience = ["fleet.every_camera.timeout=3.0", f"+fleet.every_camera.retry_longest={LONGEST}"]
        words = ["fleet=stream", "~fleet.cameras.cam1", *urls, *patience, "segment_seconds=2", *words]
        with (runs / "said").open("w") as said:
            self.recorder = subprocess.Popen(
                ["ip", "netns", "exec", networks.here, sys.executable, "-m", "flows.ingest", *words], cwd=ROOT,
                env={**os.environ, "RUNS": str(runs)}, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def everybody(self) -> None:
        """Wait until every camera has brought a segment."""
        end = time.monotonic() + 60
        while not (self.runs / "wardflow.db").is_file() or not table(
            self.runs, "SELECT 1 FROM sqlite_master WHERE name='segments'"
        ):
            assert time.monotonic() < end and self.recorder.poll() is None
            time.sleep(0.2)
        while {row[0] for row in segments(self.runs)} != set(self.names):
            assert time.monotonic() < end, {row[0] for row in segments(self.runs)}
            time.sleep(0.2)

    def stopped(self) -> dict[str, Verdict]:
        """End the recorder; what it made of every camera."""
        self.recorder.send_signal(signal.SIGINT)
        self.recorder.wait(timeout=60)
        self.said = (self.runs / "said").read_text()
        assert "Traceback" not in self.said, self.said
        verdicts = [verdict(self.runs, name, FPS) for name in self.names]
        print(shown(verdicts), self.said, sep="\n")
        assert self.recorder.returncode == 0, self.said
        return {one.camera: one for one in verdicts}

    def close(self) -> None:
        for ward in self.wards:
            ward.kill()
        if self.recorder.poll() is None:
            os.killpg(self.recorder.pid, signal.SIGKILL)
            self.recorder.wait()


@contextmanager
def site(runs: Path, count: int, each: int, *words: str) -> Iterator[Site]:
    with wards(count) as networks:
        found = Site(networks, runs, each, *words)
        try:
            yield found
        finally:
            found.close()


def test_a_server_that_dies_a_camera_that_goes_and_a_cable_that_is_pulled(runs: Path) -> None:
    with site(runs, 3, 2, "group_size=3") as here:
        here.everybody()
        here.wards[0].kill()
        here.wards[1].tell("remove w1c0")
        here.networks.link(2, "down")
        time.sleep(5.0)
        here.wards[0].start()
        here.wards[1].tell("add w1c0")
        here.networks.link(2, "up")
        back = time.time()
        time.sleep(LONGEST + OPENING + 3)
        found = here.stopped()
    assert {name: one.wrong() for name, one in found.items() if one.wrong()} == {}
    assert not found["w1c1"].missing, "its neighbour went, on the same server"
    for name in ("w0c0", "w0c1", "w1c0"):
        assert [gap for gap in found[name].missing if gap.seconds > 4], name
        assert found[name].missing[-1].end - back < LONGEST + OPENING


@dataclass(frozen=True)
class Trouble:
    """Something that happens to one ward, and what its cameras may miss of it."""

    name: str
    ward: int
    seconds: float
    begin: Callable[[Site], None]
    end: Callable[[Site], None]


def cut(ward: int, seconds: float) -> Trouble:
    return Trouble(f"cable pulled, {seconds:g} s", ward, seconds,
                   lambda here: here.networks.link(ward, "down"), lambda here: here.networks.link(ward, "up"))  # fmt: skip


def slowed(name: str, ward: int, seconds: float, kilobits: int) -> Trouble:
    begin = functools.partial(Wards.slow, number=ward, kilobits=kilobits)
    return Trouble(name, ward, seconds, lambda here: begin(here.networks), lambda here: here.networks.slow(ward))


def told(name: str, ward: int, seconds: float, begin: str, end: str) -> Trouble:
    return Trouble(name, ward, seconds, lambda here: here.wards[ward].tell(begin), lambda here: here.wards[ward].tell(end))


TROUBLES = (
    Trouble("server killed, 10 s", 0, 10.0, lambda here: here.wards[0].kill(), lambda here: here.wards[0].start()),
    told("camera removed, 12 s", 1, 12.0, "remove w1c0", "add w1c0"),
    told("garbage in the stream, 8 s", 2, 8.0, "garbage w2c0", "clean w2c0"),
    cut(0, 1.0), cut(1, 10.0), cut(2, 60.0),
    Trouble("packets go nowhere, 10 s", 3, 10.0, lambda here: here.networks.silence(3, on=True),
            lambda here: here.networks.silence(3, on=False)),
    slowed("slow link (200 kbit/s for 4 cameras), 20 s", 2, 20.0, 200),
    slowed("far too slow a link (30 kbit/s for 4 cameras), 20 s", 1, 20.0, 30),
    slowed("far too slow a link (30 kbit/s), cameras over UDP, 20 s", 3, 20.0, 30),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixteen_cameras_and_everything_that_goes_wrong_with_a_network(runs: Path) -> None:
    rest, times = LONGEST + 2 * OPENING, []
    with site(runs, 4, 4, "group_size=4") as here:
        here.everybody()
        for trouble in TROUBLES:
            begun = time.time()
            trouble.begin(here)
            time.sleep(trouble.seconds)
            trouble.end(here)
            times.append((begun, time.time()))
            time.sleep(rest)
        found = here.stopped()
    for trouble, (begun, over) in zip(TROUBLES, times, strict=True):
        missed = {
            name: [gap for gap in one.missing if gap.start < over + rest and gap.end > begun] for name, one in found.items()
        }
        hit = {name: gaps for name, gaps in missed.items() if gaps}
        longest = max((gap.seconds for gaps in hit.values() for gap in gaps), default=0.0)
        back = max((gap.end for gaps in hit.values() for gap in gaps), default=over) - over
        print(f"{trouble.name:60} ward {trouble.ward}: hit {', '.join(hit) or 'nobody'}; up to {longest:.1f} s missing, "
              f"back after {back:.1f} s")  # fmt: skip
        assert all(name.startswith(f"w{trouble.ward}") for name in hit), "a camera elsewhere noticed"
        assert back < LONGEST + OPENING
    assert {name: one.wrong() for name, one in found.items() if one.wrong()} == {}
