from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from flows import _stopping
from flows._stopping import STOP, listening


@pytest.mark.parametrize("number", _stopping.SIGNALS)
def test_a_request_to_end_is_heard_inside_and_does_what_it_did_outside(number) -> None:
    before = signal.getsignal(number)
    with listening() as stop:
        assert not stop.is_set()
        with listening() as inner:
            os.kill(os.getpid(), number)
            assert inner.wait(2)
        assert signal.getsignal(number) is not before, "the outer block listens on"
        assert stop.is_set()
    assert signal.getsignal(number) is before
    with listening() as stop:
        assert not stop.is_set(), "the next block begins anew"


def test_who_insists_is_heard(monkeypatch) -> None:
    monkeypatch.setattr(_stopping, "SAME", 0.05)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test runner's worker ignores it
    try:
        _insist()
    finally:
        signal.signal(signal.SIGINT, before)


def _insist() -> None:
    with pytest.raises(KeyboardInterrupt), listening() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(2)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(2)


def test_a_thread_shares_the_event_of_its_process() -> None:
    seen = []

    def work() -> None:
        with listening() as stop:
            seen.append(stop)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [STOP]
