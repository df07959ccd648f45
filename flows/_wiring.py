"""Checks plain config against the signatures it will feed, and builds live components from it.

One rule, from the flow down to the last leaf: a callable's signature is the schema of the config that feeds it.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaError
from typing_extensions import get_protocol_members, is_protocol

import plugins
from components.contracts import InputError
from flows._origins import Origins

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


def plan(name: str, overrides: Sequence[str], calls: Callable[[dict[str, Any]], Iterable[Call]]) -> dict[str, Any]:
    """The config `name` with `overrides`, checked against every call that it will feed."""
    from flows import _launch

    config = _launch.compose(name, overrides)
    check(list(calls(config)), Origins(name, overrides), unused=config)
    return config


def check(calls: Sequence[Call], origins: Origins, *, unused: Mapping[str, Any] | None = None) -> None:
    """Raise ConfigError with every problem of all `calls`; keys of `unused` that no call takes are problems too."""
    found = [problem for call in calls for problem in _call_problems(call)]
    taken = {name for call in calls for name in inspect.signature(call.function).parameters}
    taken |= {path.split(".")[0] for call in calls for path in call.paths.values()}
    found += [(key, f"no part of this flow takes it{_advice(key, taken)}") for key in unused or {} if key not in taken]
    lines = [f"{origins.of(path)}{path}: {problem}" for path, problem in dict.fromkeys(found)]
    if lines:
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise ConfigError("\n  ".join([f"{count} in the config:", *lines]))


def build(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The live arguments of `function`, made from the parts of `given` that it names."""
    hints = _hints(function)
    return {name: _make(given[name], hints.get(name, Any)) for name in inspect.signature(function).parameters if name in given}


def make(spec: Any, hint: Any = Any) -> Any:
    """One live component, or a container of them, from its config."""
    return _make(spec, hint)


def target(name: str) -> type:
    """The class that `name` stands for. Raises ConfigError unless it is defined in a trusted package under that very name."""
    if not name.startswith(_trusted()):
        raise ConfigError(f"{name!r} is not a component; it must start with one of {', '.join(_trusted())}")
    module_name, _, class_name = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"cannot import {name!r}: {error}") from error
    except AttributeError as error:
        raise ConfigError(f"module {module_name!r} has no {class_name!r}{_near(class_name, module_name)}") from error
    # An alias such as components.x.os.system, or a stranger's class that a component imported, must not pass.
    if not inspect.isclass(found) or f"{found.__module__}.{found.__qualname__}" != name:
        raise ConfigError(f"{name!r} is not a component class that is defined there")
    return found


def _trusted() -> tuple[str, ...]:
    return ("components.", *(f"{plugin.package}." for plugin in plugins.found()))


def _make(value: Any, hint: Any) -> Any:
    match value:
        case {"_target_": str(name)}:
            component = target(name)
            return component(**build(component, {key: item for key, item in value.items() if key != TARGET}))
        case dict() if any(map(_is_component, value.values())):
            return {key: _make(item, _inner(hint)[-1]) for key, item in value.items()}
        case list() | tuple() if any(map(_is_component, value)):
            return tuple(_make(item, _inner(hint)[0]) for item in value)
    try:
        return _adapter(hint).validate_python(value)
    except (PydanticUserError, SchemaError):  # a hint that nobody can check, such as a protocol
        return tuple(value) if isinstance(value, list) else value


Problem = tuple[str, str]  # key path, what is wrong


def _call_problems(call: Call) -> Iterator[Problem]:
    parameters = inspect.signature(call.function).parameters
    given = {name: value for name, value in call.given.items() if name in parameters}
    yield from _arguments("", call.function, given, call.paths, call.supplied)


def _arguments(
    at: str, function: Callable[..., Any], given: Mapping[str, Any], paths: Mapping[str, str], supplied: frozenset[str]
) -> Iterator[Problem]:
    """Problems in feeding `given` to `function`."""
    parameters, hints = inspect.signature(function).parameters, _hints(function)
    name = getattr(function, "__qualname__", str(function))
    for key in given.keys() - parameters.keys():
        yield _path(at, key), f"{name} has no such argument{_advice(key, parameters)}"
    for key, parameter in parameters.items():
        where = paths.get(key, _path(at, key))
        if key in given:
            yield from _value(where, given[key], hints.get(key, Any))
        elif parameter.default is parameter.empty and key not in supplied:
            yield (at or where), f"{name} needs {key!r}, and nothing gives it"


