"""A config of Frigate becomes cameras, through its go2rtc to the camera itself."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.fleet.declared import Declared
from components.fleet.frigate import read

CONFIG = """
mqtt: {host: mqtt.local, password: hush}
detect: {fps: 5}
go2rtc:
  streams:
    bay_main: ["rtsp://{FRIGATE_RTSP_USER}:{FRIGATE_RTSP_PASSWORD}@10.0.0.5:554/h264main", "ffmpeg:bay_main#audio=opus"]
    bay_sub: ffmpeg:rtsp://admin:pa$s@10.0.0.5/sub#video=copy
    lost: "nest:?"
cameras:
  bay_1:
    friendly_name: Bay 1
    ffmpeg:
      inputs:
        - {path: "rtsp://127.0.0.1:8554/bay_main", input_args: preset-rtsp-restream, roles: [record]}
        - {path: "rtsp://127.0.0.1:8554/bay_sub?video=copy", roles: [detect]}
    detect: {width: 1280, height: 720}
  hall:
    ffmpeg: {inputs: [{path: "rtsp://viewer:{FRIGATE_HALL}@10.0.0.6/live?a=1&b=2", roles: [detect, record]}]}
    detect: {width: 1920, height: 1080, fps: 7}
  old: {enabled: false, ffmpeg: {inputs: [{path: "rtsp://10.0.0.7/"}]}}
  usb: {ffmpeg: {inputs: [{path: /dev/video0, roles: [detect]}]}}
  nest: {ffmpeg: {inputs: [{path: "rtsp://127.0.0.1:8554/lost", roles: [detect]}]}}
  empty: {ffmpeg: {inputs: []}}
  none:
"""


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text(CONFIG)
    return file


def test_what_frigate_records_is_followed_to_the_camera(config):
    found, _ = read(config)
    bay, hall = found[0], found[1]
    assert (bay.id, bay.location) == ("bay_1", "Bay 1")
    assert bay.url == "rtsp://${oc.env:FRIGATE_RTSP_USER}:${oc.env:FRIGATE_RTSP_PASSWORD}@10.0.0.5:554/h264main"
    assert bay.declared == Declared()  # the size is of what Frigate looks at, which is another stream
    assert hall.url == "rtsp://viewer:${oc.env:FRIGATE_HALL}@10.0.0.6/live?a=1&b=2"
    assert hall.declared == Declared(width=1920, height=1080) and "7 frames a second" in hall.remark


def test_what_frigate_looks_at_has_its_size(config):
    bay = read(config, stream="second")[0][0]
    assert bay.url == "rtsp://admin:pa$s@10.0.0.5/sub" and bay.declared == Declared(width=1280, height=720)


def test_what_cannot_be_taken_over_is_said_camera_by_camera(config):
    found, problems = read(config)
    assert [one.id for one in found] == ["bay_1", "hall", "nest"]  # the nest camera can be had while Frigate is there
    assert "switched off" in problems["old"] and "begins with /dev/video0" in problems["usb"]
    assert "no ffmpeg.inputs" in problems["empty"] and "expected keys" in problems["none"]


@pytest.mark.parametrize("text", ["", "- a", "cameras: {}", "cameras: 5", "a: [", "\0"])
def test_what_is_no_config_of_frigate(tmp_path, text):
    (tmp_path / "x.yml").write_text(text)
    with pytest.raises(InputError, match=r"imports\.frigate=.*expected a config of Frigate"):
        read(tmp_path / "x.yml")
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "nowhere.yml")
