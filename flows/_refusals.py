"""What the machine refuses to do, as a sentence; anything else that nobody foresaw is a bug."""

from __future__ import annotations

import errno

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def sentence(error: BaseException) -> str:
    """Why the machine could not write, and what to do; empty for every other error."""
    if not isinstance(error, OSError):
        return ""
    place = error.filename or "a temporary file"
    if error.errno in FULL:
        return f"no space left on the device for {place}; free some, or set RUNS and TMPDIR to folders on a larger one"
    if error.errno in CLOSED:
        return f"{place} is not writable; check its permissions, or set RUNS and TMPDIR to folders that you own"
    return ""
