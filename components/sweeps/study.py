"""Trials as Optuna knows them: a study in memory, made of what was written down."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from components.sweeps.space import Axis, Choice, Real, Trial, Values, Whole

optuna.logging.set_verbosity(optuna.logging.WARNING)
STATES = {"running": TrialState.RUNNING, "finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED}


def distributions(space: Sequence[Axis]) -> dict[str, BaseDistribution]:
    """The axes in Optuna's words."""
    return {axis.key: _distribution(axis) for axis in space}


def _distribution(axis: Axis) -> BaseDistribution:
    match axis:
        case Choice():
            return CategoricalDistribution(axis.values)
        case Whole():
            return IntDistribution(axis.low, axis.high, log=axis.log, step=axis.step)
        case Real():
            return FloatDistribution(axis.low, axis.high, log=axis.log)


def study(
    space: Sequence[Axis], seen: Sequence[Trial], *, maximize: bool, sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.Study:
    """A study that has made these trials; those that failed teach nothing, and of equal ones the first counts."""
    made = optuna.create_study(direction="maximize" if maximize else "minimize", sampler=sampler)
    for trial in seen:
        if (frozen := _frozen(space, trial)) is not None:
            made.add_trial(frozen)
    return made


def frozen(space: Sequence[Axis], trial: Trial) -> FrozenTrial:
    """One trial in Optuna's words. Raises ValueError where its values are not of the space."""
    typed = {axis.key: _typed(axis, trial.values[axis.key]) for axis in space}
    value = trial.figure if trial.state in ("finished", "pruned") else None
    return create_trial(
        params=typed, distributions=distributions(space), state=STATES[trial.state], value=value,
        intermediate_values=dict(trial.reports),
    )  # fmt: skip


def _frozen(space: Sequence[Axis], trial: Trial) -> FrozenTrial | None:
    useless = trial.state not in STATES or (trial.state == "finished" and trial.figure is None)
    return None if useless else frozen(space, trial)


def _typed(axis: Axis, value: str) -> str | int | float:
    match axis:
        case Choice():
            return value
        case Whole():
            return int(value)
        case Real():
            return float(value)


def words(values: dict[str, object]) -> Values:
    """What Optuna proposed, as it is written in a word: numbers so that they are read back exactly."""
    return {key: value if isinstance(value, str) else repr(value) for key, value in values.items()}


def importances(space: Sequence[Axis], seen: Sequence[Trial], *, maximize: bool) -> dict[str, float]:
    """How much of the spread of the objective each key explains (Hutter et al. 2014, functional ANOVA), 0..1, greatest first.

    Empty where there is too little to say: fewer than four finished trials, or all with the same figure.
    """
    figures = {trial.figure for trial in seen if trial.state == "finished" and trial.figure is not None}
    finished = sum(trial.state == "finished" for trial in seen)
    if finished < 4 or len(figures) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        known = study(space, seen, maximize=maximize)
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return {key: float(share) for key, share in optuna.importance.get_param_importances(known, evaluator=evaluator).items()}
