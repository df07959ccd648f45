"""Server-sent events."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from components.dashboard import feed as module
from components.dashboard.feed import Feed
from components.dashboard.live import Present
from components.dashboard.registry import Registry


@asynccontextmanager
async def pumping(feed):
    pump = asyncio.create_task(feed.pump())
    try:
        yield
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)


async def until(events, name):
    """The next event called `name`."""
    async with asyncio.timeout(10):
        async for message in events:
            for block in message.decode().split("\n\n"):
                if block.startswith(f"event: {name}\n"):
                    return json.loads(block.split("data: ", 1)[1])
    raise AssertionError(f"the stream ended without {name}")


@pytest.fixture
def feed(ward):
    return Feed(Present(Registry(ward.database)))


def test_a_page_receives_each_change(ward, feed):
    async def follow():
        async with pumping(feed):
            events = feed.events()
            ward.place([ward.seen("cam1", 1, 0, 1.0, 1.0)])
            first = await until(events, "live")
            ward.place([ward.seen("cam1", 1, 0.2, 1.2, 1.0)])
            return first, await until(events, "live")

    first, second = asyncio.run(follow())
    assert (first["marks"][0]["x"], second["marks"][0]["x"]) == (1.0, 1.2)
    assert first["marks"][0]["id"] == second["marks"][0]["id"]


def test_what_does_not_change_is_not_sent_again(ward, feed):
    ward.place([ward.seen("cam1", 1, 0, 1.0, 1.0)])

    async def follow():
        async with pumping(feed):
            events = feed.events()
            await until(events, "live")
            async with asyncio.timeout(1.5):
                return await until(events, "live")

    with pytest.raises(TimeoutError):
        asyncio.run(follow())


def test_trouble_is_told_and_ends_by_itself(ward, feed):
    ward.place([ward.seen("cam1", 1, 0, 1.0, 1.0)])

    async def follow():
        async with pumping(feed):
            events = feed.events()
            await until(events, "live")
            ward.lose_database()
            problem = await until(events, "trouble")
            ward.find_database()
            return problem, await until(events, "live")

    problem, again = asyncio.run(follow())
    assert problem["detail"].startswith("database sqlite:///")
    assert len(again["marks"]) == 1


def test_a_second_page_gets_the_present_at_once_and_both_end_with_the_feed(ward, feed):
    ward.place([ward.seen("cam1", 1, 0, 1.0, 1.0)])

    async def follow():
        async with pumping(feed):
            one, two = feed.events(), feed.events()
            await until(one, "live")
            started = await anext(two)
            feed.close()
            async with asyncio.timeout(5):
                return started, [message async for message in one], [message async for message in two]

    started, one, two = asyncio.run(follow())
    assert b"event: live" in started
    assert len(one) + len(two) <= 2


def test_a_slow_page_skips_what_is_out_of_date(ward, feed):
    async def follow():
        events = feed.events()
        await anext(events)
        for i in range(50):
            feed._send(f"event: live\ndata: {i}\n\n".encode())
        return await until(events, "live")

    assert asyncio.run(follow()) == 49


def test_nobody_listening_means_no_work_and_nothing_kept(ward, feed):
    async def follow():
        async with pumping(feed):
            events = feed.events()
            await until(events, "live")
            await events.aclose()
        return feed._wanted.is_set(), feed._pages, feed._last

    assert asyncio.run(follow()) == (False, set(), b"")


def test_a_quiet_stream_is_kept_alive(feed, monkeypatch):
    monkeypatch.setattr(module, "KEEPALIVE", 0.05)

    async def follow():
        events = feed.events()
        return [await anext(events) for _ in range(3)]

    assert asyncio.run(follow())[1:] == [b": still here\n\n"] * 2


def test_a_stream_ends_after_a_while_so_that_sessions_are_checked_again(feed, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 0.0)

    async def follow():
        return [message async for message in feed.events()]

    assert len(asyncio.run(follow())) == 1


def test_there_is_an_end_to_how_many_pages_may_listen(feed, monkeypatch):
    monkeypatch.setattr(module, "MOST_PAGES", 1)

    async def follow():
        events = feed.events()
        await anext(events)
        return feed.full

    assert asyncio.run(follow())
