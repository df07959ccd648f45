"""Server-sent events: one reader of the database for all pages that follow the present."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from components.contracts import InputError
from components.dashboard.answers import Problem
from components.dashboard.live import Present, live

PERIOD = 0.2  # s between two looks at the positions
RECHECK = 20  # looks after which the feed asks again which run is the newest
KEEPALIVE = 10.0  # s of silence after which a comment is sent, so that a dead connection is noticed
LONGEST = 3600.0  # s: a page then connects again, and is asked for its session again
MOST_PAGES = 200


class Feed:
    """Sends every page the newest positions as soon as they change. Looks at the database only while somebody listens."""

    def __init__(self, present: Present) -> None:
        self._present = present
        self._pages: set[asyncio.Queue[bytes | None]] = set()
        self._wanted = asyncio.Event()
        self._last = b""
        self._closed = False

    @property
    def full(self) -> bool:
        return len(self._pages) >= MOST_PAGES

    async def pump(self) -> None:
        """Look and send, for ever."""
        newest, people, turn = None, None, 0
        while True:
            await self._wanted.wait()
            try:
                if turn % RECHECK == 0:
                    found = await asyncio.to_thread(self._present.newest)
                    people, newest = (people if found == newest else None), found
                now = await asyncio.to_thread(self._present.fresh, newest) if newest else []
                if now != people or turn % RECHECK == 0:
                    self._send(_event("live", live(newest, now).model_dump_json()))
                people, turn = now, turn + 1
            except InputError as error:
                self._send(_event("trouble", Problem(detail=str(error)).model_dump_json()))
                turn = 0
            await asyncio.sleep(PERIOD)

    async def events(self) -> AsyncIterator[bytes]:
        """What one page receives; ends when the feed is closed."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._pages.add(queue)
        self._wanted.set()
        end = asyncio.get_running_loop().time() + LONGEST
        try:
            yield b"retry: 1000\n\n" + self._last
            while not self._closed and asyncio.get_running_loop().time() < end:
                with contextlib.suppress(TimeoutError):
                    message = await asyncio.wait_for(queue.get(), KEEPALIVE)
                    if message is None:
                        return
                    yield message
                    continue
                yield b": still here\n\n"
        finally:
            self._pages.discard(queue)
            if not self._pages:
                self._wanted.clear()
                self._last = b""

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        for queue in self._pages:
            _replace(queue, None)

    def _send(self, message: bytes) -> None:
        if message != self._last:
            self._last = message
            for queue in self._pages:
                _replace(queue, message)


def _replace(queue: asyncio.Queue[bytes | None], message: bytes | None) -> None:
    """A slow page misses what is out of date."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
