"""A database that may be away at first: it is opened when somebody needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Engine

from components.database.database import Database


class Later(Database):
    """What `make` gives, made at the first use and again until it is there; until then every use raises its InputError."""

    def __init__(self, make: Callable[[], Database]) -> None:
        self._make, self._made = make, None
        self._making = threading.Lock()

    _made: Database | None

    @property
    def engine(self) -> Engine:  # type: ignore[override]
        return self._there().engine

    @property
    def shown(self) -> str:  # type: ignore[override]
        return self._there().shown

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def _there(self) -> Database:
        with self._making:
            self._made = self._made or self._make()
            return self._made
