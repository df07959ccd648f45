"""Messages to another process that may be killed: then they are lost, and nobody is held up."""

from __future__ import annotations

import pickle
import queue
from typing import Any


class Post:
    """A queue that a server of this machine keeps. Whoever gets a copy connects at the first word."""

    def __init__(self, kept: Any, packed: bytes = b"") -> None:
        self._kept, self._packed = kept, packed

    def put(self, message: Any) -> None:
        try:
            self._kept = self._kept or pickle.loads(self._packed)  # ours: packed by the process that began this one
            self._kept.put(message)
        except (EOFError, OSError):
            self._kept = None if self._packed else self._kept

    def get(self, timeout: float) -> Any:
        """Raises queue.Empty, and EOFError or OSError where the server is gone."""
        if self._kept is None:
            raise queue.Empty
        return self._kept.get(timeout=timeout)

    def __reduce__(self) -> Any:
        return Post, (None, self._packed or pickle.dumps(self._kept))
