"""The gates: evaluated, comparable, no worse on any slice, quick enough, good enough, with a whole card."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Literal

from annotated_types import Ge, Gt

from components.contracts import InputError
from components.promotion.candidate import Candidate

SLICES = ("camera", "hour", "crowd", "role")
CARD = ("name", "dataset", "preprocessing", "preprocessing_digest", "config", "commit", "onnx", "weights")


class Comparable:
    """A champion is replaced only by a version that was evaluated as it was: same dataset, chain, cameras and protocol."""

    def judge(self, candidate: Candidate) -> list[str]:
        champion, version = candidate.champion, candidate.version
        if champion is None:
            return []
        if version.metrics is None:
            return [f"{version.model} was never evaluated; python -m flows.evaluate detector.weights=models:/{version.model}"]
        if champion.metrics is None:
            return [
                f"{champion.model}, which is in charge, was not evaluated on the same dataset; "
                f"python -m flows.evaluate detector.weights=models:/{champion.model}"
            ]
        return [f"the evaluations cannot be compared: {difference}" for difference in candidate.differences]


class NoRegression:
    """On no slice worse than what is in charge by more than a tolerance.

    `metrics` are compared over all, within `tolerance`, and for every slice of the kinds in `slices` that both have, within
    `slice_tolerance` (both as differences of the metric). A metric that neither has is left out.
    """

    def __init__(
        self, *, metrics: tuple[str, ...] = ("map50", "recall"), tolerance: Annotated[float, Ge(0)] = 0.01,
        slices: tuple[str, ...] = SLICES, slice_tolerance: Annotated[float, Ge(0)] = 0.05,
    ) -> None:  # fmt: skip
        if strangers := [kind for kind in slices if kind not in SLICES]:
            raise InputError(f"gates: slices has {strangers[0]!r}; expected some of {', '.join(SLICES)}")
        self.metrics, self.tolerance, self.slices, self.slice_tolerance = metrics, tolerance, slices, slice_tolerance

    def judge(self, candidate: Candidate) -> list[str]:
        champion, version = candidate.champion, candidate.version
        if champion is None or champion.metrics is None or version.metrics is None:
            return []
        found = []
        for name, before in champion.metrics.items():
            allowed = self._allowed(name)
            now = version.metrics.get(name)
            if allowed is None or now is None or isnan(before):
                continue
            if not now >= before - allowed:  # NaN is not as good as anything
                found.append(f"{name} is {now:.3f}, it was {before:.3f} with {champion.model}: more than {allowed:g} less")
        return found

    def _allowed(self, name: str) -> float | None:
        """By how much a metric may become worse; None: it is not looked at."""
        metric, _, slice_ = name.partition(".")
        if metric not in self.metrics:
            return None
        if not slice_:
            return self.tolerance
        return self.slice_tolerance if slice_.split(".")[0] in self.slices else None


class Least:
    """A figure has to reach a value, whatever is in charge."""

    def __init__(self, metric: str, *, value: float) -> None:
        self.metric, self.value = metric, value

    def judge(self, candidate: Candidate) -> list[str]:
        metrics, model = candidate.version.metrics, candidate.version.model
        if metrics is None or self.metric not in metrics:
            return [f"{model} has no {self.metric}; at least {self.value:g} is asked for: evaluate it"]
        now = metrics[self.metric]
        return [f"{self.metric} is {now:.3f}; at least {self.value:g} is asked for"] if not now >= self.value else []


class Quick:
    """The time that one frame takes on the machine of the evaluation, milliseconds; not asked where it was never measured."""

    def __init__(self, *, milliseconds: Annotated[float, Gt(0)], at: Literal["median", "p95"] = "p95") -> None:
        self.milliseconds, self.at = milliseconds, at

    def judge(self, candidate: Candidate) -> list[str]:
        now = (candidate.version.metrics or {}).get(f"latency_ms.{self.at}")
        if now is None or now <= self.milliseconds:
            return []
        return [f"latency_ms.{self.at} is {now:.0f} ms a frame; at most {self.milliseconds:g} ms is asked for"]


class Whole:
    """The card says everything that an auditor asks."""

    def judge(self, candidate: Candidate) -> list[str]:
        absent = [key for key in CARD if key not in candidate.card]
        return [f"the card of {candidate.version.model} does not say its {', '.join(absent)}; train it again"] if absent else []
