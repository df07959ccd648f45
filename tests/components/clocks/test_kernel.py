"""What the kernel says of this machine's clock is asked as it is, and said in words."""

from __future__ import annotations

import ctypes

import pytest

from components.clocks import kernel
from components.clocks.kernel import Kept, asked


def test_the_kernel_of_this_machine_answers_or_is_unknown():
    found = asked()
    assert found.synchronised in (True, False, None)
    assert (found.most is not None) == (found.synchronised is True)


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (Kept(True, 12_400_000), "synchronised, at most 12 ms off"),
        (Kept(True, 2_400_000_000), "its time server has not been heard for an hour or more, at most 2.4 s off"),
        (Kept(False), "not synchronised"),
        (Kept(), "whether it is synchronised is unknown"),
    ],
)
def test_it_is_said_in_words(kept, says):
    assert kept.says == says


class _Library:
    """A C library whose adjtimex answers so."""

    def __init__(self, result: int, status: int) -> None:
        self._result, self._status = result, status

    def adjtimex(self, timex: ctypes._Pointer) -> int:
        timex._obj.status, timex._obj.most = self._status, 12_400
        return self._result


@pytest.mark.parametrize(
    ("library", "found"),
    [
        (_Library(0, 0x2001), Kept(True, 12_400_000)),
        (_Library(5, 0x0041), Kept(False)),
        (_Library(-1, 0), Kept()),
        (object(), Kept()),
    ],
)
def test_synchronised_or_not_or_forbidden_or_no_linux(library, found, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    assert kernel.asked() == found
