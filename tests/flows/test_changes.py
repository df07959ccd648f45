"""Who records which camera after the fleet has changed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import pytest

from components.contracts import InputError
from flows._changes import board, moved, of_group

A, B, C, D = ({"url": name} for name in "abcd")


def test_whoever_stays_stays_where_it_is_and_new_ones_go_to_the_smallest_group():
    groups = {"one": {"a": A, "b": B}, "two": {"c": C}}
    assert moved(groups, {"a": D, "b": B, "c": C, "d": D}) == {"one": {"a": D, "b": B}, "two": {"c": C, "d": D}}
    assert moved(groups, {"b": B}) == {"one": {"b": B}, "two": {}}


def test_a_hangup_makes_the_fleet_be_read_again_and_a_wrong_one_changes_nothing(caplog):
    read = iter([{"a": A, "b": B}, InputError("fleet.yaml:3: no such key"), RuntimeError("what"), {"b": B}])

    def again():
        found = next(read)
        if isinstance(found, Exception):
            raise found
        return found

    with board({"group": {"a": A}}, again) as address:
        assert of_group(address, "group") == {"a": A} and of_group(address, "nobody") is None
        for said, there in (("b added", {"a": A, "b": B}), ("fleet.yaml:3", {"a": A, "b": B}), ("what", {"a": A, "b": B}),
                            ("a removed", {"b": B})):  # fmt: skip
            os.kill(os.getpid(), signal.SIGHUP)
            end = time.monotonic() + 5
            while said not in caplog.text and time.monotonic() < end:
                time.sleep(0.02)
            assert said in caplog.text and of_group(address, "group") == there
    assert of_group(address, "group") is None


def test_only_who_has_the_key_is_answered():
    with board({"group": {"a": A}}, dict) as address:
        mine = multiprocessing.current_process().authkey
        multiprocessing.current_process().authkey = b"another"
        try:
            with pytest.raises(multiprocessing.AuthenticationError):
                of_group(address, "group")
        finally:
            multiprocessing.current_process().authkey = mine
        assert of_group(address, "group") == {"a": A}
