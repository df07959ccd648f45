"""Progress reaches the person: a bar on a terminal, a line now and then elsewhere, never too often, the end always."""

from __future__ import annotations

import io
import os
import queue
import re
import select
import sys
import threading
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from flows import _progress
from flows._progress import Bars, Lines, Pace, board, pumped, reporter


class Seen:
    """A board that remembers."""

    def __init__(self):
        self.updates = []

    def update(self, name, done, total):
        self.updates.append((name, done, total))


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = [100.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    return now


class TestReporter:
    def test_speaks_at_once_and_then_not_too_often(self, clock):
        messages = queue.Queue()
        report = reporter(messages, 3, every=0.5)
        for step in range(10):
            report(step, 100)
            clock[0] += 0.125
        assert list(messages.queue) == [(3, 0, 100), (3, 4, 100), (3, 8, 100)]

    def test_always_tells_the_end(self, clock):
        messages = queue.Queue()
        report = reporter(messages, 0)
        report(1, 3)
        report(2, 3)
        report(3, 3)
        assert list(messages.queue) == [(0, 1, 3), (0, 3, 3)]

    def test_without_a_total_there_is_no_end(self, clock):
        messages = queue.Queue()
        report = reporter(messages, 0)
        report(1, 0)
        report(2, 0)
        assert list(messages.queue) == [(0, 1, 0)]


class TestLines:
    def test_the_first_comes_after_half_the_interval_and_then_one_an_interval(self, clock, capsys):
        lines = Lines()
        for second in range(30):
            clock[0] = 100.0 + second
            lines.update("bay_a", second, 30)
        text = capsys.readouterr()
        assert text.out == ""
        assert text.err.splitlines() == [
            "  bay_a:  16 %  5 of 30", "  bay_a:  50 %  15 of 30, 1.0/s", "  bay_a:  83 %  25 of 30, 1.0/s",
        ]  # fmt: skip

    def test_without_a_total_only_what_is_done(self, clock, capsys):
        lines = Lines()
        lines.update("live", 0, 0)
        clock[0] += 60
        lines.update("live", 123456, 0)
        assert capsys.readouterr().err == "  live: 123,456\n"

    def test_what_is_begun_anew_has_no_pace_at_first(self, clock, capsys):
        lines = Lines()
        for done in (0, 60, 3, 13):
            lines.update("live", done, 0)
            clock[0] += 10
        assert capsys.readouterr().err.splitlines() == ["  live: 60", "  live: 3", "  live: 13, 1.0/s"]

    def test_each_piece_has_its_own_pace(self, clock, capsys):
        lines = Lines()
        lines.update("a", 0, 9)
        clock[0] += 60
        lines.update("a", 1, 9)
        lines.update("b", 1, 9)
        assert [line.split(":")[0].strip() for line in capsys.readouterr().err.splitlines()] == ["a"]


class TestBars:
    def test_one_bar_for_each_piece(self):
        with Progress(console=Console(file=io.StringIO(), force_terminal=True)) as progress:
            bars = Bars(progress)
            bars.update("a", 1, 10)
            bars.update("b", 2, 0)
            bars.update("a", 7, 10)
            assert Pace().render(progress.tasks[1]).plain == ""  # said once is no pace
            assert re.fullmatch(r"[\d,.]+/s", Pace().render(progress.tasks[0]).plain)
            assert [(task.description, task.completed, task.total) for task in progress.tasks] == [("a", 7, 10), ("b", 2, None)]


class TestBoard:
    def test_is_lines_where_there_is_no_terminal(self):
        with board("work", 1) as shown:
            assert isinstance(shown, Lines)

    def test_is_bars_on_a_terminal(self, monkeypatch):
        ours, theirs = os.openpty()
        with open(theirs, "w") as terminal, open(ours, "rb"):  # noqa: PTH123
            monkeypatch.setattr(sys, "stderr", terminal)
            with board("work", 1) as shown:
                assert isinstance(shown, Bars)
                shown.update("bay_a", 3, 10)
            terminal.flush()
            text = "".join(os.read(ours, 100_000).decode() for _ in iter(lambda: select.select([ours], [], [], 0.5)[0], []))
        assert re.search(r"bay_a.*3/10", text, re.DOTALL)


class TestPump:
    def test_shows_everything_that_was_said_before_the_end(self):
        messages, seen = queue.Queue(), Seen()
        with pumped(messages, ["a", "b"], seen):
            for step in range(50):
                messages.put((step % 2, step, 50))
        assert seen.updates == [("ab"[step % 2], step, 50) for step in range(50)]

    def test_shows_while_the_work_goes_on(self):
        messages, seen = queue.Queue(), Seen()
        with pumped(messages, ["a"], seen):
            messages.put((0, 1, 2))
            deadline = time.monotonic() + 5
            while not seen.updates and time.monotonic() < deadline:
                time.sleep(0.01)
            assert seen.updates == [("a", 1, 2)]

    def test_leaves_no_thread_behind_also_when_the_work_fails(self):
        before = threading.active_count()
        with pytest.raises(RuntimeError), pumped(queue.Queue(), ["a"], Seen()):
            raise RuntimeError
        assert threading.active_count() == before

    def test_survives_that_the_other_side_is_gone(self):
        class Gone:
            def get(self, timeout):
                raise EOFError

        with pumped(Gone(), ["a"], Seen()):
            time.sleep(0.05)
