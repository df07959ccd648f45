"""A version that somebody wants in charge, beside the one that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A version, and its newest evaluation."""

    model: str  # name and number
    metrics: Mapping[str, float] | None  # by name, slices as map50.camera.bay_a; None: never evaluated (on that dataset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What gates look at."""

    version: Measured
    champion: Measured | None  # what is in charge now; None: nothing is
    differences: tuple[str, ...]  # in what their evaluations differ besides the model; (): they may be compared
    card: Mapping[str, Any]  # model.json


class Gate(Protocol):
    """One thing that a version has to show."""

    def judge(self, candidate: Candidate) -> list[str]:
        """Why the version must not be in charge, a sentence each; none where it may."""
        ...
