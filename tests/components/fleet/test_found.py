"""No secret of a camera is written, and nothing that a stranger says refers to anything of ours."""

from __future__ import annotations

import pytest

from components.fleet.found import Found, discreet, harmless, named, with_login


def urls(*given: str) -> list[str]:
    return [one.url for one in discreet([Found(f"cam-{i}", url) for i, url in enumerate(given)]).cameras]


def test_one_login_is_one_pair_of_names_and_several_are_several():
    assert urls("rtsp://u:p@a/", "rtsp://u:p@b/") == [
        f"rtsp://${{secret:CAMERA_USER}}:${{secret:CAMERA_PASSWORD}}@{h}/" for h in "ab"
    ]
    told = discreet([Found("bay-1", "rtsp://u:p@a/"), Found("hall", "rtsp://u:q@b/")])
    assert told.cameras[0].url == "rtsp://${secret:CAMERA_BAY_1_USER}:${secret:CAMERA_BAY_1_PASSWORD}@a/"
    assert told.variables == ("CAMERA_BAY_1_PASSWORD", "CAMERA_BAY_1_USER", "CAMERA_HALL_PASSWORD", "CAMERA_HALL_USER")


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://u:p@ss@h/x", "rtsp://u:pa/x@h/y", "http://h/x?user=u&password=pass", "rtsp://h/user=u_password=pass_channel=1",
        "rtsp://${oc.env:U}:pass@h/",
    ],
)  # fmt: skip
def test_no_password_is_left(url):
    (told,) = urls(url)
    assert "pass" not in told.replace("password=", "").replace("CAMERA_PASSWORD", "") and "ss@" not in told and "pa/x" not in told


def test_what_is_in_the_environment_already_stays():
    kept = ["rtsp://${oc.env:U}:${oc.env:P}@a/", "rtsp://${oc.env:U}@a/", "rtsp://a/x@y", ""]
    assert urls(*kept) == kept


def test_a_login_is_added_where_there_is_none():
    assert with_login(Found("a", "rtsp://h/x@y"), "U", "P").url == "rtsp://${secret:U}:${secret:P}@h/x@y"
    assert (
        with_login(Found("a", "rtsp://u:p@h/"), "U", "P").url == "rtsp://u:p@h/"
        and with_login(Found("a", ""), "U", "P").url == ""
    )


def test_names_are_ids_that_nobody_has():
    assert (named("Bay 1 (left)", []), named("ä", []), named("cam", ["cam", "cam-2"])) == ("Bay-1-left", "camera", "cam-3")
    assert harmless("${oc.env:HOME} \\ ???  x\ny") == "{oc.env:HOME} x y"
