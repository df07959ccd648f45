"""Profiles of cameras in files."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.fleet.declared import Declared
from components.fleet.profiles import Profile, chosen, read
from tests.onvif import ANSWERS


def test_a_file_of_profiles_may_have_the_address_too(tmp_path):
    both = tmp_path / "camera.xml"
    both.write_text((ANSWERS / "GetProfiles.xml").read_text() + "\n" + (ANSWERS / "GetStreamUri.xml").read_text())
    profiles, urls = read(both)
    assert [(one.token, one.declared.width, one.declared.megabits) for one in profiles] == [("main", 1920, 1.0)]
    assert urls == ["rtsp://192.168.68.111/h264main"]
    assert read(ANSWERS / "GetProfiles.xml")[1] == []


def test_main_is_the_largest_and_second_the_next():
    sizes = [(640, 360), (2560, 1440), (1280, 720)]
    profiles = [Profile(str(w), "", Declared(width=w, height=h)) for w, h in sizes]
    assert (chosen(profiles, "main").token, chosen(profiles, "second").token) == ("2560", "1280")
    assert chosen(profiles[:1], "second").token == "640"


def test_files_that_are_none(tmp_path):
    for text, says in (("", "no profile"), ("<a/>", "no profile"), ("<a", "as XML"), ('<!DOCTYPE a SYSTEM "x"><a/>', "as XML")):
        (tmp_path / "x.xml").write_text(text)
        with pytest.raises(InputError, match=says):
            read(tmp_path / "x.xml")
