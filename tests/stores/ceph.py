"""Ceph's object gateway: an S3 server that people run, with its own monitor and store, as long as a block."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.stores.servers import Server

SECRET = "hush-hush-ceph-secret"
KEYS = {"AWS_ACCESS_KEY_ID": "HUSHCEPHKEY", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
CONF = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
public network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 8
mon max pg per osd = 1000
run dir = {home}/run
admin socket = {home}/run/$name.asok
pid file = {home}/run/$name.pid
log file = {home}/log/$name.log
[mon]
mon data = {home}/mon
mon data avail crit = 1
mon data avail warn = 1
[osd]
{kept}
osd data = {home}/osd
[client.rgw]
keyring = {home}/keyring
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
"""
IN_MEMORY = "osd objectstore = memstore\nmemstore device bytes = 1073741824"
ON_DISK = "osd objectstore = bluestore\nbluestore block size = 2147483648\nosd memory target = 939524096"


@dataclass(frozen=True, slots=True)
class Cluster(Server):
    """Of a gateway, which speaks S3, and what keeps the bytes; each may be killed, and begun again."""

    home: Path = Path()

    def kill(self, name: Literal["client.rgw", "osd.0"]) -> None:
        pid = int((self.home / "run" / f"{name}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    def begin(self, name: Literal["client.rgw", "osd.0"]) -> None:
        _begin(self.home, name)


@contextmanager
def ceph(*, durable: bool = False) -> Iterator[Cluster]:
    """A cluster of one; needs radosgw, ceph-mon and ceph-osd. What a `durable` one has confirmed survives a kill."""
    absent = [name for name in ("radosgw", "ceph-mon", "ceph-osd") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}: apt-get install radosgw ceph-mon ceph-osd")
    home = Path(tempfile.mkdtemp(prefix="wardflow-ceph-", dir="/tmp"))  # a socket's name has 107 bytes
    try:
        port = _started(home, ON_DISK if durable else IN_MEMORY)
        at = f"http://127.0.0.1:{port}"
        _answering(at, home)
        yield Cluster("s3", at, {**KEYS, "AWS_ENDPOINT_URL": at}, home / "log" / "client.rgw.log", home=home)
    finally:
        for name in ("client.rgw", "osd.0", "mon.a"):  # a gateway hangs when its monitor goes first
            _stop(home / "run" / f"{name}.pid")
        shutil.rmtree(home, ignore_errors=True)


def _started(home: Path, kept: str) -> int:
    for folder in ("run", "log", "mon", "osd"):
        (home / folder).mkdir()
    v2, v1, port = _free(3)
    fsid, osd, conf = str(uuid.uuid4()), str(uuid.uuid4()), ["-c", f"{home}/ceph.conf"]
    (home / "ceph.conf").write_text(CONF.format(fsid=fsid, home=home, v2=v2, v1=v1, port=port, kept=kept))
    map_ = f"{home}/monmap"
    _run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]", "--fsid", fsid, map_)
    _run("ceph-mon", *conf, "--mkfs", "-i", "a", "--monmap", map_)
    _run("ceph-mon", *conf, "-i", "a")
    _run("ceph", *conf, "osd", "new", osd)
    _run("ceph-osd", *conf, "-i", "0", "--mkfs", "--osd-uuid", osd)
    _begin(home, "osd.0")
    grants = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
    _run("ceph-authtool", "--create-keyring", f"{home}/keyring", "--gen-key", "-n", "client.rgw", *grants)
    _run("ceph", *conf, "auth", "add", "client.rgw", "-i", f"{home}/keyring")
    keys = [f"--access-key={KEYS['AWS_ACCESS_KEY_ID']}", f"--secret-key={SECRET}"]
    _run("radosgw-admin", *conf, "-n", "client.rgw", "user", "create", "--uid=ward", "--display-name=ward", *keys)
    _begin(home, "client.rgw")
    return port


def _begin(home: Path, name: str) -> None:
    program = ["radosgw", "-n", name, "--ms-mon-client-mode", "crc"] if name == "client.rgw" else ["ceph-osd", "-i", "0"]
    _run(program[0], "-c", f"{home}/ceph.conf", *program[1:])


def _run(*words: str) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, f"{' '.join(words)}: {ended.stdout}{ended.stderr}"


def _free(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answering(url: str, home: Path) -> None:
    for _ in range(600):
        try:
            urlopen(url, timeout=5).close()
        except HTTPError:
            return
        except URLError:
            time.sleep(0.1)
        else:
            return
    logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in (home / "log").iterdir())
    raise AssertionError(f"no answer within 60 s: {logs}")


def _stop(file: Path) -> None:
    """End the process that wrote its id there, and wait for it."""
    with suppress(OSError, ValueError):
        number = int(file.read_text())
        os.kill(number, signal.SIGTERM)
        for _ in range(100):
            time.sleep(0.1)
            os.kill(number, 0)  # raises when it is gone
        os.kill(number, signal.SIGKILL)
