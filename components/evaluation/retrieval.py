"""How well features find people again, over all and by camera, hour, crowd and role: rank-1 and mean average precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.contracts import Dataset, Floats32, Floats64, InputError, Ints, Progress, SplitName
from components.evaluation.cropped import Look, Where, batches, cuts, nobody
from components.evaluation.slices import Slices, name_of

MOST = 4000  # people who are each searched for among all others, as in training
EACH = 4  # people in a picture, by which pictures are chosen
RANKS = 20  # that the curve has
Features = Callable[[NDArray[np.uint8]], Floats32]  # (n, height, width, 3) BGR -> (n, d) unit length


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalPart:
    """The figures of those searched for in one slice, among everybody."""

    kind: str
    value: str
    enough: bool  # people, for its figures to mean something
    rank1: float
    map: float
    people: int

    @property
    def name(self) -> str:
        return name_of(self.kind, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalReport:
    """Everybody who is seen at least twice is searched for among all others (Zheng 2015); NaN where nobody is."""

    rank1: float  # share whose most similar look is of the same person
    map: float  # mean of the average precision of the person's other looks
    rank1_elsewhere: float  # the same where only looks of other cameras are searched; NaN: nobody is seen by two
    map_elsewhere: float
    curve: Floats64  # (RANKS,) share that is found within so many looks
    parts: tuple[RetrievalPart, ...]
    looks: int
    persons: int

    def metrics(self) -> dict[str, float]:
        """Flat names for a ledger: rank1, map, ..., rank1.camera.bay_a, ...; without NaN."""
        names = ("rank1", "map", "rank1_elsewhere", "map_elsewhere", "looks", "persons")
        flat = {name: getattr(self, name) for name in names}
        for part in self.parts:
            kept = {"rank1": part.rank1, "map": part.map} if part.enough else {}
            flat |= {f"{name}.{part.name}": value for name, value in {**kept, "people": part.people}.items()}
        return {name: float(value) for name, value in flat.items() if not math.isnan(value)}


def evaluate_retrieval(
    features: Features, *, size: tuple[int, int], dataset: Dataset, split: SplitName = "test", min_visibility: float = 0.25,
    batch_size: int = 8, slices: Slices | None = None, where: Where | None = None, progress: Progress | None = None,
) -> RetrievalReport:  # fmt: skip
    """Figures of `features` on the people of one split of `dataset`, cut out as views of `size` (width, height).

    Of large splits pictures are taken evenly. Raises InputError where the split is empty, its labels say no names, or nobody is
    there twice.
    """
    samples = len(dataset.split(split))
    positions = np.unique(np.linspace(0, max(0, samples - 1), min(samples, MOST // EACH)).astype(np.int64))
    looks: list[Look] = []
    rows: list[Floats32] = []
    for found, views in batches(
        dataset, split=split, size=size, min_visibility=min_visibility, batch_size=batch_size, needed="people", where=where,
        progress=progress, positions=positions,
    ):  # fmt: skip
        looks += found
        rows.append(features(views))
    if not looks:
        raise nobody(dataset, split)
    return report(looks[:MOST], np.concatenate(rows)[:MOST], slices or Slices())


def report(looks: Sequence[Look], features: Floats32, slices: Slices) -> RetrievalReport:
    """The figures of looks with these features (n, d). Raises InputError where nobody is there twice."""
    people = np.unique([look.person for look in looks], return_inverse=True)[1]
    camera = np.unique([look.camera for look in looks], return_inverse=True)[1]
    first, precision = _searched(features, people, np.zeros_like(camera))
    if np.isnan(precision).all():
        raise InputError("dataset: nobody is seen twice in this split, so nobody can be found again; prepare more footage")
    elsewhere, precision_elsewhere = _searched(features, people, camera + 1)
    asked = np.isfinite(precision)
    return RetrievalReport(
        rank1=float((first[asked] == 0).mean()), map=float(precision[asked].mean()),
        rank1_elsewhere=_mean((elsewhere == 0).astype(np.float64), precision_elsewhere),
        map_elsewhere=_mean(precision_elsewhere, precision_elsewhere),
        curve=np.array([(first[asked] <= rank).mean() for rank in range(RANKS)]),
        parts=tuple(_parts(looks, first, precision, slices)), looks=len(looks), persons=int(people.max()) + 1,
    )  # fmt: skip


def _searched(features: Floats32, people: Ints, place: Ints) -> tuple[Ints, Floats64]:
    """For each look the rank of the first right one, from 0, and the average precision (NaN: there is no right one).

    Looks of the same `place` as the one searched for are not searched; 0 is no place.
    """
    first, precision = np.zeros(len(people), np.int64), np.full(len(people), np.nan)
    for i in range(len(people)):
        others = (place != place[i]) | (place == 0)
        others[i] = False
        others = np.flatnonzero(others)
        order = others[np.argsort(-(features[others] @ features[i]), kind="stable")]
        ranks = np.flatnonzero(people[order] == people[i])
        if len(ranks):
            first[i], precision[i] = ranks[0], (np.arange(1, len(ranks) + 1) / (ranks + 1)).mean()
    return first, precision


def _mean(values: Floats64, asked: Floats64) -> float:
    return float(values[np.isfinite(asked)].mean()) if np.isfinite(asked).any() else math.nan


def _parts(looks: Sequence[Look], first: Ints, precision: Floats64, slices: Slices) -> Iterator[RetrievalPart]:
    roles, role = np.unique([look.role for look in looks], return_inverse=True)
    kinds = [(cut.kind, cut.values, cut.block) for cut in cuts(looks, slices)]
    for kind, values, block in [*kinds, ("role", tuple(roles.tolist()), role)]:
        for i in np.unique(block).tolist():
            mine = (block == i) & np.isfinite(precision)
            people = int(mine.sum())
            if people and values[i]:
                yield RetrievalPart(
                    kind=kind, value=values[i], enough=people >= slices.people, rank1=float((first[mine] == 0).mean()),
                    map=float(precision[mine].mean()), people=people,
                )  # fmt: skip
