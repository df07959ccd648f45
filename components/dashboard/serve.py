"""Serves the dashboard until it is told to stop."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from components.contracts import InputError
from components.dashboard.app import application
from components.dashboard.feed import Feed
from components.dashboard.pictures import Still
from components.database.database import Database
from components.storage.storage import Storage

PATIENCE = 5  # s that a request may take to finish once the server was told to stop


def serve(
    storage: Storage,
    database: Database,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    password_env: str = "WARDFLOW_DASHBOARD_PASSWORD",
    pictures_env: str = "WARDFLOW_DASHBOARD_PICTURES_PASSWORD",
    metrics_env: str = "WARDFLOW_DASHBOARD_METRICS_TOKEN",
    still: Still | None = None,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the page over `storage` and `database` on `host`:`port` until SIGINT or SIGTERM; `port` 0 takes a free one.

    `ready` is called with the address as soon as it answers. Where the environment variable `password_env` is set,
    everybody has to give that password; on anything but loopback it must be set. Who gives the one in `pictures_env` may also
    see what the cameras see, cut out of footage by `still`; where either is missing nobody may.
    Prometheus gives the token in `metrics_env` instead of a password to read /metrics, and nothing else.
    Raises InputError where it is not, or where the address cannot be used.
    """
    local = _loopback(host)
    password = os.environ.get(password_env, "")
    if not local and not password:
        raise InputError(
            f"dashboard.host: {host} can be reached by other machines, so the page needs a password; "
            f"set the environment variable {password_env}, or use dashboard.host=127.0.0.1"
        )
    listening = _listen(host, port)
    pictures = os.environ.get(pictures_env, "") if still else ""
    if pictures and pictures == password:
        raise InputError(f"{pictures_env} is the same as {password_env}; the right to see pictures needs a password of its own")
    hosts = ("*",) if password else ("127.0.0.1", "localhost", "::1", host)
    app, feed = application(
        storage, database, password=password, pictures=pictures, still=still, hosts=hosts, token=os.environ.get(metrics_env, "")
    )
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=PATIENCE)
    with listening, _quiet_signals():
        _Server(config, feed, lambda: ready(_address(host, listening))).run([listening])


class _Server(uvicorn.Server):
    """Says when it answers, and ends the streams before it waits for the other requests."""

    def __init__(self, config: uvicorn.Config, feed: Feed, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._feed, self._ready = feed, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.close()
        await super().shutdown(sockets)


def _loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)} if host else {"0.0.0.0"}
    except OSError as error:
        raise InputError(
            f"dashboard.host: {host!r} is not an address: {error.strerror or error}; expected 127.0.0.1, 0.0.0.0 or a name"
        ) from error
    return all(ipaddress.ip_address(address.split("%")[0]).is_loopback for address in found)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise InputError(f"dashboard.port: {port} is no port; expected 0 (any free one) to 65535")
    family, kind, protocol, _, address = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise InputError(_why_not(host, port, error)) from error
    return listening


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"dashboard.port: {port} on {host} is taken; choose another, or dashboard.port=0 for any free one"
        case errno.EACCES:
            return f"dashboard.port: {port} needs more rights than this user has; choose one from 1024 up, or dashboard.port=0"
        case errno.EADDRNOTAVAIL:
            return f"dashboard.host: {host} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all of its addresses"
    return f"dashboard.host: cannot serve on {host}:{port}: {error.strerror or error}"


def _address(host: str, listening: socket.socket) -> str:
    shown = "127.0.0.1" if host == "localhost" else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}"


@contextmanager
def _quiet_signals() -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more when it is done; the caller still has things to write down then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
