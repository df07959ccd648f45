"""Cameras are asked what they really send, and say so quickly or not at all."""

from __future__ import annotations

import time

import pytest

from components.contracts import InputError
from components.fleet import measured
from components.fleet.measured import of_camera, of_file
from components.sources.stream import Stream
from tests.rtsp import Picture, Server


def test_a_camera_at_work_is_measured_by_what_it_sends():
    server = Server({"cam": Picture(fps=10, width=320, height=240)})
    try:
        begun = time.monotonic()
        found = of_camera(Stream("cam", url=server.url("cam")), 2.0)
        assert time.monotonic() - begun < 10
    finally:
        server.stop()
    assert (found.width, found.height, found.codec) == (320, 240, "h264")
    assert found.fps == pytest.approx(10, rel=0.15) and 0.001 < found.megabits < 5 and 0 < found.decoding < 0.1


def test_a_camera_that_is_away_is_said_without_its_password(monkeypatch):
    monkeypatch.setattr(measured, "PATIENCE", 1.0)
    with pytest.raises(InputError, match="camera cam: ") as error:
        of_camera(Stream("cam", url="rtsp://u:hush@127.0.0.1:9/x", timeout=0.5), 1.0)
    assert "hush" not in str(error.value)


def test_footage_is_measured_whole_and_at_the_rate_that_it_was_taken_at(lab4):
    file = lab4 / "cam0.mp4"
    found = of_file(file)
    assert (found.width, found.height, found.fps) == (1288, 728, pytest.approx(10, rel=0.02))
    assert found.megabits == pytest.approx(8e-6 * file.stat().st_size / found.seconds)
    assert of_file(file, fps=5.0).megabits == pytest.approx(found.megabits / 2, rel=0.02)


def test_what_is_no_video_is_a_sentence(tmp_path):
    (tmp_path / "x.mp4").write_text("no video")
    for name in ("x.mp4", "nowhere.mp4"):
        with pytest.raises(InputError, match="cannot be read as a video"):
            of_file(tmp_path / name)
