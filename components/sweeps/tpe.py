"""Search by what earlier runs have taught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import optuna

from components.contracts import InputError, digest_of
from components.sweeps import study
from components.sweeps.space import Axis, Trial, Values, count, untried

ATTEMPTS = 20  # proposals that were tried before, after which a small space is looked through for what is left


class Tpe:
    """Tree-structured Parzen estimator (Bergstra et al. 2011) of Optuna, which gives up what is worse than the median.

    What comes next is a function of the seed and the trials so far, so a search that was killed goes on as if it had not been.
    """

    def __init__(
        self, *, trials: int, seed: int = 0, startup: int = 5, pruner: Literal["none", "median"] = "median",
        pruner_startup: int = 4, pruner_warmup: int = 0,
    ) -> None:  # fmt: skip
        """`trials` are runs; the first `startup` of them are random. The median is that of at least `pruner_startup` trials at
        the same step, and nothing is given up before step `pruner_warmup`."""
        for name, value, least in (("trials", trials, 1), ("startup", startup, 1), ("pruner_startup", pruner_startup, 1)):
            if value < least:
                raise InputError(f"sweep.search.{name} is {value}; expected {least} or more")
        self.size: int | None = trials
        self.seed, self.startup = seed, startup
        self.pruner = optuna.pruners.MedianPruner(pruner_startup, pruner_warmup) if pruner == "median" else None

    def next(self, space: Sequence[Axis], seen: Sequence[Trial], *, maximize: bool) -> Values | None:
        """A point that was not tried, as long as there are trials and points left."""
        most = count(space)
        if sum(trial.state != "same" for trial in seen) >= (self.size or 0) or (most is not None and len(seen) >= most):
            return None
        tried = [dict(trial.values) for trial in seen]
        for attempt in range(ATTEMPTS):
            values = self._proposed(space, seen, attempt, maximize=maximize)
            if values not in tried:
                return values
        return None if most is None else untried(space, seen)

    def poor(self, reports: Sequence[tuple[int, float]], seen: Sequence[Trial], *, maximize: bool) -> bool:
        """Whether a run with these reports (step, objective) is worse at its last step than half of the others were there."""
        if self.pruner is None or not reports:
            return False
        known = study.study([], [_bare(trial) for trial in seen], maximize=maximize)
        known.add_trial(study.frozen([], Trial(values={}, state="running", reports=tuple(reports))))
        return bool(self.pruner.prune(known, known.trials[-1]))

    def _proposed(self, space: Sequence[Axis], seen: Sequence[Trial], attempt: int, *, maximize: bool) -> Values:
        seed = int(digest_of([self.seed, len(seen), attempt])[:8], 16)
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=self.startup, constant_liar=True)
        known = study.study(space, seen, maximize=maximize, sampler=sampler)
        return study.words(known.ask(study.distributions(space)).params)


def _bare(trial: Trial) -> Trial:
    return Trial(values={}, state=trial.state, figure=trial.figure, reports=trial.reports)
