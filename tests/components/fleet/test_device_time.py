"""Cameras are asked for their time over HTTP: what they say is known to milliseconds, and no login is in any message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from components.clocks.ticks import SECOND
from components.contracts import InputError
from components.fleet.device_time import device_time
from tests.onvif import ANSWERS

SPEED = 10  # times as fast as ours, so that nobody waits for seconds to end
BEGUN, ZERO = time.time_ns(), time.monotonic_ns()


def now() -> int:
    return BEGUN + SPEED * (time.monotonic_ns() - ZERO)


def sleep(seconds: float) -> None:
    time.sleep(seconds / SPEED)


class Clocked(BaseHTTPRequestHandler):
    """A web server whose clock is `ahead` ns; it knows the question of ONVIF where it is `onvif`."""

    protocol_version = "HTTP/1.1"
    ahead = 0
    onvif = silent = False

    def there(self) -> datetime:
        return datetime.fromtimestamp((now() + self.ahead) // SECOND, UTC)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "" if self.silent else format_datetime(self.there(), usegmt=True)

    def do_HEAD(self) -> None:
        self.send_response(401)  # who is not known is told the date all the same
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        content = self._content().encode()
        self.send_response(200 if self.onvif else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _content(self) -> str:
        time, text = self.there(), (ANSWERS / "GetSystemDateAndTime.xml").read_text()
        said = {"Hour": time.hour, "Minute": time.minute, "Second": time.second, "Year": time.year, "Month": time.month}
        for name, value in {**said, "Day": time.day}.items():
            before, _, rest = text.partition(f"<tt:{name}>")
            text = f"{before}<tt:{name}>{value}</tt:{name}>{rest.partition(f'</tt:{name}>')[2]}"
        return text if self.onvif else "not here"

    def log_message(self, *_: object) -> None:
        """Nobody wants to know."""


Start = Callable[..., str]


@pytest.fixture
def camera() -> Iterator[Start]:
    servers = []

    def start(**words: object) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Camera", (Clocked,), words))
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("onvif", "by"), [(True, "ONVIF"), (False, "HTTP")])
def test_a_clock_that_is_off_is_known_far_better_than_its_seconds(camera: Start, onvif: bool, by: str) -> None:
    ahead = -4_321_000_000
    found = device_time(camera(ahead=ahead, onvif=onvif), seconds=12.0, now=now, sleep=sleep)
    assert found.by == by and found.manual == onvif
    assert found.known.least <= ahead <= found.known.most
    assert found.known.most - found.known.least < SECOND // 4, "a busy machine answers late, and the clock runs fast"


def test_what_says_no_time_is_refused_without_its_login(camera: Start) -> None:
    with pytest.raises(InputError, match="it says no time"):
        device_time(f"http://ann:hush-hush@{camera(silent=True)}", seconds=1.0)
    with pytest.raises(InputError, match="does not say what time it is") as refused:
        device_time("http://ann:hush-hush@127.0.0.1:9", seconds=1.0)
    assert "hush" not in str(refused.value)
    for address in ("http://ann:hush-hush@10.0.0.1:99999", "", "http://ann:hush hush@", "http://[::1"):
        with pytest.raises(InputError, match="cannot be read") as refused:
            device_time(address)
        assert "hush" not in str(refused.value)
