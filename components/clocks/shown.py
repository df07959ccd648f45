"""A clock that is shown to a camera: the time as a code on a screen, ten times a second."""

from __future__ import annotations

import re
from collections.abc import Sequence

from components.clocks.ticks import Bounds, agreed

MILLISECOND = 1_000_000  # ns
PERIOD = 100 * MILLISECOND  # ns that a code is shown
SCREEN = (
    5 * MILLISECOND,
    45 * MILLISECOND,
)  # ns that a screen shows it later: up to two of its pictures, and what the panel takes
FEWEST = 3  # codes that an answer stands on
AGREED = 0.6  # of the codes, that have to fit together
CODE = re.compile(r"WF(\d{13})")


def text(moment: int) -> str:
    """What a code says from `moment` (ns since 1970) on, until the next one."""
    return f"WF{moment // MILLISECOND:013}"


def moment(said: str) -> int | None:
    """The moment (ns) that a code says; None for any other code."""
    found = CODE.fullmatch(said)
    return int(found[1]) * MILLISECOND if found else None


def ahead(seen: Sequence[tuple[int, int]]) -> Bounds | None:
    """How far a camera's times are ahead, from the codes in its pictures: (time of the picture, moment of the code), ns.

    A picture was taken while its code was shown. None where there are too few, or they do not fit together.
    """
    if len(seen) < FEWEST:
        return None
    known = agreed([(taken - said - PERIOD - SCREEN[1], taken - said - SCREEN[0]) for taken, said in seen])
    return known if known.agree >= max(FEWEST, AGREED * len(seen)) else None
