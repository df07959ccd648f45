"""A fleet as a file that flows read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from components.contracts import InputError
from components.fleet.found import Found

STREAM = "components.sources.stream.Stream"


def fleet(site: str, cameras: Sequence[Found], *, origin: str) -> str:
    """YAML of a fleet; what all cameras declare alike stands once."""
    said = {one.id: {key: value for key, value in asdict(one.declared).items() if value is not None} for one in cameras}
    first = next(iter(said.values()), {})
    common = {key: value for key, value in first.items() if all(values.get(key) == value for values in said.values())}
    every: dict[str, Any] = {"_target_": STREAM, **({"declared": common} if common else {})}
    body = _dumped({"site": site, "timezone": "UTC", "zones": [], "staff": [], "every_camera": every})
    rest: dict[str, Any] = {"groups": {}, "profiles": {}, "profile": None}
    parts = [
        f"# {'1 camera' if len(cameras) == 1 else f'{len(cameras)} cameras'} from {origin}.",
        body + _dumped(rest) + "cameras:",
    ]
    for one in cameras:
        own = {key: value for key, value in said[one.id].items() if key not in common}
        entry = {"url": one.url or "???", "location": one.location, "declared": own}
        remark = f"  # {one.remark}\n" if one.remark else ""
        parts.append(
            remark
            + "".join(f"  {line}\n" for line in _dumped({one.id: {k: v for k, v in entry.items() if v}}).splitlines()).rstrip()
        )
    return "\n".join(parts) + "\n"


def write(path: Path, text: str, *, replace: bool) -> None:
    """The whole file or nothing. Raises InputError where it is there and may not be replaced, or cannot be written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        if replace:
            partial.replace(path)
        else:
            os.link(partial, path)  # fails where somebody was first
    except FileExistsError as error:
        raise InputError(f"{path} is there already; choose another name for imports.to, or add imports.replace=true") from error
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; set imports.to to a file that you may write") from error
    finally:
        partial.unlink(missing_ok=True)


def _dumped(value: Any) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
    return text
