"""A camera at this machine: what is said where there is none; one that is there needs one to be plugged in."""

from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path

import pytest

from components.contracts import InputError
from components.samplers.every import Every
from components.sources.usb import Usb

DEVICE = Path("/dev/video0")


def test_a_camera_that_is_not_plugged_in_is_tried_again_and_said(tmp_path):
    source = Usb("cam", device="/dev/video97", width=640, height=480, retry_first=0.05, retry_longest=0.1)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    assert list(source.keep(tmp_path, 1.0, stop)) == []
    assert source.problem.startswith(
        "/dev/video97: No such file or directory; expected a camera that gives mjpeg of 640x480 at 25 fps"
    )
    assert source.live and source.total == 0 and len(source.footage) == 64


def test_what_is_no_device_is_refused(tmp_path):
    file = tmp_path / "film.mp4"
    file.touch()
    with pytest.raises(InputError, match=r"film.mp4 is no camera; expected one such as /dev/video0"):
        Usb("cam", device=str(file))


def test_a_device_that_is_no_camera_is_said(tmp_path):
    source, stop = Usb("cam", device="/dev/null", retry_first=0.05, retry_longest=0.1), threading.Event()
    threading.Timer(0.5, stop.set).start()
    assert list(source.keep(tmp_path, 1.0, stop)) == []
    assert source.problem.startswith("/dev/null: ")


@pytest.mark.skipif(not DEVICE.exists(), reason="no camera at /dev/video0; plug one in")
def test_a_camera_gives_pictures():
    assert [frame.index for frame in islice(Usb("cam").frames(Every()), 5)] == list(range(5))
