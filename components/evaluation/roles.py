"""How well a classifier tells people's roles, over all and by camera, hour and crowd: who is taken for what, and how surely."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.contracts import Dataset, Floats32, InputError, Ints, Progress, SplitName
from components.evaluation.calibration import Reliability, reliability
from components.evaluation.cropped import Look, Where, batches, cuts, nobody
from components.evaluation.slices import Slices, name_of

JUDGED_PEOPLE = "judged_people.parquet"  # name in the folder, and among the artifacts of a run
SCHEMA = pa.schema(
    {
        **{"image": pa.string(), "camera": pa.string(), "time": pa.int64(), "crowd": pa.int16(), "person": pa.string()},
        **{"role": pa.string(), "says": pa.string(), "score": pa.float32()},  # what it is, and what it is taken for, how surely
    }
)
Shares = Callable[[NDArray[np.uint8]], Floats32]  # (n, height, width, 3) BGR -> (n, roles) probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePart:
    """The figures of one slice."""

    kind: str
    value: str
    enough: bool  # people, for its figures to mean something
    top1: float  # share of people whose role is told right
    balanced: float  # mean over the roles that there are; NaN: of a role, which is its own
    people: int

    @property
    def name(self) -> str:
        return name_of(self.kind, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesReport:
    """Who was taken for what."""

    roles: tuple[str, ...]
    counts: Ints  # (roles, roles) row: is, column: is taken for
    reliability: Reliability  # of the likeliest role's probability
    parts: tuple[RolePart, ...]
    frames: int

    def metrics(self) -> dict[str, float]:
        """Flat names for a ledger: top1, balanced, ..., recall.role.nurse, top1.camera.bay_a, ...; without NaN."""
        flat = {"top1": _top1(self.counts), "balanced": _balanced(self.counts), "calibration_error": self.reliability.error}
        flat |= {"frames": self.frames, "people": int(self.counts.sum())}
        for part in self.parts:
            own = {"recall": part.top1} if part.kind == "role" else {"top1": part.top1, "balanced": part.balanced}
            kept = own if part.enough else {}
            flat |= {f"{name}.{part.name}": value for name, value in {**kept, "people": part.people}.items()}
        return {name: float(value) for name, value in flat.items() if not math.isnan(value)}


def evaluate_roles(
    shares: Shares, *, roles: tuple[str, ...], size: tuple[int, int], dataset: Dataset, folder: Path,
    split: SplitName = "test", min_visibility: float = 0.25, batch_size: int = 8, slices: Slices | None = None,
    where: Where | None = None, progress: Progress | None = None,
) -> RolesReport:  # fmt: skip
    """Figures of a classifier of `roles` on the people of one split of `dataset`, cut out as views of `size` (width, height).

    `folder` gets the table of who was taken for what. Raises InputError where the split is empty, its labels say no roles, or
    somebody has a role that the classifier does not know.
    """
    looks: list[Look] = []
    said: list[Floats32] = []
    pieces = batches(
        dataset, split=split, size=size, min_visibility=min_visibility, batch_size=batch_size, needed="roles", where=where,
        progress=progress,
    )  # fmt: skip
    with pq.ParquetWriter(folder / JUDGED_PEOPLE, SCHEMA, compression="zstd") as file:
        for found, views in pieces:
            _known(found, roles, dataset.digest)
            answers = shares(views)
            file.write_batch(_rows(found, answers, roles))
            looks += found
            said.append(np.stack([answers.argmax(axis=1), answers.max(axis=1)], axis=1).astype(np.float32))
    if not looks:
        raise nobody(dataset, split)
    return _report(looks, np.concatenate(said), roles, slices or Slices())


def _report(looks: Sequence[Look], said: Floats32, roles: tuple[str, ...], slices: Slices) -> RolesReport:
    is_, taken = np.array([roles.index(look.role) for look in looks]), said[:, 0].astype(np.int64)
    counts = _counted(is_, taken, len(roles))
    return RolesReport(
        roles=roles, counts=counts, reliability=reliability(said[:, 1], is_ == taken),
        parts=tuple(_parts(looks, is_, taken, roles, slices)), frames=len({look.picture for look in looks}),
    )  # fmt: skip


def _parts(looks: Sequence[Look], is_: Ints, taken: Ints, roles: tuple[str, ...], slices: Slices) -> Iterator[RolePart]:
    for cut in cuts(looks, slices):
        for i in np.unique(cut.block).tolist():
            mine = cut.block == i
            counts, people = _counted(is_[mine], taken[mine], len(roles)), int(mine.sum())
            yield RolePart(
                kind=cut.kind, value=cut.values[i], enough=people >= slices.people, top1=_top1(counts),
                balanced=_balanced(counts), people=people,
            )  # fmt: skip
    for i in np.unique(is_).tolist():
        people, right = int((is_ == i).sum()), int((taken[is_ == i] == i).sum())
        yield RolePart(
            kind="role", value=roles[i], enough=people >= slices.people, top1=right / people, balanced=math.nan, people=people
        )


def _counted(is_: Ints, taken: Ints, size: int) -> Ints:
    return np.bincount(is_ * size + taken, minlength=size * size).reshape(size, size)


def _top1(counts: Ints) -> float:
    return float(counts.diagonal().sum() / counts.sum())


def _balanced(counts: Ints) -> float:
    total = counts.sum(axis=1)
    return float((counts.diagonal()[total > 0] / total[total > 0]).mean())


def _known(looks: Sequence[Look], roles: tuple[str, ...], digest: str) -> None:
    if strange := sorted({look.role for look in looks} - set(roles)):
        raise InputError(
            f"dataset {digest[:12]}: somebody has the role {strange[0]!r}, the model knows {', '.join(roles)}; evaluate it on a "
            "dataset with its roles, or train one that knows all"
        )


def _rows(looks: Sequence[Look], answers: Floats32, roles: tuple[str, ...]) -> pa.RecordBatch:
    columns = {name: [getattr(look, name) for look in looks] for name in ("image", "camera", "time", "crowd", "person", "role")}
    said = {"says": [roles[i] for i in answers.argmax(axis=1).tolist()], "score": answers.max(axis=1)}
    return pa.RecordBatch.from_pydict({**columns, **said}, schema=SCHEMA)
