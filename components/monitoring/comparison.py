"""Whether two pictures show the same view: features, the mapping that most of them agree on, and what correlation says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats32, Floats64
from components.geometry import transform_points
from components.monitoring.background import Gray

FEATURES = 1500  # at most, of each picture
WIDE = 1280  # px: features of wider pictures are looked for in smaller ones
ALIKE = 0.8  # a match is distinctly better than the second best (Lowe 2004)
NEAR = 2.0  # px: features that agree with a mapping lie this close to where it puts them
AGREE = 16  # features that have to agree on a mapping
MANY = 60  # so many that more hardly make it surer
FEW = 80  # features below which a picture shows too little to say anything: dark, blurred, obstructed
STILL = 0.45  # share of the agreeing features' number which, found at their old places, says that only things have moved
SAME = 0.45  # correlation of gradients above which two pictures show the same view, whatever features say
BETTER = 0.04  # by how much a mapping has to raise the correlation
SMALL = 480  # px: width of the pictures that are correlated
GRID = 12  # points in each direction at which a mapping is looked at

Verdict = Literal["in place", "moved", "unsure"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one picture says beside the reference."""

    verdict: Verdict
    pixels: float  # median way that points of the picture have gone; NaN where nobody can say
    confidence: float  # 0..1 that the verdict is right
    mapping: Floats64 | None  # (3, 3) pixel of the picture -> pixel of the reference; None: not known well enough
    reason: str


@dataclass(frozen=True, slots=True)
class Features:
    """Row i of every column is feature i."""

    points: Floats64  # (n, 2) pixels
    words: Floats32  # (n, 128)


@dataclass(frozen=True, slots=True)
class Matches:
    """Features of both pictures that look alike. Row i of every column is pair i."""

    there: Floats64  # (n, 2) pixels of the picture
    before: Floats64  # (n, 2) pixels of the reference
    features: tuple[int, int]  # how many there are in the picture and in the reference


class Reference:
    """The view that pictures are compared with; its features are looked for once."""

    def __init__(self, picture: Gray) -> None:
        self.shape = picture.shape
        self._scale = min(1.0, WIDE / picture.shape[1])
        self._small = _shrunk(picture, self._scale)
        self._features = features(self._small)

    def compare(self, picture: Gray, *, least: float) -> Comparison:
        """Whether `picture` shows this view, up to `least` pixels. Both without people."""
        if picture.shape != self.shape:
            return Comparison("moved", float("nan"), 0.5, None, "the pictures have another size")
        small = _shrunk(picture, self._scale)
        found = _compared(self._small, small, matched(self._features, features(small)), least * self._scale)
        back = np.diag([1 / self._scale, 1 / self._scale, 1.0])
        mapping = None if found.mapping is None else back @ found.mapping @ np.linalg.inv(back)
        return replace(found, pixels=found.pixels / self._scale, mapping=mapping)


def _compared(reference: Gray, picture: Gray, found: Matches, least: float) -> Comparison:
    if min(found.features) < FEW:
        return Comparison("unsure", float("nan"), 0.0, None, f"{found.features[0]} features, too few to say anything")
    still = correlation(reference, picture, None)
    mapping, agree = _mapping(found)
    if mapping is None or agree.sum() < AGREE:
        return _unmatched(found, still)
    at_home = int((np.linalg.norm(found.there - found.before, axis=1) < min(least, NEAR)).sum())
    pixels = way(mapping, picture.shape)
    spread = _spread(found.there[agree], picture.shape)
    if pixels < least or at_home >= STILL * agree.sum():
        sure = min(1.0, max(at_home, int(agree.sum()) if pixels < least else 0) / MANY)
        return Comparison(
            "in place", pixels if pixels < least else 0.0, sure, mapping, f"{at_home} features are at their old places"
        )
    moved = correlation(reference, picture, mapping)
    if moved < still + BETTER:
        return Comparison("unsure", pixels, 0.0, None, f"{agree.sum()} features have moved, and the picture as a whole has not")
    sure = min(1.0, agree.sum() / MANY) * min(1.0, spread / 0.15) * min(1.0, (moved - still) / 0.2)
    reliable = spread >= 0.08 and residual(reference, picture, mapping) < max(1.0, NEAR)
    reason = f"{agree.sum()} features agree; correlation {still:.2f} as it is, {moved:.2f} moved back"
    return Comparison("moved", pixels, float(sure), mapping if reliable else None, reason)


def features(picture: Gray) -> Features:
    """What there is to recognise in a picture, in whatever light (SIFT on evened-out contrast)."""
    found, words = cv2.SIFT.create(FEATURES).detectAndCompute(cv2.createCLAHE(3.0, (8, 8)).apply(picture), None)
    if words is None or len(found) < 2:
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    return Features(np.array([point.pt for point in found], np.float64), np.asarray(words, np.float32))


