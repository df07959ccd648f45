"""An ONVIF camera is asked over its real protocol, with either kind of login, and never believed more than it should be."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.fleet.declared import Declared
from components.fleet.onvif import Device
from tests.onvif import OnvifCamera

MEDIA2 = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body>%s</s:Body></s:Envelope>"""
SERVICES = MEDIA2 % (
    "<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver20/media/wsdl</tds:Namespace>"
    "<tds:XAddr>http://10.9.9.9:81/onvif/media2</tds:XAddr></tds:Service></tds:GetServicesResponse>"
)
PROFILE = (
    '<tr2:Profiles token="%s"><tr2:Name>%s</tr2:Name><tr2:Configurations><tr2:VideoEncoder token="e">'
    "<tt:Encoding>H265</tt:Encoding>"
    "<tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>25.0"
    "</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>"
)
PROFILES = (
    MEDIA2 % f"<tr2:GetProfilesResponse>{PROFILE % ('s', 'sub', 640, 360)}{PROFILE % ('m', 'main', 2560, 1440)}"
    "</tr2:GetProfilesResponse>"
)
URI = (
    MEDIA2
    % "<tr2:GetStreamUriResponse><tr2:Uri>rtsp://10.0.0.7/h265?a=1&amp;b=${oc.env:HOME}</tr2:Uri></tr2:GetStreamUriResponse>"
)
DECLARED = Declared(width=1920, height=1080, fps=5.0, codec="h264", megabits=1.0)


@pytest.fixture
def camera():
    cameras = []

    def start(**words):
        cameras.append(OnvifCamera(**words))
        return cameras[-1]

    yield start
    for one in cameras:
        one.stop()


def test_what_a_camera_says_of_itself(camera):
    found = Device(camera().host).found([], stream="main")
    assert (found.id, found.url, found.declared) == ("camera-127-0-0-1", "rtsp://192.168.68.111/h264main", DECLARED)
    assert "Mockup Model, serial 00000000, profile main" in found.remark


@pytest.mark.parametrize("login", ["wss", "http"])
def test_a_login_is_made_as_the_camera_wants_it(camera, login):
    host = camera(user="viewer", password="hush<&>", login=login).host
    assert Device(host, user="viewer", password="hush<&>").found([], stream="main").declared == DECLARED


@pytest.mark.parametrize(("login", "says"), [("wss", "Sender not Authorized"), ("http", "refuses the login")])
def test_a_wrong_login_is_said_without_it(camera, login, says):
    host = camera(user="viewer", password="right", login=login).host
    with pytest.raises(InputError, match=says) as error:
        Device(host, user="somebody", password="hush-hush").found([], stream="main")
    assert "hush" not in str(error.value)


def test_the_newer_media_service_knows_h265_and_is_asked_on_the_host_that_was_given(camera):
    host = camera(answers={"GetServices": SERVICES, "GetProfiles": PROFILES, "GetStreamUri": URI}).host
    main, second = (Device(host).found([], stream=stream) for stream in ("main", "second"))
    assert main.declared == Declared(width=2560, height=1440, fps=25.0, codec="h265", megabits=4.096)
    assert second.declared.width == 640
    assert main.url == "rtsp://10.0.0.7/h265?a=1&b=$%7Boc.env:HOME}"  # refers to nothing


def test_an_old_camera_that_knows_no_services_says_where_its_media_are(camera):
    one = camera(answers={"GetServices": ""})
    assert Device(one.host).found([], stream="main").declared == DECLARED
    assert "GetCapabilities" in one.asked


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"GetDeviceInformation": BOMB}, "cannot be read as XML"),
        ({"GetDeviceInformation": "<html>"}, "cannot be read as XML"),
        ({"GetDeviceInformation": "<a>" + " " * 5_000_000 + "</a>"}, "longer than 4,000,000 bytes"),
        ({"GetProfiles": "<a/>"}, "no profile with a picture"),
        ({"GetStreamUri": "<a/>"}, "no address of its stream"),
        ({"GetStreamUri": MEDIA2 % "<Uri>file:///etc/passwd</Uri>"}, "no address of its stream"),
        ({"GetProfiles": ""}, "not there; check the login"),
    ],
)
def test_answers_that_are_none(camera, answers, says):
    with pytest.raises(InputError, match=says):
        Device(camera(answers=answers).host).found([], stream="main")


def test_nobody_at_home_and_no_address():
    with pytest.raises(InputError, match="does not answer to ONVIF"):
        Device("127.0.0.1:9").found([], stream="main")
    for address in ("ftp://x", "http://u:p@10.0.0.1/", "http://"):
        with pytest.raises(InputError, match=r"imports\.hosts: expected addresses"):
            Device(address)
