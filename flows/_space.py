"""Words with several values, as Hydra writes them, and what they span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Override, RangeSweep, Transformer
from hydra.errors import HydraException

from components.contracts import InputError
from components.sweeps.space import Axis, Choice, Real, Whole
from flows import _launch

OWN = ("resume", "work", "runner")  # keys of flows.sweep itself, which -m takes as sweep.resume, ...
SHARED = ("database", "ledger", "local")  # of the sweep and of its runs


@dataclass(frozen=True, slots=True)
class Space:
    """The axes of a sweep, and the words that all of its runs have."""

    axes: tuple[Axis, ...]
    fixed: tuple[str, ...]

    def words(self, values: Mapping[str, str]) -> list[str]:
        """What the run at one point is called with; what is its own comes first, as in its name."""
        return [*(f"{key}={value}" for key, value in values.items()), *self.fixed]


def space(words: Sequence[str], more: Mapping[str, Any]) -> Space:
    """What `words` and then `more` (key -> values, of the sweep's config) span; a key that a word names is that word's.

    Raises InputError for a word that cannot be read, and where nothing varies.
    """
    read = [_read(word) for word in words]
    named = {one.get_key_element().lstrip("+~") for one in read}
    read += [_read(f"{key}={_written(value)}") for key, value in more.items() if key.lstrip("+~") not in named]
    axes = [_axis(one) for one in read if one.is_sweep_override()]
    if twice := {axis.key for i, axis in enumerate(axes) for other in axes[:i] if axis.key == other.key}:
        raise InputError(f"{', '.join(sorted(twice))}: several words give values; put them all into one")
    if not axes:
        raise InputError(
            f"nothing varies in {' '.join(words) or 'no words'}; give several values, such as "
            "model=yolov8n,yolov8s, or a space: sweep=search"
        )
    if empty := [axis.key for axis in axes if isinstance(axis, Choice) and not axis.values]:
        raise InputError(f"{', '.join(empty)}: no values; `--help` shows what there is")
    return Space(tuple(axes), tuple(str(one.input_line) for one in read if not one.is_sweep_override()))


def sweep_words(flow: str, words: Sequence[str]) -> list[str]:
    """The words of flows.sweep that do what `flow -m words` says."""
    own, rest = [f"flow={flow}"], []
    ours = _groups(flow)
    for word in words:
        key = word.lstrip("+~").split("=")[0]
        root, inner = key.split(".")[0].split("@")[0].split("/")[0], key.partition(".")[2].split(".")[0]
        if root == "hydra":
            own.append(word)
        elif root == "sweep":
            own.append(word.replace("sweep.", "", 1) if inner in OWN else word)
        elif root == "runner" and "runner" not in ours:
            own.append(word)
        else:
            own += [word] if root in SHARED and not _several(word) else []
            rest += [word] if root not in SHARED or root in ours else []
    return [*own, f"words=[{','.join(map(_quoted, rest))}]"]


def _groups(flow: str) -> set[str]:
    """The keys of a flow's config."""
    return set(_launch.compose(flow, [], missing=True))


def _several(word: str) -> bool:
    return _read(word).is_sweep_override()


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _written(value: Any) -> str:
    """A value of YAML as it stands in a word."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(word: str) -> Override:
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        raise InputError(
            f"{word!r} cannot be read ({str(error).splitlines()[0]}); expected key=a,b or key=choice(a, b), range(1, 5), "
            "interval(0.1, 1), tag(log, interval(0.0001, 0.1))"
        ) from None


def _axis(word: Override) -> Axis:
    key, value = word.get_key_element(), word.value()
    match value:
        case IntervalSweep():
            return _interval(key, value)
        case RangeSweep() if all(isinstance(one, int) for one in (value.start, value.stop, value.step)) and not value.shuffle:
            return _range(key, value)
        case Glob():
            return Choice(key=key, values=tuple(value.filter(_launch.options().get(key, []))))
        case ChoiceSweep() | RangeSweep():
            return Choice(key=key, values=tuple(map(str, word.sweep_iterator(transformer=Transformer.encode))))
    raise InputError(f"{word.input_line}: values of this kind cannot be swept; expected choice, range or interval")


def _interval(key: str, value: IntervalSweep) -> Axis:
    low, high, log = value.start, value.end, "log" in value.tags
    if low is None or high is None or not low < high or (log and low <= 0):
        raise InputError(f"{key}=interval({low}, {high}): expected two numbers, the smaller first{', above 0' if log else ''}")
    if isinstance(low, int) and isinstance(high, int):  # int(interval(1, 8))
        return Whole(key=key, low=low, high=high, log=log)
    return Real(key=key, low=float(low), high=float(high), log=log)


def _range(key: str, value: RangeSweep) -> Axis:
    numbers = range(int(value.start or 0), int(value.stop or 0), int(value.step))
    if not numbers or value.step < 0 or "log" in value.tags:
        return Choice(key=key, values=tuple(map(str, numbers)))
    return Whole(key=key, low=numbers[0], high=numbers[-1], step=numbers.step)
