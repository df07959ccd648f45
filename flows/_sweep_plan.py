"""A sweep, checked as far as can be before anything runs, and under a name by which it is found again."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from components.contracts import InputError, digest_of
from components.sweeps.diary import Diary
from components.sweeps.space import Axis, Choice, Real, count, values_of
from flows import _launch, _space, _wiring
from flows._space import Space
from flows._sweep import Sweep

NOT_SWEPT = ("sweep", "demo", "dashboard", "validate", "database")
CHECKED = 200  # values of one axis that are checked beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is going to be done."""

    flow: str
    words: list[str]  # as they were given
    space: Space
    sweep: Sweep
    base: dict[str, Any]  # the effective config of every run, but for what varies
    dataset: str  # that all runs stand on; empty: none, or it varies
    digest: str
    diary: Diary
    total: int | None  # runs at most


def planned(config: Mapping[str, Any]) -> Planned:
    """Raises InputError for words that do not fit, values that no run would take, and an unknown objective."""
    if (kind := config["runner"]["kind"]) not in ("local", "processes"):
        raise InputError(
            f"runner={kind}: seeds and numbers of threads belong to a process, so runs of a sweep need their own on this "
            "machine; expected runner=processes or runner=local"
        )
    flow = str(config["flow"])
    _known(flow)
    sweep: Sweep = _wiring.make(config["sweep"], Sweep)
    space = _space.space(config["words"], sweep.space)
    if sweep.search.size is None and (endless := [axis.key for axis in space.axes if values_of(axis) is None]):
        raise InputError(
            f"{', '.join(endless)}: sweep=grid goes through every value, and an interval has no end of them; "
            "give range(...) or choice(...), or search it with sweep=search"
        )
    space = _pinned(flow, space, config)
    base = _launch.compose(flow, space.fixed, missing=True)
    _check(flow, space)
    sweep = replace(sweep, objective=_objective(flow, space, sweep.objective))
    axes = [[type(axis).__name__, asdict(axis)] for axis in space.axes]
    decisive = [flow, _stable(base), sorted(space.fixed), axes, config["sweep"]["search"], sweep.objective, sweep.direction]
    digest = digest_of(decisive)
    known = [size for size in (sweep.search.size, count(space.axes)) if size is not None]
    return Planned(
        flow=flow, words=list(config["words"]), space=space, sweep=sweep, base=base, digest=digest,
        dataset=_dataset(space), diary=Diary(Path(config["work"]) / digest[:16]), total=min(known, default=None),
    )  # fmt: skip


def digest(flow: str) -> Callable[[list[str]], str]:
    """The digest of what decides the result of a run of `flow` with some words; InputError where they do not fit."""
    module = importlib.import_module(f"flows.{flow}")

    def of(words: list[str]) -> str:
        if hasattr(module, "identity"):
            return digest_of([flow, module.identity(words)])
        return digest_of([flow, _stable(_wiring.plan(flow, words, module.calls))])

    return of


def _stable(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without what decides only how fast, and where it is written down."""
    return {key: value for key, value in config.items() if key not in ("runner", "ledger")}


def _known(flow: str) -> None:
    known = [file.stem for file in sorted(Path(_launch.CONF).glob("*.yaml")) if file.stem not in NOT_SWEPT]
    if flow not in known:
        raise InputError(f"flow={flow}: this cannot be swept; expected one of {', '.join(known)}")


def _pinned(flow: str, space: Space, config: Mapping[str, Any]) -> Space:
    """All runs stand on the dataset that is the newest now, and so they do when a killed sweep goes on tomorrow."""
    if any(axis.key == "dataset" for axis in space.axes):
        return space
    base = _launch.compose(flow, space.fixed, missing=True)
    if base.get("dataset") != "latest" or base.get("of", "model") != "model" or base.get("ground_truth"):
        return space
    from components.datasets.dataset import named

    newest = named("latest", _wiring.make(config["database"]))
    rest = (word for word in space.fixed if word.split("=")[0].lstrip("+") != "dataset")
    return Space(space.axes, (*rest, f"dataset={newest}"))


def _dataset(space: Space) -> str:
    """The dataset of all runs, as far as the words say it."""
    named = [word.partition("=")[2] for word in space.fixed if word.startswith("dataset=")]
    return named[-1] if named else ""


def _check(flow: str, space: Space) -> None:
    """Raise InputError with what every value of every axis would be refused for, together with the first of the others."""
    first = {axis.key: next(iter(_ends(axis))) for axis in space.axes}
    refused: dict[str, None] = {}
    of = digest(flow)
    for values in _each(space, first):
        try:
            of(space.words(values))
        except InputError as error:
            refused[str(error)] = None
    if refused:
        raise InputError("\n".join(refused))


def _each(space: Space, first: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for axis in space.axes:
        for value in _ends(axis):
            yield {**first, axis.key: value}


def _ends(axis: Axis) -> Iterator[str]:
    """Every word of an axis; of numbers the first and the last."""
    if isinstance(axis, Choice):
        yield from axis.values[:CHECKED]
    else:
        yield from (repr(axis.low), repr(axis.high)) if isinstance(axis, Real) else (str(axis.low), str(axis.high))


def _objective(flow: str, space: Space, asked: str | None) -> str | None:
    """The figure that ranks: `asked`, else the first that the flow says it gives; None where it does not say.

    Raises InputError where the flow says, and `asked` is not among them.
    """
    module = importlib.import_module(f"flows.{flow}")
    if not hasattr(module, "figures"):
        return asked
    known = module.figures(_launch.compose(flow, space.words({axis.key: next(iter(_ends(axis))) for axis in space.axes})))
    if asked is not None and asked not in known:
        raise InputError(f"sweep.objective={asked}: flows.{flow} gives no such figure; expected one of {', '.join(known)}")
    return asked or known[0]
