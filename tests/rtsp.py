"""A small RTSP server of live H.264 pictures, over TCP and UDP, with sender reports: what tests use for a camera."""

from __future__ import annotations

import fractions
import itertools
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

NTP = 2_208_988_800  # s from 1900 to 1970
Send = Callable[[int, bytes], None]  # channel (0: RTP, 1: RTCP), packet


class Picture:
    """A moving bar; the top row of blocks spells the frame's number in black and white."""

    def __init__(self, fps: float = 10.0, width: int = 320, height: int = 240) -> None:
        self.fps, self.width, self.height = fps, width, height

    def draw(self, number: int) -> np.ndarray:
        image = np.full((self.height, self.width, 3), 60, np.uint8)
        x = number * 5 % (self.width - 40)
        image[60:160, x : x + 40] = (200, 180, 30)
        for bit in range(16):
            image[:16, bit * 16 : bit * 16 + 16] = 255 * (number >> bit & 1)
        return image

    def encoded(self) -> Iterator[list[bytes]]:
        """The NAL units of one picture after the other."""
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = self.width, self.height, "yuv420p"
        codec.time_base, codec.framerate = fractions.Fraction(1, 1000), fractions.Fraction(self.fps)
        codec.thread_count = 1
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(round(self.fps))}
        for number in itertools.count():
            frame = av.VideoFrame.from_ndarray(self.draw(number), format="rgb24").reformat(format="yuv420p")
            frame.pts = round(number * 1000 / self.fps)
            for packet in codec.encode(frame):
                yield [unit for part in bytes(packet).split(b"\0\0\1") if (unit := part.rstrip(b"\0"))]


class Film(Picture):
    """The first seconds of a video, again and again; encoded once, however many look."""

    def __init__(self, path: Path, fps: float = 5.0, seconds: float = 20.0) -> None:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            super().__init__(fps, stream.width, stream.height)
            step = max(1, round(float(stream.average_rate or 25) / fps))
            pictures = itertools.islice(container.decode(stream), 0, round(seconds * fps) * step, step)
            self._pictures = [picture.reformat(format="rgb24").to_ndarray() for picture in pictures]
        self._units = list(itertools.islice(super().encoded(), len(self._pictures)))
        self._pictures = []

    def draw(self, number: int) -> np.ndarray:
        return self._pictures[number]

    def encoded(self) -> Iterator[list[bytes]]:
        return itertools.cycle(self._units)


def number_of(image: np.ndarray) -> int:
    """What `Picture.draw` has written into a picture."""
    return sum(1 << bit for bit in range(16) if image[4:12, bit * 16 + 4 : bit * 16 + 12].mean() > 128)


