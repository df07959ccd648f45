"""Cameras as they are sold: RTSP of three codecs, over TCP and UDP, behind two kinds of password, and HLS; all real servers."""

from __future__ import annotations

import fractions
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path
from typing import ClassVar

import av
import cv2
import pytest

from components.contracts import Recording
from components.samplers.every import Every
from components.sources.stream import Stream
from tests.rtsp import Picture, number_of
from tests.switch import Cameras, film, needs_gst, sent

SECOND = 1_000_000_000


def recorded(source: Stream, folder: Path, seconds: float, *, pieces: int) -> list[Recording]:
    """The first files of a camera; fewer where it sends nothing for 20 s."""
    stop, found = threading.Event(), []
    late = threading.Timer(20.0, stop.set)
    late.start()
    for recording in source.keep(folder, seconds, stop):
        found.append(recording)
        if len(found) == pieces:
            stop.set()
    late.cancel()
    return found[:pieces]


@pytest.fixture
def cameras(tmp_path):
    """Starts a server."""
    begun: list[Cameras] = []

    def begin(*cameras: dict[str, object], **more: object) -> Cameras:
        begun.append(Cameras(cameras, **more))
        return begun[-1]

    yield begin
    for server in begun:
        server.kill()


class TestOfGStreamer:
    pytestmark = needs_gst

    @pytest.mark.parametrize(("codec", "transport"), [("h264", "tcp"), ("hevc", "udp"), ("mjpeg", "tcp")])
    def test_every_codec_is_kept_as_it_comes(self, cameras, tmp_path, codec, transport):
        server = cameras({"name": "a", "film": str(film(tmp_path / "film", codec=codec)), "codec": codec})
        source = Stream("a", url=server.url("a"), transport=transport, timeout=3.0)
        found = recorded(source, tmp_path, 1.0, pieces=3)
        assert [one.codec for one in found] == [codec] * 3 and source.problem == ""
        assert all(9 <= one.frames <= 11 and not one.holes for one in found[1:])  # of MJPEG any picture may be the first
        for one in found:
            with av.open(str(one.path)) as container:
                assert len(list(container.decode(video=0))) == one.frames
        if codec != "mjpeg":  # which has no place for a number
            numbers = [number for one in found for number, _ in sent(one.path)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    @pytest.mark.parametrize("method", ["basic", "digest"])
    def test_a_password_opens_and_a_wrong_one_is_said_without_saying_it(self, cameras, tmp_path, method):
        camera = {"name": "a", "film": str(film(tmp_path / "film"))}
        server = cameras(camera, user="viewer", password="s3cret: a+b", method=method)
        url = server.url("a", "viewer:s3cret%3A%20a%2Bb@")
        frame = next(Stream("a", url=url, timeout=3.0).frames(Every()))
        assert frame.image.shape == (128, 160, 3)
        wrong = Stream("a", url=server.url("a", "viewer:wr0ng@"), timeout=3.0, retry_first=0.1)
        stop = threading.Event()
        threading.Timer(1.0, stop.set).start()
        assert list(wrong.keep(tmp_path, 1.0, stop)) == []
        assert "401" in wrong.problem and "wr0ng" not in wrong.problem and "password" in wrong.problem

    def test_a_camera_that_delivers_less_than_it_declares_is_taken_at_its_deeds(self, cameras, tmp_path):
        server = cameras({"name": "a", "film": str(film(tmp_path / "film", fps=25)), "fps": 21})
        source = Stream("a", url=server.url("a"), timeout=3.0)
        _, found = recorded(source, tmp_path, 3.0, pieces=2)
        assert found.frames * SECOND / (found.end - found.start) == pytest.approx(21, abs=1.5)
        assert source.expected == 25 and found.holes == ()

    @pytest.mark.parametrize("codec", ["h264", "hevc"])
    def test_other_pictures_in_the_same_connection_begin_another_file(self, cameras, tmp_path, codec):
        films = {"film": str(film(tmp_path / "film", codec=codec))}
        films["second"] = str(film(tmp_path / "second", codec=codec, size=(320, 240)))
        server = cameras({"name": "a", "codec": codec, "turn": 3, **films})
        found = recorded(Stream("a", url=server.url("a"), timeout=3.0), tmp_path, 2.0, pieces=4)
        sizes = []
        for one in found:
            with av.open(str(one.path)) as container:
                (size,) = {(picture.width, picture.height) for picture in container.decode(video=0)}
                sizes.append(size)
        assert sizes[0] == (160, 128) and sizes[-1] == (320, 240) and not any(one.after for one in found[1:])

    def test_garbage_is_kept_and_what_follows_can_be_read(self, cameras, tmp_path):
        server = cameras({"name": "a", "film": str(film(tmp_path / "film"))})
        threading.Timer(2.0, lambda: server.tell("garbage a")).start()
        threading.Timer(4.0, lambda: server.tell("clean a")).start()
        found = recorded(Stream("a", url=server.url("a"), timeout=2.0, retry_first=0.1), tmp_path, 1.0, pieces=6)
        last = found[-1]
        with av.open(str(last.path)) as container:
            assert len(list(container.decode(video=0))) == last.frames == 10


class Playlist(BaseHTTPRequestHandler):
    """A live stream of HTTP (HLS): pieces of a second each, of which the last three are in the list."""

    folder: Path
    begun: float

    def do_GET(self) -> None:
        name = self.path.strip("/")
        body = self._listed() if name == "live.m3u8" else (self.folder / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _listed(self) -> bytes:
        whole = (self.folder / "all.m3u8").read_text()
        names = re.findall(r"^all\d+\.ts$", whole, re.MULTILINE)
        newest = min(len(names), 3 + int(time.monotonic() - self.begun))
        head = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{newest - 3}"]
        lines = [line for name in names[newest - 3 : newest] for line in ("#EXTINF:1.0,", name)]
        return "\n".join([*head, *lines, ""]).encode()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def hls(tmp_path):
    """The address of a live stream over HTTP."""
    folder = tmp_path / "hls"
    folder.mkdir()
    options = {"hls_time": "1", "hls_list_size": "0"}
    with av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(200):
            frame = av.VideoFrame.from_ndarray(Picture().draw(number), format="rgb24")
            frame.pts, frame.time_base = number, fractions.Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    handler = type("Live", (Playlist,), {"folder": folder, "begun": time.monotonic()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/live.m3u8"
    server.shutdown()
    server.server_close()


def test_hls_is_read_and_kept_like_any_other_stream(hls, tmp_path):
    numbers = [number_of(frame.image) for frame in islice(Stream("a", url=hls, timeout=4.0).frames(Every()), 30)]
    assert all(later == before + 1 for before, later in pairwise(numbers))
    found = recorded(Stream("a", url=hls, timeout=4.0), tmp_path, 2.0, pieces=2)
    assert {one.codec for one in found} == {"h264"} and found[0].frames + found[1].frames >= 20
    kept = []
    for one in found:
        with av.open(str(one.path)) as container:
            kept += [number_of(picture.to_ndarray(format="rgb24")) for picture in container.decode(video=0)]
    assert kept == list(range(kept[0], kept[0] + len(kept)))
    assert found[1].start == pytest.approx(found[0].end, abs=0.2 * SECOND)


class Mjpeg(BaseHTTPRequestHandler):
    """Pictures one after the other in one answer, 8 a second, as many cameras give them without saying how many."""

    pictures = tuple(cv2.imencode(".jpg", Picture().draw(number))[1].tobytes() for number in range(40))
    sent: ClassVar[dict[int, int]] = {}  # number of a picture: when it left, ns

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        begun = time.monotonic()
        for number, jpeg in enumerate(self.pictures):
            self.sent[number] = time.time_ns()
            try:
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(jpeg), jpeg))
            except OSError:
                return
            time.sleep(max(0.0, begun + (number + 1) / 8 - time.monotonic()))

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_mjpeg_over_http_is_kept_with_the_times_at_which_it_came(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mjpeg)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    camera = Stream("a", url=f"http://127.0.0.1:{server.server_port}/cam.mjpg", timeout=3.0, latency=0.0)
    found = recorded(camera, tmp_path, 1.0, pieces=3)
    server.shutdown()
    server.server_close()
    assert {one.codec for one in found} == {"mjpeg"}
    kept: dict[int, int] = {}
    for one in found:
        with av.open(str(one.path)) as container:
            for picture in container.decode(video=0):
                kept[number_of(picture.to_ndarray(format="rgb24"))] = one.start + round(picture.time * SECOND)
    assert list(kept) == list(range(min(kept), max(kept) + 1)) and len(kept) >= 16  # none is missing, and none is there twice
    opened = min(kept) + 8  # those before have waited for it
    late = sorted(kept[number] - Mjpeg.sent[number] for number in kept if number > opened)
    assert late[0] > 0 and late[len(late) // 2] < 0.2 * SECOND  # a busy machine takes some of them late
    for before, after in pairwise(found):
        assert before.end <= after.start + 0.1 * SECOND
