"""A line to a server that breaks, stalls and answers that it is busy, by a seed."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Line:
    """Connections to `target`; a share of them is `refused` at once, told that the server is `busy`, or `cut` in an answer.

    `stalled` ones are silent for `seconds`, and then cut. `counts` says what befell how many.
    """

    def __init__(
        self, target: str, *, seed: int = 0, refused: float = 0.0, busy: float = 0.0, cut: float = 0.0, stalled: float = 0.0,
        seconds: float = 1.0,
    ) -> None:  # fmt: skip
        self._target, self._chance, self._seconds = urlsplit(target), random.Random(seed), seconds
        self._shares = {"refused": refused, "busy": busy, "cut": cut, "stalled": stalled}
        self.counts: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ended = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client, self._fate()), daemon=True).start()

    def _fate(self) -> str:
        number = self._chance.random()
        for fate, share in self._shares.items():
            if number < share:
                self.counts[fate] += 1
                return fate
            number -= share
        self.counts["well"] += 1
        return "well"

    def _serve(self, client: socket.socket, fate: str) -> None:
        with client, suppress(OSError):
            if fate == "refused":
                _reset(client)
            elif fate == "busy":
                client.recv(65_536)
                client.sendall(BUSY)
            elif fate == "stalled":
                client.recv(65_536)
                time.sleep(self._seconds)
                _reset(client)
            else:
                self._pass_on(client, cut=fate == "cut")

    def _pass_on(self, client: socket.socket, *, cut: bool) -> None:
        with socket.create_connection((self._target.hostname or "", self._target.port or 80)) as server:
            back = threading.Thread(target=_pump, args=(server, client), kwargs={"cut": cut}, daemon=True)
            back.start()
            _pump(client, server, cut=False)
            back.join()


def _pump(source: socket.socket, sink: socket.socket, *, cut: bool) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            if cut:
                sink.sendall(data[: len(data) // 2])
                _reset(sink)
                break
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
    connection.close()


@contextmanager
def line(target: str, **troubles: float) -> Iterator[Line]:
    """A Line as long as the block."""
    opened = Line(target, **troubles)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()
