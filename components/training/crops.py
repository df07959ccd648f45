"""The people of a split, one picture each, with the number of what they are."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Literal

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from components.contracts import InputError, Sample, Samples
from components.crops import cut, fitted
from components.networks import Picture

_LOG = logging.getLogger(__name__)
SMALL = 12  # px: a narrower person shows nothing that could be learned
EACH = 4  # people in a picture, of whom memory is kept


class Crops(Dataset[Picture]):
    """People of `samples` who are at least `min_visibility` visible, as `Picture`s of `size` with one box around all of it.

    The label is the place of the person's role in `classes`, or, without classes, a number of the person's own. Pictures are
    taken evenly from the split, as many as fit into `cache_mb` (2**20 bytes). `draw` equal: everybody is repeated so often that
    all labels are as frequent; as_is: once. Raises InputError where the dataset's labels do not say what is wanted, where a role
    is none of `classes`, and where nobody is left.
    """

    def __init__(
        self, samples: Samples, *, classes: tuple[str, ...] | None, size: tuple[int, int], min_visibility: float, cache_mb: int,
        draw: Literal["equal", "as_is"],
    ) -> None:  # fmt: skip
        self.classes, self.size, self.min_visibility = classes, size, min_visibility
        self._numbers = {name: number for number, name in enumerate(classes or ())}
        room = max(1, cache_mb * 2**20 // (3 * size[0] * size[1]))
        chosen = np.unique(np.linspace(0, len(samples) - 1, min(len(samples), max(1, room // EACH))).astype(int)).tolist()
        found = [crop for index in chosen for crop in self._people(samples[index])]
        if not found:
            raise InputError(f"dataset: nobody in {len(chosen)} pictures is large and visible enough; prepare more footage")
        if draw == "equal":
            self._check({label for _, label in found})
        self.images = torch.stack([image for image, _ in found])
        self.labels = torch.tensor([label for _, label in found])
        self.rows = _equal(self.labels.tolist()) if draw == "equal" else list(range(len(found)))
        self.cached = len(found)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Picture:
        row, (width, height) = self.rows[index], self.size
        whole = torch.tensor([[0.0, 0.0, width, height]])
        return Picture(self.images[row], whole, self.labels[row : row + 1], torch.zeros(1, dtype=torch.bool))

    def _people(self, sample: Sample) -> Iterator[tuple[torch.Tensor, int]]:
        names, what = (sample.people, "people") if self.classes is None else (sample.roles, "roles")
        if len(names) != len(sample.boxes):
            raise InputError(
                f"dataset: the labels of camera {sample.camera} say no {what}, so none can be learned; "
                "prepare it with labels that do, such as labels=truth of the simulated ward"
            )
        for view, name, visible in zip(cut(sample.image, sample.boxes), names, sample.visibility, strict=True):
            if visible >= self.min_visibility and min(view.shape[:2]) >= SMALL:
                rgb = cv2.cvtColor(fitted(view, *self.size), cv2.COLOR_BGR2RGB)
                yield torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))), self._number(name)

    def _check(self, labels: set[int]) -> None:
        """What is to be told apart has to be there: all roles, or those that are not are said."""
        if self.classes is None:
            return
        there, absent = ([name for i, name in enumerate(self.classes) if (i in labels) is seen] for seen in (True, False))
        if len(there) < 2 <= len(self.classes):
            raise InputError(
                f"dataset: everybody in its train split is {there[0]}, so that nothing can be told apart; the model knows "
                f"{', '.join(self.classes)}: prepare footage with more roles, or name others with model.roles"
            )
        if absent:
            _LOG.warning("train: nobody is %s, so that the model will not know them; model.roles names them", ", ".join(absent))

    def _number(self, name: str) -> int:
        if self.classes is None:
            return self._numbers.setdefault(name, len(self._numbers))
        if name not in self.classes:
            raise InputError(
                f"dataset: somebody has the role {name!r}, the model knows {', '.join(self.classes)}; "
                f"add it with model.roles=[{','.join([*self.classes, name])}]"
            )
        return self._numbers[name]


def _equal(labels: Sequence[int]) -> list[int]:
    """Rows such that every label that there is comes about as often as the most frequent one."""
    rows = [np.flatnonzero(np.equal(labels, label)) for label in sorted(set(labels))]
    most = max(map(len, rows))
    return [int(row) for each in rows for row in np.resize(each, most)]
