"""What a config takes from the environment and from files of secrets, put in place quickly."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from omegaconf import DictConfig, ListConfig

from components import secrets
from components.contracts import InputError

WORD = re.compile(r"\$\{(oc\.env|secret):([A-Za-z_~./][A-Za-z0-9_~./-]*)\}")


def put_in(cfg: DictConfig | ListConfig, said: Any, place: Callable[[str], str], at: str = "") -> None:
    """Replace `${oc.env:NAME}` and `${secret:NAME}` of `cfg`, which says `said` before anything is resolved.

    OmegaConf does the same, with a parser that takes a second for the addresses of 200 cameras; what is not so plain is left
    to it. Raises InputError for what is not there, with the `place` of the key that wants it.
    """
    items = said.items() if isinstance(said, dict) else enumerate(said)
    for key, value in items:
        path = f"{at}.{key}" if at else str(key)
        if isinstance(value, dict | list):
            put_in(cfg[key], value, place, path)
        elif isinstance(value, str) and "${" in value and "\\" not in value:
            try:
                text = WORD.sub(_found, value)
            except InputError as error:
                raise InputError(f"{place(path)}: {error}") from error
            if "${" not in text:
                cfg[key] = text


def _found(word: re.Match[str]) -> str:
    kind, name = word.groups()
    if kind == "secret":
        return secrets.looked_up(name)
    if name not in os.environ:
        raise InputError(f"${{oc.env:{name}}}: the environment variable {name} is not set")
    return os.environ[name] if "\\" not in os.environ[name] else word[0]
