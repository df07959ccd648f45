"""Progress travels between processes; where the one that keeps it was killed, work goes on without."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import signal
from multiprocessing.managers import SyncManager

import pytest

from flows._post import Post


def test_messages_arrive_while_the_server_is_there_and_nobody_is_held_up_when_it_was_killed():
    manager = SyncManager(ctx=multiprocessing.get_context("spawn"))
    manager.start()
    post = Post(manager.Queue())
    copy = pickle.loads(pickle.dumps(post))
    copy.put("one"), pickle.loads(pickle.dumps(copy)).put("two")
    assert [post.get(timeout=5), post.get(timeout=5)] == ["one", "two"]
    os.kill(manager._process.pid, signal.SIGKILL)
    manager._process.join()
    post.put("three"), copy.put("four"), pickle.loads(pickle.dumps(post)).put("five")
    with pytest.raises((EOFError, OSError, queue.Empty)):
        post.get(timeout=0.1)
    manager.shutdown()
