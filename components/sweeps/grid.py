"""Every combination of all values."""

from __future__ import annotations

from collections.abc import Sequence

from components.sweeps.space import Axis, Trial, Values, untried


class Grid:
    """Goes through a space in order, the last axis changing fastest."""

    size: int | None = None

    def next(self, space: Sequence[Axis], seen: Sequence[Trial], *, maximize: bool) -> Values | None:  # noqa: ARG002
        """The first combination that was not tried. Raises InputError where an axis has no list of values."""
        return untried(space, seen)

    def poor(self, reports: Sequence[tuple[int, float]], seen: Sequence[Trial], *, maximize: bool) -> bool:  # noqa: ARG002
        """A grid is to be complete: nothing is given up."""
        return False
