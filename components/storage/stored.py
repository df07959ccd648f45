"""A file in the store as a list shows it, and what this process knows that a list may not show yet."""

from __future__ import annotations

import time
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SETTLES = 60.0  # s after which a list shows what was changed, in stores that show it late
REMEMBERED = 10_000  # changes


@dataclass(frozen=True, slots=True, order=True)
class Stored:
    """A file in the store."""

    path: str
    size: int  # bytes
    modified: int  # ns UTC, by the store's own clock


class Recent:
    """What one process has written and removed in the last minute: where a list that lags is wrong."""

    def __init__(self) -> None:
        self._changes: dict[str, tuple[float, bool]] = {}

    def note(self, path: str, *, there: bool) -> None:
        """`path` was written just now, or removed."""
        self._changes.pop(path, None)
        self._changes[path] = time.monotonic(), there
        if len(self._changes) > REMEMBERED:
            self._changes.pop(next(iter(self._changes)), None)

    def doubtful(self, listed: Container[str], prefix: str) -> list[str]:
        """Paths at or below `prefix` that a list shows and should not, or should and does not."""
        now, folder, found = time.monotonic(), f"{prefix.rstrip('/')}/", []
        for path, (when, there) in list(self._changes.items()):  # threads share a store
            if now - when > SETTLES:
                self._changes.pop(path, None)
            elif (path == prefix or path.startswith(folder)) and (path in listed) != there:
                found.append(path)
        return found


def modified(about: dict[str, Any]) -> int:
    """When the store got the file, ns UTC, by whatever name its library has for that."""
    value = about.get("LastModified") or about.get("last_modified") or about.get("mtime") or about.get("updated") or 0
    if isinstance(value, datetime):
        return round(value.astimezone(UTC).timestamp() * 1_000_000) * 1000
    return round(float(value) * 1_000_000_000)


def tag(about: dict[str, Any]) -> str:
    """What tells one content of a path from the next."""
    return str(about.get("ETag") or about.get("etag") or about.get("generation") or modified(about))
