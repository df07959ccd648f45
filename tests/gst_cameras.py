"""Cameras behind GStreamer's RTSP server, a program of its own for the system's Python: what each sends is numbered by the clock.

`/usr/bin/python3 gst_cameras.py ADDRESS` reads one line of JSON (the cameras), says `ready PORT`, and then obeys words on stdin:
`remove NAME`, `add NAME`, `garbage NAME`, `clean NAME`. Frame number n of a camera of f fps is sent at n / f seconds since 1970,
whoever looks, and carries n and the time of sending in a unit that decoders ignore (SEI, user data).
"""

import json
import os
import random
import struct
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

MARK = b"wardflow-numbers"  # 16 bytes: the UUID of the unit
CODECS = {
    "h264": ("video/x-h264,stream-format=byte-stream,alignment=au", "rtph264pay config-interval=-1 aggregate-mode=zero-latency"),
    "hevc": ("video/x-h265,stream-format=byte-stream,alignment=au", "rtph265pay config-interval=-1 aggregate-mode=zero-latency"),
    "mjpeg": ("image/jpeg", "jpegparse ! rtpjpegpay"),
}


def units(film: Path) -> list[bytes]:
    """One picture each, as `tests.switch.film` has written them."""
    content, found, at = film.read_bytes(), [], 0
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        found.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def numbered(picture: bytes, number: int, codec: str) -> bytes:
    """`picture` with its number and the time before its first slice."""
    if codec == "mjpeg":
        return picture
    body = MARK + b"%012d %020d" % (number, time.time_ns())
    head = b"\x06" if codec == "h264" else b"\x4e\x01"
    unit = b"\0\0\0\1" + head + bytes([5, len(body)]) + body + b"\x80"
    at = 0
    while (at := picture.find(b"\0\0\1", at)) >= 0:
        kind = picture[at + 3] & 0x1F if codec == "h264" else picture[at + 3] >> 1 & 0x3F
        if (1 <= kind <= 5) if codec == "h264" else kind < 32:
            begin = at - 1 if at and picture[at - 1] == 0 else at
            return picture[:begin] + unit + picture[begin:]
        at += 3
    return picture


def garbage(picture: bytes) -> bytes:
    """The same length, and nothing but the first start code is left."""
    return picture[:5] + random.randbytes(max(0, len(picture) - 5))


class Camera:
    """One mount point; its pictures are made once, however many look."""

    def __init__(self, name: str, film: str, codec: str = "h264", fps: float = 10.0, second: str = "", turn: int = 0) -> None:
        self.name, self.codec, self.fps, self.broken = name, codec, fps, False
        self._films, self._turn = [units(Path(path)) for path in (film, second) if path], turn  # s after which the second follows
        self._there = threading.Event()
        self._there.set()

    def factory(self) -> GstRtspServer.RTSPMediaFactory:
        caps, pay = CODECS[self.codec]
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( appsrc name=src is-live=true do-timestamp=true format=time caps={caps} ! {pay} name=pay0 pt=96 )")
        factory.set_shared(True)
        factory.connect("media-configure", self._configured)
        return factory

    def switch(self, on: bool) -> None:
        self._there.set() if on else self._there.clear()

    def _configured(self, _factory, media) -> None:
        source, ended = media.get_element().get_child_by_name("src"), threading.Event()
        media.connect("unprepared", lambda _media: ended.set())
        threading.Thread(target=self._send, args=(source, ended), daemon=True).start()

    def _send(self, source, ended: threading.Event) -> None:
        number = int(time.time() * self.fps) + 1
        begun = number
        while not ended.wait(max(0.0, number / self.fps - time.time())):
            if self._there.is_set():
                film = self._films[-1 if self._turn and number - begun >= self._turn * self.fps else 0]
                picture = numbered(film[number % len(film)], number, self.codec)
                picture = garbage(picture) if self.broken else picture
                if source.emit("push-buffer", Gst.Buffer.new_wrapped(picture)) != Gst.FlowReturn.OK:
                    return
            number += 1


def obey(server, cameras) -> None:
    """Words on stdin, until it is closed."""
    mounts = server.get_mount_points()
    for line in sys.stdin:
        word, name = line.split()
        camera = cameras[name]
        if word == "remove":
            mounts.remove_factory(f"/{name}")
            camera.switch(False)
        elif word == "add":
            camera.switch(True)
            mounts.add_factory(f"/{name}", camera.factory())
        else:
            camera.broken = word == "garbage"
        print("done", flush=True)
    os._exit(0)  # who began it has ended


def guarded(server, factories, user: str, password: str, method: str) -> None:
    """Only `user` may look, by `method` (basic or digest)."""
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    for factory in factories:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)


def main() -> None:
    Gst.init(None)
    told = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address(sys.argv[1])
    server.set_service(str(told.get("port", 0)))
    cameras = {words["name"]: Camera(**words) for words in told["cameras"]}
    factories = {name: camera.factory() for name, camera in cameras.items()}
    for name, factory in factories.items():
        server.get_mount_points().add_factory(f"/{name}", factory)
    if "method" in told:
        guarded(server, factories.values(), told["user"], told["password"], told["method"])
    server.attach(None)
    print("ready", server.get_bound_port(), flush=True)
    threading.Thread(target=obey, args=(server, cameras), daemon=True).start()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
