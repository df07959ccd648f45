"""Serving: addresses, the password that a public one needs, and a clean end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from components.contracts import InputError
from components.dashboard.serve import _why_not, serve

ROOT = Path(__file__).resolve().parents[3]
VARIABLE = "WARDFLOW_DASHBOARD_PASSWORD"
PROGRAM = """
import sys
from components.dashboard.serve import serve
from components.database.database import Database
from components.storage.storage import Storage
serve(Storage(sys.argv[1]), Database(sys.argv[2]), port=0, ready=lambda address: print(address, flush=True))
print("ended by itself", flush=True)
"""


@pytest.fixture(autouse=True)
def no_password(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def process(ward):
    words = [sys.executable, "-W", "error", "-c", PROGRAM, ward.storage.url, ward.url]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quickly_and_quietly_while_pages_listen(process, number):
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    streams = [urllib.request.urlopen(f"{address}/api/live", timeout=20) for _ in range(3)]
    assert all(stream.readline().startswith(b"retry") for stream in streams)
    for stream in streams:  # each has been told something
        assert any(b"event" in line for line in stream)
    process.send_signal(number)
    began = time.monotonic()
    out, problems = process.communicate(timeout=10)
    assert time.monotonic() - began < 4
    assert (process.returncode, out.strip(), problems) == (0, "ended by itself", "")
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_is_taken_is_named_with_a_way_out(ward, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"dashboard.port: {port} on {host} is taken; .*dashboard.port=0"):
            serve(ward.storage, ward.database, host=host, port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.255.255.1"])
def test_a_public_address_needs_a_password(ward, host):
    with pytest.raises(InputError, match=VARIABLE):
        serve(ward.storage, ward.database, host=host)
    with pytest.raises(InputError, match="SECRET_OF_MINE"):
        serve(ward.storage, ward.database, host=host, password_env="SECRET_OF_MINE")


def test_an_address_of_another_machine_is_refused(ward, monkeypatch):
    monkeypatch.setenv(VARIABLE, "secret")
    with pytest.raises(InputError, match=r"dashboard.host: 192.0.2.1 is not an address of this machine"):
        serve(ward.storage, ward.database, host="192.0.2.1")


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(ward, port):
    with pytest.raises(InputError, match=f"dashboard.port: {port} is no port"):
        serve(ward.storage, ward.database, port=port)


def test_a_name_that_is_no_address_is_refused(ward):
    with pytest.raises(InputError, match=r"dashboard.host: 'no such host' is not an address"):
        serve(ward.storage, ward.database, host="no such host")


def test_a_port_that_needs_more_rights_is_explained():
    assert "needs more rights than this user has; choose one from 1024 up" in _why_not(
        "127.0.0.1", 80, PermissionError(errno.EACCES, "")
    )
    assert "cannot serve on 127.0.0.1:80: odd" in _why_not("127.0.0.1", 80, OSError(errno.EIO, "odd"))


def test_with_a_password_a_public_address_is_served_and_asks_for_it(ward):
    words = [sys.executable, "-c", PROGRAM.replace("port=0", "host='0.0.0.0', port=0"), ward.storage.url, ward.url]
    env = {**os.environ, VARIABLE: "secret"}
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip().rsplit(":", 1)[-1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.url.endswith("/login")
        process.terminate()
        assert process.wait(10) == 0


def test_it_can_serve_from_another_thread(ward):
    found: list[str] = []
    said = threading.Event()
    threading.Thread(
        target=serve,
        args=(ward.storage, ward.database),
        kwargs={"port": 0, "ready": lambda a: (found.append(a), said.set())},
        daemon=True,
    ).start()
    assert said.wait(10)
    with urllib.request.urlopen(f"{found[0]}/api/runs", timeout=10) as answer:
        assert answer.status == 200
