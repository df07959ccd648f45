"""Cameras are asked for by multicast; what does not answer us is none of ours."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.fleet.discovery import discover
from tests.onvif import Answering


def test_cameras_that_answer_are_found_once_each():
    there = Answering(["http://10.0.0.12/onvif/device_service", "http://10.0.0.11/onvif/device_service http://[fe80::1]/x"])
    try:
        found = discover(1.0, interface="127.0.0.1", group=there.group)
    finally:
        there.stop()
    assert [one.addresses[0] for one in found] == [f"http://10.0.0.{n}/onvif/device_service" for n in (11, 12)]
    assert found[0].name == "PREDATOR" and found[0].location == ""


def test_a_network_that_cannot_be_asked_is_a_sentence():
    with pytest.raises(InputError, match=r"cannot ask the network: .*set imports\.interface"):
        discover(0.1, interface="203.0.113.77")
