"""A network camera that is a real RTSP server, cut off, silenced and brought back; and pictures over HTTP."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from components.contracts import Frame, InputError
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.samplers.keyframes import Keyframes
from components.sources import pictures
from components.sources.stream import Stream, masked
from tests.rtsp import Picture, Server, number_of


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server({"ward": Picture(fps=10)})
    yield server
    server.stop()


def _stream(server: Server, who: str = "", **words) -> Stream:
    return Stream("cam", url=server.url("ward", who), **{"timeout": 1.0, "retry_first": 0.1, "retry_longest": 0.4, **words})


def _take(source: Stream, count: int, sampler: Every | FixedRate | None = None) -> list[Frame]:
    return list(islice(source.frames(sampler or Every()), count))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_come_whole_in_order_and_with_the_time_at_which_they_were_taken(server: Server, transport: str) -> None:
    source = _stream(server, transport=transport)
    frames, ages = [], []
    for frame in islice(source.frames(Every()), 12):
        frames.append(frame)
        ages.append((time.time_ns() - frame.time) / 1e9)
    assert [frame.index for frame in frames] == list(range(12))
    numbers = [number_of(frame.image) for frame in frames]
    assert [after - before for before, after in pairwise(numbers)] == [1] * 11
    assert [after.time - before.time for before, after in pairwise(frames[2:])] == pytest.approx([100e6] * 9, abs=30e6)
    assert 0 <= np.median(ages) < 0.35  # one picture long FFmpeg waits for the next
    assert frames[0].image.shape == (240, 320, 3) and len(frames[0].segment) == 64
    assert source.live and source.total == 0 and source.problem == ""


def test_a_camera_whose_clock_is_wrong_is_not_believed(server: Server) -> None:
    server.clock = -3600.0
    frame = _take(_stream(server), 12)[-1]
    assert abs(time.time_ns() - frame.time) < 1e9


def test_what_sampling_drops_is_not_made_a_picture(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counting:
        def __init__(self) -> None:
            self._own = VideoReformatter()

        def reformat(self, *args, **words):
            made.append(1)
            return self._own.reformat(*args, **words)

    monkeypatch.setattr(pictures, "VideoReformatter", Counting)
    frames = _take(_stream(server), 4, FixedRate(2))
    assert len(made) == 4 and frames[-1].index > 2 * len(made)


def test_sampling_keyframes_decodes_nothing_else(server: Server) -> None:
    source = _stream(server)
    frames = list(islice(source.frames(Keyframes()), 3))
    assert [frame.index for frame in frames] == [0, 1, 2]  # what was not decoded has no number
    numbers = [number_of(frame.image) for frame in frames]
    assert [after - before for before, after in pairwise(numbers)] == [10, 10]


def test_without_colour_a_picture_is_one_plane(server: Server) -> None:
    frame = next(_stream(server).frames(Every(), "luma"))
    assert frame.image.shape == (240, 320, 3) and frame.image.strides[2] == 0 and number_of(frame.image) >= 0


def test_a_camera_that_loses_its_power_is_back_when_it_has_it_again(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    source = _stream(server, "viewer:hush@")
    walk = source.frames(Every())
    before = [next(walk) for _ in range(3)][-1]
    server.stop()
    again: list[Server] = []

    def bring_back() -> None:
        time.sleep(1.2)
        again.append(Server({"ward": Picture(fps=10)}, server.port))

    thread = threading.Thread(target=bring_back)
    thread.start()
    trouble, after = "", before
    while after.segment == before.segment:  # what was on its way still comes
        after = next(walk)
        trouble = trouble or source.problem
    thread.join()
    again[0].stop()
    assert after.index > before.index and after.time > before.time + 1e9
    assert source.problem == ""
    text = caplog.text
    assert "trying again" in text and "is back" in text and "***@" in text
    assert "hush" not in text and caplog.records[0].levelno == logging.WARNING


def test_a_camera_that_says_nothing_any_more_is_given_up_in_time(server: Server) -> None:
    source = _stream(server)
    walk = source.frames(Every())
    segments = {next(walk).segment}
    server.silent.set()
    timer = threading.Timer(2.5, server.silent.clear)
    timer.start()
    began = time.monotonic()
    segments |= {next(walk).segment for _ in range(25)}
    timer.join()
    assert len(segments) == 2, "it connected again"
    assert time.monotonic() - began < 12


def test_a_camera_that_does_not_answer_is_asked_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Stream("cam", url="rtsp://viewer:hush@127.0.0.1:1/ward", timeout=0.5, retry_first=0.05, retry_longest=0.1)
    threading.Thread(target=lambda: next(source.frames(Every())), daemon=True).start()
    _until(lambda: source.problem)
    assert "rtsp://***@127.0.0.1:1/ward" in source.problem and "hush" not in source.problem
    time.sleep(0.5)
    assert caplog.text.count("trying again") == 1, "the same trouble is said once"


def test_who_fell_behind_gets_the_pictures_of_now(server: Server) -> None:
    source = _stream(server, timeout=5.0)
    walk = source.frames(Every())
    before = [next(walk) for _ in range(8)][-1]
    time.sleep(3.0)
    after = next(walk)
    assert (time.time_ns() - after.time) / 1e9 < 2.0
    assert source.skipped >= 1 and after.segment == before.segment, "on the same connection"
    assert number_of(after.image) > number_of(before.image) + 8


class _Mjpeg(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(60):
            _, jpeg = cv2.imencode(".jpg", Picture().draw(number))
            try:
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg))
                self.wfile.write(jpeg.tobytes() + b"\r\n")
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_pictures_over_http_carry_the_time_of_their_arrival() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Mjpeg)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = Stream("cam", url=f"http://127.0.0.1:{server.server_port}/ward.mjpg", timeout=2.0, latency=0.0)
    frames, ages = [], []
    for frame in islice(source.frames(Every()), 20):
        frames.append(frame)
        ages.append((time.time_ns() - frame.time) / 1e9)
    server.shutdown()
    server.server_close()
    assert sorted(ages)[10] < 0.1  # and not each: a busy machine may take a picture late
    assert all(before.time < after.time for before, after in pairwise(frames))
    assert number_of(frames[-1].image) > number_of(frames[0].image)


def test_what_cannot_be_a_stream_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected rtsp://") as caught:
        Stream("cam", url="ftp://viewer:hush@10.0.0.1/a")
    assert "hush" not in str(caught.value)
    assert masked("x http://a:b@c/d and rtsp://e@f/g") == "x http://***@c/d and rtsp://***@f/g"
    assert Stream("cam", url="rtsp://a:one@h/x").footage == Stream("cam", url="rtsp://a:two@h/x").footage


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
