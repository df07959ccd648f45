"""How far two cameras' times are apart, from people who walk where both look.

Tracks on a common floor are aligned in time: first where people walk at all, whoever they are, then track by track (Stein,
"Tracking from multiple view points: self-calibration of space and time", CVPR 1999; Caspi, Simakov and Irani, "Feature-based
sequence-to-sequence matching", IJCV 2006). A mapping to the floor that is a little wrong looks like a shift in time to those who
walk one way, and like the opposite one to those who come back: a shift on the floor is estimated along with that in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.clocks.together import Apart
from components.contracts import Floats64

STEP = 0.2  # s between two samples of a track
HOLE = 1.0  # s without a sighting that are bridged
SMOOTH = 5  # samples that a track is smoothed over
WALKING = 0.4  # m/s
CELL = 0.75  # m, of the floor, for the first look
WIDE = 1_000_000  # cells from the origin at most: a mapping sends what is near the horizon anywhere
NEAR = 1.5  # m between two sightings of one person
CLEAR = 8.0  # spreads by which the best shift stands out
COMMON = 10  # samples that two tracks have to have in common
FEWEST = 4  # pairs of tracks that an answer stands on
ROUNDS = 12
DRAWS = 200  # of the bootstrap


@dataclass(frozen=True, slots=True)
class Walk:
    """One track on the floor."""

    times: Floats64  # (n,) s, rising
    places: Floats64  # (n, 2) m


def apart(first: tuple[str, Sequence[Walk]], second: tuple[str, Sequence[Walk]], *, most: float = 30.0) -> Apart | None:
    """How far the second camera's times are ahead, up to `most` seconds; None where the people do not tell.

    Times of both are in seconds since one moment. The uncertainty is that of a bootstrap over the pairs of tracks.
    """
    ours, theirs = (_even(walks) for _, walks in (first, second))
    coarse = _first_look(ours, theirs, most)
    if coarse is None:
        return None
    pairs = [(a, b) for a in ours for b in theirs if _alike(a, b, coarse)]
    if len(pairs) < FEWEST:
        return None
    found = _fitted(pairs, coarse)
    if found is None or abs(found[0] - coarse) > 2 * CELL / WALKING:
        return None
    return Apart(first[0], second[0], *found, evidence=len(pairs))


@dataclass(frozen=True, slots=True)
class _Track:
    """Samples at whole steps; NaN where nobody was seen."""

    start: int  # steps
    places: Floats64  # (n, 2) m
    speeds: Floats64  # (n, 2) m/s

    def at(self, steps: Floats64) -> tuple[Floats64, Floats64]:
        """Place and speed between samples, linearly; NaN outside."""
        where = steps - self.start
        inside = (where >= 0) & (where <= len(self.places) - 1)
        low = np.clip(np.floor(where).astype(int), 0, len(self.places) - 2)
        part = (where - low)[:, None]
        place, speed = ((1 - part) * values[low] + part * values[low + 1] for values in (self.places, self.speeds))
        return np.where(inside[:, None], place, np.nan), np.where(inside[:, None], speed, np.nan)


def _even(walks: Sequence[Walk]) -> list[_Track]:
    """Tracks as samples at whole steps, smoothed; those that are too short left out."""
    kept = []
    for walk in walks:
        first, last = int(np.ceil(walk.times[0] / STEP)), int(np.floor(walk.times[-1] / STEP))
        if last - first < max(COMMON, SMOOTH):
            continue
        steps = np.arange(first, last + 1) * STEP
        places = np.stack([np.interp(steps, walk.times, walk.places[:, axis]) for axis in (0, 1)], axis=1)
        after = np.clip(np.searchsorted(walk.times, steps), 1, len(walk.times) - 1)
        places[walk.times[after] - walk.times[after - 1] > HOLE] = np.nan
        places = _smoothed(places)
        kept.append(_Track(first, places, np.gradient(places, STEP, axis=0)))
    return kept


def _smoothed(places: Floats64) -> Floats64:
    """Mean of the samples around each; NaN where one is missing, and at both ends."""
    kernel, half = np.ones(SMOOTH) / SMOOTH, SMOOTH // 2
    inner = np.stack([np.convolve(places[:, axis], kernel, "valid") for axis in (0, 1)], axis=1)
    return np.pad(inner, ((half, half), (0, 0)), constant_values=np.nan)


def _walking(track: _Track) -> Floats64:
    here = np.abs(track.places).max(axis=1) < WIDE * CELL / 2
    return here & (np.linalg.norm(track.speeds, axis=1) > WALKING)  # type: ignore[no-any-return]


def _first_look(ours: Sequence[_Track], theirs: Sequence[_Track], most: float) -> float | None:
    """The shift (s) at which most people walk in the same cells of the floor; None where none stands out."""
    spots = [_spots(tracks) for tracks in (ours, theirs)]
    common = np.intersect1d(spots[0][:, 1], spots[1][:, 1])
    if not len(common):
        return None
    low, high = min(one[:, 0].min() for one in spots), max(one[:, 0].max() for one in spots)
    maps = [np.zeros((high - low + 1, len(common)), np.float32) for _ in spots]
    for one, there in zip(maps, spots, strict=True):
        kept = there[np.isin(there[:, 1], common)]
        np.add.at(one, (kept[:, 0] - low, np.searchsorted(common, kept[:, 1])), 1.0)
    reach = round(most / STEP)
    score = _correlated(maps[0], maps[1], reach)
    best = int(np.argmax(score))
    away = np.abs(np.arange(len(score)) - best) > round(3.0 / STEP)
    level = np.median(score[away]) if away.any() else 0.0
    spread = np.median(np.abs(score[away] - level)) * 1.4826 if away.any() else 0.0
    clear = score[best] - level > CLEAR * max(spread, 1e-9) and score[best] >= COMMON
    return (best - reach) * STEP if clear else None


def _spots(tracks: Sequence[_Track]) -> np.ndarray:
    """(n, 2) step and cell of everybody who walks, with the cells around, so that being a little off counts a little less."""
    parts = [np.empty((0, 2), np.int64)]
    for track in tracks:
        walking = _walking(track)
        cells = np.floor(track.places[walking] / CELL).astype(np.int64)
        steps = track.start + np.flatnonzero(walking)
        around = [cells + shift for shift in ((0, 0), (0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))]
        parts += [np.column_stack([steps, one[:, 0] * 2 * WIDE + one[:, 1] + WIDE]) for one in around]
    return np.concatenate(parts)


def _correlated(ours: np.ndarray, theirs: np.ndarray, reach: int) -> Floats64:
    """Of every shift from -reach to reach steps how much of both maps coincides; busy cells count less."""
    ours, theirs = (one - one.mean(axis=0) for one in (ours, theirs))
    padded = len(ours) + reach
    score = np.zeros(2 * reach + 1)
    for column in range(ours.shape[1]):  # a cell at a time: memory stays that of the maps
        spectrum = np.conj(np.fft.rfft(ours[:, column], padded)) * np.fft.rfft(theirs[:, column], padded)
        product = np.fft.irfft(spectrum, padded)
        score += np.concatenate([product[len(product) - reach :], product[: reach + 1]])
    return score


def _alike(a: _Track, b: _Track, shift: float) -> bool:
    """Whether both may be of one person, who walked."""
    steps = a.start + np.flatnonzero(_walking(a)).astype(float)
    if not len(steps) or steps[-1] + shift / STEP < b.start or steps[0] + shift / STEP > b.start + len(b.places):
        return False
    there, _ = b.at(steps + shift / STEP)
    distance = np.linalg.norm(a.places[_walking(a)] - there, axis=1)
    distance = distance[np.isfinite(distance)]
    return len(distance) >= COMMON and bool(np.median(distance) < NEAR)


def _fitted(pairs: Sequence[tuple[_Track, _Track]], shift: float) -> tuple[float, float] | None:
    """Shift in time (s) and its uncertainty: Gauss-Newton with Tukey's weights on shift in time and shift on the floor."""
    floor = np.zeros(2)
    normal, right = np.zeros((len(pairs), 3, 3)), np.zeros((len(pairs), 3))
    for _ in range(ROUNDS):
        samples = [_samples(a, b, shift) for a, b in pairs]
        everywhere = np.concatenate([gap - floor for gap, _ in samples])
        if len(everywhere) < COMMON:
            return None
        scale = max(0.05, 1.4826 * float(np.median(np.linalg.norm(everywhere, axis=1))))
        for i, (gap, speed) in enumerate(samples):
            normal[i], right[i] = _equations(gap - floor, speed, scale)
        step = _solution(normal.sum(axis=0), right.sum(axis=0))
        if step is None:
            return None
        shift, floor = shift + float(step[0]), floor + step[1:]
        if abs(step[0]) < 1e-4:
            break
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(pairs), (DRAWS, len(pairs)))
    drawn = [_solution(normal[draw].sum(axis=0), right[draw].sum(axis=0)) for draw in draws]
    spread = [float(one[0]) for one in drawn if one is not None]
    if len(spread) < DRAWS // 2:
        return None
    return shift, float(np.std(spread)) * np.sqrt(len(pairs) / (len(pairs) - 1))


