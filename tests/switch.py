"""A network of cameras: a real RTSP server (GStreamer's) for each ward, on a link of its own that can be cut and slowed down."""

from __future__ import annotations

import fractions
import functools
import json
import os
import re
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest

from tests.rtsp import Picture

PYTHON = "/usr/bin/python3"  # the system's, which has GStreamer
PROGRAM = Path(__file__).with_name("gst_cameras.py")
MARK = re.compile(rb"wardflow-numbers(\d{12}) (\d{20})")
PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}


@functools.cache
def missing() -> str:
    """Why there can be no server; empty where there can."""
    program = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        there = subprocess.run([PYTHON, "-c", program], capture_output=True, check=False).returncode == 0
    except OSError:
        there = False
    return "" if there else f"no GstRtspServer; apt-get install {PACKAGES}"


@functools.cache
def no_networks() -> str:
    """Why there can be no network of its own; empty where there can."""
    tried = subprocess.run(["unshare", "-n", "ip", "link"], capture_output=True, check=False).returncode
    return "" if tried == 0 and os.geteuid() == 0 else "networks of their own need root and iproute2"


needs_gst = [pytest.mark.service, pytest.mark.skipif(bool(missing()), reason=missing())]
needs_networks = [needs_gst[-1], pytest.mark.skipif(bool(no_networks()), reason=no_networks())]


def film(path: Path, *, codec: str = "h264", fps: float = 10.0, size: tuple[int, int] = (160, 128), seconds: int = 2) -> Path:
    """Encoded pictures for a camera that sends them again and again, a whole one every second."""
    picture, encoder = Picture(fps, *size), av.CodecContext.create(ENCODERS[codec], "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = 1 / fractions.Fraction(fps), fractions.Fraction(fps), 1
    gop = str(round(fps))
    x265 = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:log-level=none:pools=1:frame-threads=1"
    encoder.options = {
        "h264": {"preset": "ultrafast", "tune": "zerolatency", "g": gop},
        "hevc": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": x265},
        "mjpeg": {},
    }[codec]
    packets: list[bytes] = []
    for number in range(round(fps) * seconds):
        frame = av.VideoFrame.from_ndarray(picture.draw(number), format="rgb24").reformat(format=encoder.pix_fmt)
        frame.pts = number
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    path.write_bytes(b"".join(struct.pack(">I", len(packet)) + packet for packet in packets))
    return path


def sent(path: Path) -> list[tuple[int, int]]:
    """Number and time of sending (ns since 1970) of every picture in a file, as the camera has written them into it."""
    with av.open(str(path)) as container:
        content = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return [(int(found[1]), int(found[2])) for packet in content if (found := MARK.search(packet))]


class Cameras:
    """One server with its cameras, here or in the network `inside`."""

    def __init__(
        self, cameras: Sequence[Mapping[str, Any]], *, address: str = "127.0.0.1", inside: str = "", **more: Any
    ) -> None:
        self.address, self._inside, self._told = address, inside, {"cameras": list(cameras), **more}
        self.port = 0
        self.start()

    def start(self) -> None:
        """The same as before, on the same port."""
        within = ["ip", "netns", "exec", self._inside] if self._inside else []
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([*within, PYTHON, "-W", "ignore", str(PROGRAM), self.address], **pipes)
        self._answer(json.dumps({**self._told, "port": self.port}))
        self.port = int(self._last.split()[1])

    def tell(self, words: str) -> None:
        self._answer(words)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def url(self, name: str, who: str = "") -> str:
        return f"rtsp://{who}{self.address}:{self.port}/{name}"

    def _answer(self, words: str) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        self._last = self._process.stdout.readline()
        assert self._last, "the server ended"


class Wards:
    """`count` networks, each with a link to the network `here`, in which the recorder is to run."""

    def __init__(self, count: int) -> None:
        self.here = f"wf{os.getpid()}"
        self.names = [f"{self.here}-{number}" for number in range(count)]

    def lay(self) -> None:
        for name in (self.here, *self.names):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        for number, name in enumerate(self.names):
            _ip("-n", self.here, "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            for netns, link, last in ((self.here, f"v{number}", 1), (name, "eth0", 2)):
                _ip("-n", netns, "addr", "add", f"10.9.{number}.{last}/24", "dev", link)
                _ip("-n", netns, "link", "set", link, "up")

    def address(self, number: int) -> str:
        return f"10.9.{number}.2"

    def link(self, number: int, state: str) -> None:
        """`up` or `down`: the cable of a ward."""
        _ip("-n", self.names[number], "link", "set", "eth0", state)

    def slow(self, number: int, kilobits: int = 0) -> None:
        """So much a second leaves the cameras of a ward, and what does not fit into half a second is lost; 0: all of it."""
        limit = ["root", "tbf", "rate", f"{kilobits}kbit", "burst", "4kb", "latency", "500ms"]
        change = ["replace", "dev", "eth0", *limit] if kilobits else ["del", "dev", "eth0", "root"]
        subprocess.run(["tc", "-n", self.names[number], "qdisc", *change], check=True, capture_output=True)

    def silence(self, number: int, on: bool) -> None:
        """What the cameras of a ward send goes nowhere, and nobody is told."""
        wrong = ["replace", f"10.9.{number}.1", "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", "eth0"]
        _ip("-n", self.names[number], "neigh", *(wrong if on else ["del", f"10.9.{number}.1", "dev", "eth0"]))

    def remove(self) -> None:
        for name in (*self.names, self.here):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@contextmanager
def wards(count: int) -> Iterator[Wards]:
    """Networks that are there while the block runs."""
    laid = Wards(count)
    try:
        laid.lay()
        yield laid
    finally:
        laid.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
