"""The people of a split one by one, cut out of their pictures, with who they are and where they were seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.contracts import Dataset, InputError, Ints, Progress, Sample, SplitName
from components.crops import cut, fitted
from components.evaluation.slices import Cut, Slices

SMALL = 12  # px: a narrower person shows nothing, as in training
Where = Callable[[int], tuple[str, str]]  # position of a sample -> its key, and the path of what holds it in the store


@dataclass(frozen=True, slots=True)
class Look:
    """One person in one picture."""

    image: str  # key of the picture
    picture: int  # position of the picture
    camera: str
    time: int  # fleet time, ns
    crowd: int  # people asked for in the picture
    person: str  # empty: the label does not say
    role: str


Batch = tuple[list[Look], NDArray[np.uint8]]  # (n, height, width, 3) BGR


def batches(
    dataset: Dataset, *, split: SplitName, size: tuple[int, int], min_visibility: float, batch_size: int,
    needed: str, where: Where | None = None, progress: Progress | None = None, positions: Ints | None = None,
) -> Iterator[Batch]:  # fmt: skip
    """Everybody large and visible enough, as views of `size` (width, height), the people of `batch_size` pictures at once.

    Raises InputError where the split is empty, or where its labels do not say what is `needed`: people, or roles.
    """
    samples = dataset.split(split)
    if not len(samples):
        raise InputError(
            f"dataset {dataset.digest[:12]}: its {split} split is empty; evaluate another split, or prepare more footage."
        )
    chosen = range(len(samples)) if positions is None else positions.tolist()
    for start in range(0, len(chosen), batch_size):
        looks: list[Look] = []
        views: list[NDArray[np.uint8]] = []
        for i in chosen[start : start + batch_size]:
            sample = samples[i]
            _labelled(sample, needed, dataset.digest)
            key = where(i)[0] if where else f"{sample.camera}-{sample.time}-{i}"
            for look, view in _people(sample, i, key, min_visibility):
                looks.append(look)
                views.append(fitted(view, *size))
        if looks:
            yield looks, np.stack(views)
        if progress is not None:
            progress(min(start + batch_size, len(chosen)), len(chosen))


def cuts(looks: Sequence[Look], slices: Slices) -> tuple[Cut, ...]:
    """Looks by camera, hour and crowd."""
    cameras, camera = np.unique([look.camera for look in looks], return_inverse=True)
    times, crowd = (np.array([getattr(look, name) for look in looks], np.int64) for name in ("time", "crowd"))
    return slices.cuts(tuple(cameras.tolist()), camera.astype(np.int32), times, crowd)


def nobody(dataset: Dataset, split: str) -> InputError:
    """What is wrong where no picture shows anybody well enough."""
    said = f"dataset {dataset.digest[:12]}: nobody in its {split} split is large and visible enough"
    return InputError(f"{said}; prepare more footage")


def _labelled(sample: Sample, needed: str, digest: str) -> None:
    if len(getattr(sample, needed)) != len(sample.boxes):
        raise InputError(
            f"dataset {digest[:12]}: the labels of camera {sample.camera} say no {needed}, so nobody can be judged by them; "
            "prepare it with labels that do, such as labels=truth of the simulated ward"
        )


def _people(sample: Sample, at: int, key: str, least: float) -> Iterator[tuple[Look, NDArray[np.uint8]]]:
    visible = sample.visibility >= least
    people, roles = (names or ("",) * len(sample.boxes) for names in (sample.people, sample.roles))
    for i, view in enumerate(cut(sample.image, sample.boxes)):
        if visible[i] and min(view.shape[:2]) >= SMALL:
            yield Look(key, at, sample.camera, sample.time, int(visible.sum()), people[i], roles[i]), view
