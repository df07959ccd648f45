"""Checks plain config against the signatures it will feed, and builds live components from it.

One rule, from the flow down to the last leaf: a callable's signature is the schema of the config that feeds it.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import get_protocol_members, is_protocol

import plugins
from components import secrets
from components.contracts import InputError
from flows import _hints
from flows._origins import Origins

__all__ = ["TARGET", "Call", "ConfigError", "Origins", "build", "check", "make", "plan", "target", "verify"]

TARGET = "_target_"


class ConfigError(InputError):
    """All the problems of one config, one per line."""


@dataclass(frozen=True, slots=True)
class Call:
    """`function` is going to be fed with `given`; `paths` says where an argument stands in the config."""

    function: Callable[..., Any]
    given: Mapping[str, Any]
    paths: Mapping[str, str] = field(default_factory=dict)  # argument -> key path; the argument's own name by default
    supplied: frozenset[str] = frozenset()  # arguments that code fills in, not config


def plan(
    name: str,
    overrides: Sequence[str],
    calls: Callable[[dict[str, Any]], Iterable[Call]],
    *,
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The config `name` with `overrides`, and `values` that are not config, checked against every call that it will feed."""
    from flows import _launch

    config = _launch.compose(name, overrides, values=values or {})
    verify(config, calls, Origins(name, overrides))
    return config


def verify(config: dict[str, Any], calls: Callable[[dict[str, Any]], Iterable[Call]], origins: Origins) -> None:
    """Raise ConfigError with every problem of `config`, keys that nobody takes included."""
    try:
        fed = list(calls(config))
    except KeyError as error:  # an override such as ~fleet took away what every such flow has
        raise ConfigError(f"{origins.name} needs {error}, and nothing gives it; take the word with ~ out") from error
    check(fed, origins, unused=config)


def check(calls: Sequence[Call], origins: Origins, *, unused: Mapping[str, Any] | None = None) -> None:
    """Raise ConfigError with every problem of all `calls`; keys of `unused` that no call takes are problems too."""
    found = [problem for call in calls for problem in _call_problems(call)]
    taken = {root for call in calls for root in _roots(call)}
    found += [(key, f"no part of this flow takes it{_advice(key, taken)}") for key in unused or {} if key not in taken]
    lines = list(dict.fromkeys(secrets.masked(f"{origins.of(path)}: {problem}") for path, problem in found))
    if lines:
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise ConfigError("\n  ".join([f"{count} in the config:", *lines]))