def _samples(a: _Track, b: _Track, shift: float) -> tuple[Floats64, Floats64]:
    """Gaps (n, 2) m between both while they walk, and how fast."""
    walking = _walking(a)
    there, speed = b.at(a.start + np.flatnonzero(walking).astype(np.float64) + shift / STEP)
    gap = a.places[walking] - there
    kept = np.isfinite(gap).all(axis=1) & np.isfinite(speed).all(axis=1)
    return gap[kept], speed[kept]


def _equations(gap: Floats64, speed: Floats64, scale: float) -> tuple[Floats64, Floats64]:
    """Normal equations of `gap = speed * shift + floor`, far gaps without weight."""
    weight = np.clip(1 - (np.linalg.norm(gap, axis=1) / (4.685 * scale)) ** 2, 0, None) ** 2
    design = np.zeros((len(gap), 2, 3))
    design[:, :, 0], design[:, 0, 1], design[:, 1, 2] = speed, 1.0, 1.0
    return np.einsum("n,nki,nkj->ij", weight, design, design), np.einsum("n,nki,nk->i", weight, design, gap)


def _solution(normal: Floats64, right: Floats64) -> Floats64 | None:
    """None where all walk one way, so that nobody can tell time from place."""
    if np.linalg.cond(normal) > 1e4:
        return None
    return np.linalg.solve(normal, right).astype(np.float64)
