"""Type hints as the schema of plain data: what a container holds, whether a value fits, and the value that a hint makes of it."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaError
from typing_extensions import is_protocol

PLAIN = dict[str, Any]  # data on its way to somewhere else: nothing in it is built or checked here


@cache
def of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The hints of a callable's arguments. Raises NameError where one names what does not exist."""
    return types.MappingProxyType(
        typing.get_type_hints(function.__init__ if inspect.isclass(function) else function, include_extras=True)
    )


@cache
def parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The arguments of a callable."""
    return inspect.signature(function).parameters


def bare(hint: Any) -> Any:
    """The hint without what Annotated adds and without None."""
    if typing.get_origin(hint) is typing.Annotated:
        return bare(typing.get_args(hint)[0])
    some = [part for part in parts(hint) if part is not type(None)]
    return bare(some[0]) if len(some) == 1 and some[0] is not hint else hint


def parts(hint: Any) -> tuple[Any, ...]:
    """What a union allows; the hint itself where it is none."""
    return typing.get_args(hint) if typing.get_origin(hint) in {typing.Union, types.UnionType} else (hint,)


def elements(hint: Any, count: int) -> list[Any]:
    """What each of `count` elements of a sequence has to be."""
    inner = typing.get_args(bare(hint))
    if len(inner) == count and typing.get_origin(bare(hint)) is tuple and ... not in inner:
        return list(inner)
    return [inner[0] if inner else Any] * count


def values(hint: Any) -> Any:
    """What the values of a mapping have to be."""
    return (*typing.get_args(bare(hint)), Any)[1] if typing.get_args(bare(hint)) else Any


def holds(hint: Any, kind: type) -> bool:
    """Whether a container of `kind` fits where `hint` stands."""
    hint = bare(hint)
    origin = typing.get_origin(hint) or hint
    return hint in (Any, object) or (inspect.isclass(origin) and not is_protocol(origin) and issubclass(origin, kind))


def is_list(hint: Any) -> bool:
    return holds(hint, Sequence) and bare(hint) is not str


def is_mapping(hint: Any) -> bool:
    return holds(hint, Mapping)


def is_record(hint: Any) -> bool:
    """Whether a mapping of its fields makes one, without a target."""
    return inspect.isclass(bare(hint)) and dataclasses.is_dataclass(bare(hint))


def shown(hint: Any) -> str:
    """As its author wrote it, without the names of modules."""
    if args := typing.get_args(hint):
        inside = [shown(part) for part in args]
        return " or ".join(inside) if len(parts(hint)) > 1 else f"{shown(typing.get_origin(hint))}[{', '.join(inside)}]"
    return "..." if hint is ... else getattr(hint, "__name__", str(hint))


def made(value: Any, hint: Any) -> Any:
    """`value` as `hint` wants it, such as a tuple of a list; untouched where nobody can say."""
    try:
        return _adapter(hint).validate_python(value)
    except (PydanticUserError, SchemaError):  # a protocol, or a class of a library
        return tuple(value) if isinstance(value, list) else value


def misfits(value: Any, hint: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with a plain value, and where inside it."""
    if isinstance(value, bool) and {int, float} & set(parts(bare(hint))) and bool not in parts(bare(hint)):
        yield (), f"a number is expected, got {value!r}"  # to Python, true is 1
        return
    try:
        _adapter(hint).validate_python(value)
    except (PydanticUserError, SchemaError):
        return
    except ValidationError as error:
        for e in error.errors():
            where = tuple(str(part) for part in e["loc"] if not str(part).startswith(("function-", "constrained-")))
            yield where, f"{e['msg'][0].lower()}{e['msg'][1:]}, got {_short(e['input'])}"


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # dataclasses bring a config of their own
        return TypeAdapter(hint)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