def build(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The live arguments of `function`, made from the parts of `given` that it names."""
    hints = _hints.of(function)
    return {name: make(given[name], hints.get(name, Any)) for name in _hints.parameters(function) if name in given}


def make(value: Any, hint: Any = Any) -> Any:
    """One live component, a container of them, or the value that `hint` makes of plain data."""
    if hint == _hints.PLAIN:
        return value
    match value:
        case {"_target_": str(name)}:
            component = target(name)
            return component(**build(component, {key: item for key, item in value.items() if key != TARGET}))
        case dict() if _hints.is_record(hint):
            return _hints.bare(hint)(**build(_hints.bare(hint), value))
        case dict() if _contains_component(value):
            return {key: make(item, _hints.values(hint)) for key, item in value.items()}
        case list() | tuple() if _contains_component(value):
            return tuple(make(item, inner) for item, inner in zip(value, _hints.elements(hint, len(value)), strict=True))
    return _hints.made(value, hint)


def target(name: str) -> type:
    """The class that `name` stands for. Raises ConfigError unless it is defined in a trusted package under that very name."""
    if not name.startswith("components.") and not name.startswith(trusted := _plugins()):
        raise ConfigError(f"{name!r} is not a component; it must start with one of {', '.join(('components.', *trusted))}")
    module_name, _, class_name = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"cannot import {name!r}: {error}") from error
    except AttributeError as error:
        raise ConfigError(f"module {module_name!r} has no {class_name!r}{_near(class_name, module_name)}") from error
    # An alias such as components.x.os.system, or a stranger's class that a component imported, must not pass.
    if not inspect.isclass(found) or f"{found.__module__}.{found.__qualname__}" != name or is_protocol(found):
        raise ConfigError(f"{name!r} is not a component class that is defined there")
    return found


def _plugins() -> tuple[str, ...]:
    return tuple(f"{plugin.package}." for plugin in plugins.found())


Problem = tuple[str, str]  # key path, what is wrong


def _roots(call: Call) -> set[str]:
    """The keys of the root config that a call takes."""
    own = _hints.parameters(call.function).keys() - call.supplied
    return {call.paths.get(name, name).split(".")[0] for name in own}


def _call_problems(call: Call) -> Iterator[Problem]:
    parameters = _hints.parameters(call.function)
    given = {name: value for name, value in call.given.items() if name in parameters and name not in call.supplied}
    yield from _arguments("", call.function, given, call.paths, call.supplied)


def _arguments(
    at: str, function: Callable[..., Any], given: Mapping[str, Any], paths: Mapping[str, str], supplied: frozenset[str]
) -> Iterator[Problem]:
    """Problems in feeding `given` to `function`."""
    parameters = _hints.parameters(function)
    name = getattr(function, "__name__", str(function))
    name = "this flow" if name.startswith("_") else name
    try:
        hints = _hints.of(function)
    except NameError as error:
        yield at, f"{name} cannot be checked: an argument's type is unknown: {error}"
        return
    for key in given.keys() - parameters.keys():
        yield _path(at, str(key)), f"{name} has no such argument{_advice(str(key), parameters)}"
    for key, parameter in parameters.items():
        where = paths.get(key, _path(at, key))
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            yield at, f"{name} takes {parameter}, so nobody can check what it is given; wrap it in a class with its own arguments"
        elif key in given:
            yield from _value(where, given[key], hints.get(key, Any))
        elif parameter.default is parameter.empty and key not in supplied:
            yield (at or where), f"{name} needs {key!r}, and nothing gives it"


def _value(at: str, value: Any, hint: Any) -> Iterator[Problem]:
    """Problems in using `value` where `hint` is expected."""
    if value == "???":  # a value that the user still has to give; composing refuses it where it is needed
        return
    match value:
        case _ if hint == _hints.PLAIN:
            yield from _leaf(at, value, hint)
        case {"_target_": _}:
            yield from _component(at, value, hint)
        case dict() if _hints.is_record(hint):
            yield from _record(at, value, _hints.bare(hint))
        case dict() if _hints.is_mapping(hint) and all(isinstance(key, str) for key in value):
            for key, item in value.items():
                yield from _value(_path(at, key), item, _hints.values(hint))
        case list() | tuple() if _hints.is_list(hint) and _fitting(value, hint):
            for i, (item, inner) in enumerate(zip(value, _hints.elements(hint, len(value)), strict=True)):
                yield from _value(f"{at}[{i}]", item, inner)
        case _:
            yield from _leaf(at, value, hint)


def _fitting(value: Sequence[Any], hint: Any) -> bool:
    """Whether the elements say more than the whole: they are structured, and as many as the hint wants."""
    inner = _hints.elements(hint, len(value))
    return _contains_component(value) or any(_hints.is_record(item) or _is_protocol(item) for item in inner)


def _record(at: str, value: Mapping[str, Any], record: type) -> Iterator[Problem]:
    """Problems with the fields of a dataclass, and then with the whole."""
    problems = list(_arguments(at, record, value, {}, frozenset()))
    yield from problems or _leaf(at, value, record)


def _component(at: str, spec: Mapping[str, Any], hint: Any) -> Iterator[Problem]:
    try:
        component = target(str(spec[TARGET]))
    except ConfigError as error:
        yield f"{at}.{TARGET}", str(error)
        return
    except Exception as error:  # importing a plugin may fail in any way, and the others still want checking
        yield f"{at}.{TARGET}", f"cannot import {spec[TARGET]!r}: {type(error).__name__}: {error}"
        return
    if misfit := _misfit(component, hint):
        yield at, misfit
    yield from _arguments(at, component, {key: value for key, value in spec.items() if key != TARGET}, {}, frozenset())


def _misfit(component: type, hint: Any) -> str:
    """Why an instance of `component` is not what `hint` says; empty where it is."""
    hint = _hints.bare(hint)
    if len(_hints.parts(hint)) > 1:
        reasons = [_misfit(component, part) for part in _hints.parts(hint)]
        return "" if not all(reasons) else f"{component.__qualname__} is not {_hints.shown(hint)}"
    if hint in (Any, object):
        return ""
    if _is_protocol(hint):
        methods = sorted(get_protocol_members(hint) - hint.__annotations__.keys())  # attributes exist only on instances
        lacks = [f"{name}()" for name in methods if not any(name in vars(base) for base in component.__mro__[:-1])]
        return f"{component.__qualname__} is not a {hint.__name__}; it lacks {', '.join(lacks)}" if lacks else ""
    fits = inspect.isclass(hint) and issubclass(component, hint)
    return "" if fits else f"{component.__qualname__} is not a {_hints.shown(hint)}"


def _leaf(at: str, value: Any, hint: Any) -> Iterator[Problem]:
    if _is_protocol(_hints.bare(hint)) and (value is not None or hint is _hints.bare(hint)):
        yield at, f"a {_hints.bare(hint).__name__} is expected, that is a mapping with {TARGET}; got {value!r}"
        return
    yield from ((_path(at, *where), problem) for where, problem in _hints.misfits(value, hint))


def _contains_component(value: Any) -> bool:
    """Whether a target stands anywhere inside."""
    if isinstance(value, dict):
        return TARGET in value or any(map(_contains_component, value.values()))
    return isinstance(value, list | tuple) and any(map(_contains_component, value))


def _is_protocol(hint: Any) -> bool:
    return inspect.isclass(hint) and is_protocol(hint)


def _advice(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it takes {', '.join(sorted(known))}" if known else ""


def _near(name: str, module: str) -> str:
    there = vars(importlib.import_module(module))
    return _advice(name, [key for key, value in there.items() if inspect.isclass(value) and value.__module__ == module])


def _path(*parts: str) -> str:
    return ".".join(part for part in parts if part)
