"""What the kernel knows of this machine's own clock: whether somebody keeps it right, and how wrong it may be."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

UNSYNCHRONISED = 0x0040  # STA_UNSYNC of <linux/timex.h>
MICROSECOND = 1000  # ns
LOST = 2_000_000_000  # ns: so much the kernel allows for when nobody has corrected the clock for an hour


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)); the kernel writes all of it."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("frequency", ctypes.c_long), ("most", ctypes.c_long),
        ("estimated", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_char * 256),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether NTP (or PTP) keeps the clock of this machine."""

    synchronised: bool | None = None  # None: this system does not tell
    most: int | None = None  # ns that it is wrong at most, as the kernel says; None where nobody keeps it

    @property
    def vouched(self) -> bool:
        """Whether somebody says that it is right."""
        return bool(self.synchronised) and (self.most or 0) <= LOST

    @property
    def says(self) -> str:
        if self.synchronised is None:
            return "whether it is synchronised is unknown"
        if not self.synchronised:
            return "not synchronised"
        if not self.vouched:
            return f"its time server has not been heard for an hour or more, at most {(self.most or 0) / 1e9:.1f} s off"
        return f"synchronised, at most {(self.most or 0) / 1e6:.0f} ms off"


def asked() -> Kept:
    """What adjtimex(2) says; needs no rights, and changes nothing."""
    timex = _Timex()
    try:
        if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
            return Kept()  # forbidden, as in some containers
    except (OSError, AttributeError):  # no Linux
        return Kept()
    if timex.status & UNSYNCHRONISED:
        return Kept(synchronised=False)
    return Kept(synchronised=True, most=timex.most * MICROSECOND)
