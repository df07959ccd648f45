"""What a config takes from the environment and from files of secrets, put in place quickly."""

from __future__ import annotations

import os
import re
from typing import Any

from omegaconf import DictConfig, ListConfig

from components import secrets

WORD = re.compile(r"\$\{(oc\.env|secret):([A-Za-z_~./][A-Za-z0-9_~./-]*)\}")


def put_in(cfg: DictConfig | ListConfig, said: Any) -> None:
    """Replace `${oc.env:NAME}` and `${secret:NAME}` of `cfg`, which says `said` before anything is resolved.

    OmegaConf does the same, with a parser that takes a second for the addresses of 200 cameras. What is not so plain is left
    to it, and so is everything that is not there, as it knows how to say so.
    """
    items = said.items() if isinstance(said, dict) else enumerate(said)
    for key, value in items:
        if isinstance(value, dict | list):
            put_in(cfg[key], value)
        elif isinstance(value, str) and "${" in value and "\\" not in value:
            text = WORD.sub(_found, value)
            if "${" not in text:
                cfg[key] = text


def _found(word: re.Match[str]) -> str:
    kind, name = word.groups()
    found = secrets.looked_up(name) if kind == "secret" else os.environ.get(name, word[0])
    return found if "\\" not in found else word[0]
