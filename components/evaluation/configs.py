"""The configs of several runs beside each other: only keys that differ, with the value of each and where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "-"  # the run does not have this key


@dataclass(frozen=True, slots=True)
class Setting:
    """One key that is not the same in all runs."""

    key: str
    values: tuple[str, ...]  # of each run, ABSENT where it does not have it
    origins: tuple[str, ...]  # such as conf/model/yolov8s.yaml:3 or command line; empty: not known, or the default


def differing(configs: Sequence[Mapping[str, Any]], origins: Sequence[Mapping[str, str]]) -> list[Setting]:
    """Every key path whose value is not the same in all `configs`; `origins` are those of each, by key path."""
    flat = [dict(flattened(config)) if config else {} for config in configs]
    keys = dict.fromkeys(key for each in flat for key in each)
    rows = ((key, tuple(each.get(key, ABSENT) for each in flat)) for key in keys)
    return [
        Setting(key, values, tuple(each.get(key, "") for each in origins)) for key, values in rows if len(set(values)) > 1
    ]  # fmt: skip


def flattened(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Leaves by dotted path; lists of sections by their number, other lists whole."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from flattened(item, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from flattened(item, f"{at}.{number}")
    else:
        yield at, value if isinstance(value, str) else json.dumps(value, default=str)
