"""Again, where the network was in the way: with back-off and jitter, and only for what passes by itself."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable
from typing import TypeVar

FIRST, LONGEST = 0.1, 5.0  # s; the longest wait before the second attempt, and before any

PASSING = {
    errno.EIO, errno.EBUSY, errno.EAGAIN, errno.EPIPE, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED,
    errno.ENETUNREACH, errno.EHOSTUNREACH, getattr(errno, "EREMOTEIO", errno.EIO),
}  # fmt: skip

Result = TypeVar("Result")


class ShortReadError(OSError):
    """Fewer bytes came, or arrived, than the object has."""


class UnseenError(OSError):
    """What was just written is not there yet."""


def passing(error: BaseException) -> bool:
    """Whether asking again may help: the connection broke, nobody answered in time, the server was busy, or bytes are missing."""
    if isinstance(error, ShortReadError | UnseenError | ConnectionError | TimeoutError):
        return True
    return isinstance(error, OSError) and error.errno in PASSING


def again(action: Callable[[], Result], *, attempts: int, when: Callable[[BaseException], bool] = passing) -> Result:
    """What `action` gives, asked at most `attempts` times, after random waits below a bound that doubles."""
    for number in range(attempts - 1):
        try:
            return action()
        except Exception as error:
            if not when(error):
                raise
        time.sleep(random.uniform(0, min(LONGEST, FIRST * 2**number)))
    return action()


def until(seen: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `seen` says yes, asked more and more rarely for at most so many seconds."""
    end, wait = time.monotonic() + seconds, 0.01
    while not seen():
        if time.monotonic() + wait > end:
            return False
        time.sleep(wait)
        wait = min(2 * wait, 1.0)
    return True