class Server:
    """`cameras` by the first part of their path; stops when told, as a camera that loses its power."""

    def __init__(self, cameras: dict[str, Picture], port: int = 0) -> None:
        self.cameras = cameras
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self._clients: list[socket.socket] = []
        self.silent = threading.Event()  # set: connected, and says nothing
        self.blind = threading.Event()  # set: connected, says what time it is, and has no pictures
        self.asked = 0  # connections
        self.clock = 0.0  # s that the cameras' clocks are wrong
        self.base: int | None = None  # RTP time of the first picture; None: any, as RFC 3550 wants it
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name: str, who: str = "") -> str:
        return f"rtsp://{who}127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self._clients.append(client)
                self.asked += 1
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        lines, lock, send = client.makefile("rb"), threading.Lock(), None
        with suppress(OSError, ValueError):
            while line := lines.readline():
                if line[:1] == b"$" or not line.strip():  # a receiver report
                    continue
                words = _headers(lines)
                method, url = line.decode().split(" ")[:2]
                name = url.split("/")[3] if url.count("/") > 2 else ""
                head, body = [f"CSeq: {words.get('cseq')}", "Session: 1;timeout=60"], b""
                if method == "OPTIONS":
                    head.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
                elif name not in self.cameras:
                    head.insert(0, "404 Not Found")
                elif method == "DESCRIBE":
                    body = SDP
                    head += ["Content-Type: application/sdp", f"Content-Base: {url}/", f"Content-Length: {len(body)}"]
                elif method == "SETUP":
                    reply, send = _transport(words["transport"], client, lock, self._clients)
                    head.append(f"Transport: {reply}")
                status = head.pop(0) if head[0].startswith("404") else "200 OK"
                with lock:
                    client.sendall("\r\n".join([f"RTSP/1.0 {status}", *head, "", ""]).encode() + body)
                if method == "PLAY" and send:
                    threading.Thread(target=self._play, args=(self.cameras[name], send), daemon=True).start()
        client.close()

    def _play(self, picture: Picture, send: Send) -> None:
        begun, base, source = time.time(), random.getrandbits(31) if self.base is None else self.base, random.getrandbits(32)
        number, reported = itertools.count(), 0.0
        with suppress(OSError):
            for index, units in enumerate(picture.encoded()):
                moment = begun + index / picture.fps
                time.sleep(max(0.0, moment - time.time()))
                while self.silent.is_set():
                    time.sleep(0.05)
                stamp = (base + round(index * 90_000 / picture.fps)) & 0xFFFFFFFF
                if moment - reported > 1:
                    reported, ntp = moment, moment + self.clock + NTP
                    send(1, struct.pack("!BBHIIIIII", 0x80, 200, 6, source, int(ntp), int(ntp % 1 * 2**32), stamp, index, index))
                for payload, last in _payloads(units) if not self.blind.is_set() else ():
                    send(0, struct.pack("!BBHII", 0x80, 96 | last << 7, next(number) & 0xFFFF, stamp, source) + payload)


SDP = b"\r\n".join(
    [
        b"v=0", b"o=- 0 0 IN IP4 127.0.0.1", b"s=camera", b"c=IN IP4 0.0.0.0", b"t=0 0", b"m=video 0 RTP/AVP 96",
        b"a=rtpmap:96 H264/90000", b"a=fmtp:96 packetization-mode=1", b"a=control:track0", b"",
    ]
)  # fmt: skip


def _headers(lines) -> dict[str, str]:
    words = {}
    while line := lines.readline().strip():
        key, _, value = line.decode().partition(":")
        words[key.lower()] = value.strip()
    return words


def _transport(wanted: str, client: socket.socket, lock: threading.Lock, opened: list[socket.socket]) -> tuple[str, Send]:
    """What the camera answers to a SETUP, and how it sends."""
    if "TCP" in wanted:

        def through(channel: int, packet: bytes) -> None:
            with lock:
                client.sendall(struct.pack("!cBH", b"$", channel, len(packet)) + packet)

        return "RTP/AVP/TCP;unicast;interleaved=0-1", through
    ports = [int(port) for port in wanted.split("client_port=")[1].split(";", maxsplit=1)[0].split("-")]
    ours = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in ports]
    opened += ours
    for one in ours:
        one.bind(("127.0.0.1", 0))
    mine = "-".join(str(one.getsockname()[1]) for one in ours)

    def out(channel: int, packet: bytes) -> None:
        if client.fileno() < 0:
            raise OSError("the camera has no power")
        ours[channel].sendto(packet, ("127.0.0.1", ports[channel]))

    return f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={mine}", out


def _payloads(units: list[bytes]) -> Iterator[tuple[bytes, bool]]:
    """RFC 6184: small units as they are, large ones in fragments; True with the last of a picture."""
    for unit in units:
        final = unit is units[-1]
        if len(unit) <= 1400:
            yield unit, final
            continue
        pieces = [unit[at : at + 1398] for at in range(1, len(unit), 1398)]
        for place, piece in enumerate(pieces):
            ends = place == len(pieces) - 1
            mark = (unit[0] & 0x1F) | (0x80 if place == 0 else 0) | (0x40 if ends else 0)
            yield bytes([unit[0] & 0xE0 | 28, mark]) + piece, final and ends


if __name__ == "__main__":
    server = Server({f"cam{n}": Picture(fps=5, width=640, height=360) for n in range(int(sys.argv[2]))}, int(sys.argv[1]))
    print("ready", server.port, flush=True)
    threading.Event().wait()