def _value(at: str, value: Any, hint: Any) -> Iterator[Problem]:
    """Problems in using `value` where `hint` is expected."""
    if value == "???":  # a value that the user still has to give; composing refuses it where it is needed
        return
    if hint == dict[str, Any]:  # plain data on its way to somewhere else
        yield from _leaf(at, value, hint)
        return
    match value:
        case {"_target_": _}:
            yield from _component(at, value, hint)
        case dict() if any(map(_is_component, value.values())):
            for key, item in value.items():
                yield from _value(_path(at, key), item, _inner(hint)[-1])
        case list() | tuple() if any(map(_is_component, value)):
            for i, item in enumerate(value):
                yield from _value(f"{at}[{i}]", item, _inner(hint)[0])
        case _:
            yield from _leaf(at, value, hint)


def _component(at: str, spec: Mapping[str, Any], hint: Any) -> Iterator[Problem]:
    try:
        component = target(str(spec[TARGET]))
    except ConfigError as error:
        yield f"{at}.{TARGET}", str(error)
        return
    except Exception as error:  # importing a plugin may fail in any way, and the others still want checking
        yield f"{at}.{TARGET}", f"cannot import {spec[TARGET]!r}: {type(error).__name__}: {error}"
        return
    yield from ((at, problem) for problem in _misfit(component, hint))
    yield from _arguments(at, component, {key: value for key, value in spec.items() if key != TARGET}, {}, frozenset())


def _misfit(component: type, hint: Any) -> Iterator[str]:
    if inspect.isclass(hint) and is_protocol(hint):
        methods = sorted(
            name for name in get_protocol_members(hint) if callable(getattr(hint, name, None))
        )  # data exists on instances only
        lacks = [f"{name}()" for name in methods if not any(name in vars(base) for base in component.__mro__[:-1])]
        if lacks:
            yield f"{component.__qualname__} is not a {hint.__name__}; it lacks {', '.join(lacks)}"
    elif inspect.isclass(hint) and hint not in (object, Any) and not issubclass(component, hint):
        yield f"{component.__qualname__} is not a {hint.__name__}"


def _leaf(at: str, value: Any, hint: Any) -> Iterator[Problem]:
    if inspect.isclass(hint) and is_protocol(hint):
        yield at, f"a {hint.__name__} is expected, that is a mapping with {TARGET}; got {value!r}"
        return
    try:
        _adapter(hint).validate_python(value)
    except (PydanticUserError, SchemaError):
        return  # a hint that nobody can check, such as a protocol, or a class of a library
    except ValidationError as error:
        for e in error.errors():
            where = _path(at, *(str(part) for part in e["loc"] if not str(part).startswith(("function-", "constrained-"))))
            yield where, f"{e['msg'][0].lower()}{e['msg'][1:]}, got {_short(e['input'])}"


def _adapter(hint: Any) -> TypeAdapter[Any]:
    if inspect.isclass(hint) and hasattr(hint, "__pydantic_config__"):
        return TypeAdapter(hint)
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # dataclasses bring a config of their own
        return TypeAdapter(hint)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function.__init__ if inspect.isclass(function) else function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return {}


def _inner(hint: Any) -> tuple[Any, ...]:
    """What stands in the brackets of a container hint; Annotated and optional ones are looked through."""
    inner = [argument for argument in typing.get_args(hint) if argument not in (type(None), ...)]
    if typing.get_origin(hint) in {typing.Union, getattr(__import__("types"), "UnionType", None)} and len(inner) == 1:
        return _inner(inner[0])
    return tuple(inner) or (Any,)


def _is_component(value: Any) -> bool:
    return isinstance(value, dict) and TARGET in value


def _advice(key: str, known: Any) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it takes {', '.join(sorted(known))}" if known else ""


def _near(name: str, module: str) -> str:
    classes = [key for key, value in vars(importlib.import_module(module)).items() if inspect.isclass(value)]
    return _advice(name, [key for key in classes if vars(importlib.import_module(module))[key].__module__ == module])


def _path(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
