"""How far two cameras' times are apart, from changes of the light that both see: lamps that are switched, or a flash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.clocks.together import Apart
from components.contracts import Floats64

FAINTEST = 5.0  # grey levels, of 255, of the mean of a picture
NOISES = 8.0  # spreads of the usual difference of two pictures
QUIET = 0.5  # s after a change in which others belong to it: lamps that flicker, exposure that follows
GAP = 1.0  # s between two pictures that are too far apart for a change to be known
FEWEST = 3  # changes that an answer stands on
RIVAL = 1.0  # s from which on another shift is another


@dataclass(frozen=True, slots=True)
class Change:
    """It became brighter, or darker, between two pictures."""

    before: float  # s
    after: float
    brighter: bool

    @property
    def moment(self) -> float:
        return (self.before + self.after) / 2


def changes(times: Floats64, levels: Floats64) -> list[Change]:
    """Sudden ones in mean grey levels (n,), 0 to 255, of pictures at `times` (n,) s, rising."""
    if len(times) < 3:
        return []
    differences = np.diff(levels)
    spread = 1.4826 * float(np.median(np.abs(differences - np.median(differences))))
    sudden = (np.abs(differences) > max(FAINTEST, NOISES * spread)) & (np.diff(times) < GAP)
    found: list[Change] = []
    last = -math.inf
    for i in np.flatnonzero(sudden):
        if times[i] - last > QUIET:
            found.append(Change(float(times[i]), float(times[i + 1]), bool(differences[i] > 0)))
        last = float(times[i + 1])
    return found


def apart(first: tuple[str, Sequence[Change]], second: tuple[str, Sequence[Change]], *, most: float = 30.0) -> Apart | None:
    """How far the second camera's times are ahead, up to `most` s; None where not enough changes fit, or fit in two ways.

    A change happened anywhere between two pictures, so its moment has the uncertainty of that interval by the square root of 12;
    the mean of several is known better.
    """
    (one, ours), (other, theirs) = first, second
    shifts = [b.moment - a.moment for a in ours for b in theirs if a.brighter == b.brighter]
    fits = {shift: _matched(ours, theirs, shift) for shift in shifts if abs(shift) <= most}
    if not fits:
        return None
    best = max(fits, key=lambda shift: (len(fits[shift]), -_scatter(fits[shift])))
    rivals = [len(found) for shift, found in fits.items() if abs(shift - best) > RIVAL]
    pairs = fits[best]
    if len(pairs) < FEWEST or max(rivals, default=0) > len(pairs) / 2:
        return None
    gaps = [b.moment - a.moment for a, b in pairs]
    width = np.mean([(a.after - a.before) ** 2 + (b.after - b.before) ** 2 for a, b in pairs])
    uncertainty = max(math.sqrt(float(width) / 12), float(np.std(gaps))) / math.sqrt(len(pairs))
    return Apart(one, other, float(np.mean(gaps)), uncertainty, len(pairs))


def _matched(ours: Sequence[Change], theirs: Sequence[Change], shift: float) -> list[tuple[Change, Change]]:
    """Changes that both may have seen where the second is ahead by `shift`."""
    pairs = []
    for a in ours:
        there = min((b for b in theirs if b.brighter == a.brighter), key=lambda b: abs(b.moment - a.moment - shift), default=None)
        if there and abs(there.moment - a.moment - shift) <= (a.after - a.before) + (there.after - there.before):
            pairs.append((a, there))
    return pairs


def _scatter(pairs: Sequence[tuple[Change, Change]]) -> float:
    return float(np.std([b.moment - a.moment for a, b in pairs]))