def matched(before: Features, there: Features) -> Matches:
    """Features that are each other's best match, distinctly better than the second best."""
    counts = len(there.points), len(before.points)
    if not all(counts):
        return Matches(np.zeros((0, 2)), np.zeros((0, 2)), counts)
    squares = (there.words**2).sum(axis=1)[:, None] + (before.words**2).sum(axis=1) - 2 * there.words @ before.words.T
    best, back = squares.argmin(axis=1), squares.argmin(axis=0)
    nearest = np.partition(squares, 1, axis=1)
    rows = np.flatnonzero((nearest[:, 0] < ALIKE**2 * nearest[:, 1]) & (back[best] == np.arange(len(best))))
    return Matches(there.points[rows], before.points[best[rows]], counts)


def correlation(reference: Gray, picture: Gray, mapping: Floats64 | None) -> float:
    """How alike the edges of two pictures are, -1..1, after the picture is brought into the reference's place."""
    first, second, seen = _overlaid(reference, picture, mapping)
    a, b = first[seen], second[seen]
    if len(a) < 0.1 * first.size or not a.std() or not b.std():
        return 0.0
    return float(((a - a.mean()) * (b - b.mean())).mean() / (a.std() * b.std()))


def residual(reference: Gray, picture: Gray, mapping: Floats64) -> float:
    """Pixels by which phase correlation still finds the picture shifted, after it was brought into the reference's place."""
    first, second, seen = _overlaid(reference, picture, mapping)
    window = cv2.createHanningWindow(first.shape[::-1], cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(first * seen, second * seen, window)
    return float(np.hypot(x, y) * reference.shape[1] / first.shape[1])


def _overlaid(reference: Gray, picture: Gray, mapping: Floats64 | None) -> tuple[Floats32, Floats32, NDArray[np.bool_]]:
    """Small pictures of the edges of both, and where there is something of both."""
    scale = min(1.0, SMALL / reference.shape[1])
    size = round(reference.shape[1] * scale), round(reference.shape[0] * scale)
    shrink = np.diag([size[0] / reference.shape[1], size[1] / reference.shape[0], 1.0])
    there = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    seen = np.ones(there.shape, np.bool_)
    if mapping is not None:
        small = shrink @ mapping @ np.linalg.inv(shrink)
        seen = cv2.erode(cv2.warpPerspective(np.ones_like(there), small, size), np.ones((7, 7), np.uint8)) > 0
        there = np.asarray(cv2.warpPerspective(there, small, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    before = np.asarray(cv2.resize(reference, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _edges(before), _edges(there), seen


def _edges(picture: Gray) -> Floats32:
    """Strength of the gradient, in units that the light does not change much."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.2).astype(np.float32)
    strength = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return np.asarray(np.log1p(strength / (1e-6 + float(np.mean(strength)))), np.float32)


def _shrunk(picture: Gray, scale: float) -> Gray:
    if scale == 1.0:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _mapping(found: Matches) -> tuple[Floats64 | None, NDArray[np.bool_]]:
    """The mapping that most features agree on, and which those are."""
    if len(found.there) < 4:
        return None, np.zeros(len(found.there), np.bool_)
    cv2.setRNGSeed(0)  # the same pictures give the same answer
    mapping, mask = cv2.findHomography(found.there, found.before, cv2.USAC_MAGSAC, NEAR, maxIters=5000, confidence=0.9999)
    if mapping is None:
        return None, np.zeros(len(found.there), np.bool_)
    return np.asarray(mapping, np.float64), np.asarray(mask).ravel() > 0


def _unmatched(found: Matches, still: float) -> Comparison:
    """Nothing fits together: another view, or a picture that shows too little of this one."""
    if still >= SAME:
        return Comparison("in place", 0.0, still, None, f"features do not match, and edges do ({still:.2f})")
    there, before = found.features
    if there < 0.5 * before:
        return Comparison("unsure", float("nan"), 0.0, None, f"{there} features of {before}: dark, blurred or obstructed")
    return Comparison("moved", float("nan"), 0.5, None, "nothing of the old view is in the picture")


def way(mapping: Floats64, shape: tuple[int, ...]) -> float:
    """Median way of points all over the picture, in pixels."""
    x, y = np.meshgrid(np.linspace(0, shape[1] - 1, GRID), np.linspace(0, shape[0] - 1, GRID))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    return float(np.median(np.linalg.norm(transform_points(mapping, points) - points, axis=1)))


def _spread(points: Floats64, shape: tuple[int, ...]) -> float:
    """The share of the picture that the hull of points covers."""
    hull = cv2.convexHull(points.astype(np.float32))
    return float(cv2.contourArea(hull)) / (shape[0] * shape[1])
