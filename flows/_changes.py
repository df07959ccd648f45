"""Changes of the fleet while its cameras are recorded: a signal asks for them, the groups fetch them, nobody is restarted."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from components.contracts import InputError

Specs = dict[str, dict[str, Any]]

_LOG = logging.getLogger(__name__)


def moved(groups: Mapping[str, Specs], sources: Specs) -> dict[str, Specs]:
    """The cameras of each group when the fleet has `sources`: whoever stays, stays where it is; new ones go to the smallest."""
    after = {group: {name: sources[name] for name in own if name in sources} for group, own in groups.items()}
    known = {name for own in after.values() for name in own}
    for name in sources:
        if name not in known:
            min(after.values(), key=len)[name] = sources[name]
    return after


class Board:
    """Where groups read which cameras are theirs by now; on this machine only, as there are passwords in it."""

    def __init__(self, groups: Mapping[str, Specs], folder: Path) -> None:
        self._groups = dict(groups)
        self.address = str(folder / "fleet")
        self._key = multiprocessing.current_process().authkey  # which our children have
        self._listener = Listener(self.address, "AF_UNIX", authkey=self._key)
        threading.Thread(target=self._serve, name="changes", daemon=True).start()

    def change(self, sources: Specs) -> dict[str, str]:
        """Say what the fleet is now; what became of whom, by camera."""
        before = {name: spec for own in self._groups.values() for name, spec in own.items()}
        self._groups = moved(self._groups, sources)
        words = {name: "added" for name in sources if name not in before}
        words |= {name: "changed" for name, spec in sources.items() if name in before and spec != before[name]}
        return words | {name: "removed" for name in before if name not in sources}

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as connection:
                    self._answer(connection)
            except OSError:  # closed; or somebody hung up
                if not Path(self.address).exists():
                    return
            except Exception as error:  # a stranger at the socket
                _LOG.warning("%s: %s", self.address, error)

    def _answer(self, connection: Connection[Any, Any]) -> None:
        with suppress(EOFError):
            connection.send(self._groups.get(connection.recv()))


def of_group(address: str, group: str) -> Specs | None:
    """The cameras of `group` by now; None where nobody can say."""
    try:
        with Client(address, "AF_UNIX", authkey=multiprocessing.current_process().authkey) as connection:
            connection.send(group)
            found: Specs | None = connection.recv()
            return found
    except (OSError, EOFError):
        return None


class Follower:
    """Asks which cameras a group has by now; `build` makes those that are new or changed, and may say that it cannot."""

    def __init__(self, spec: Mapping[str, Any], build: Callable[[Specs], dict[str, Any]]) -> None:
        self._address, self._group, self._build = spec.get("changes", ""), spec.get("group", ""), build
        self.specs: Specs = self._asked() or dict(spec["sources"])  # a group that was killed finds the newest

    def all(self) -> dict[str, Any]:
        return self._build(self.specs)

    def __call__(self) -> dict[str, Any]:
        """What is new or changed since it was asked last; None for what is gone."""
        before, now = self.specs, self._asked()
        if now is None or now == before:
            return {}
        self.specs = now
        fresh = self._build({name: spec for name, spec in now.items() if before.get(name) != spec})
        return {**fresh, **{name: None for name in before if name not in now}}

    def _asked(self) -> Specs | None:
        return of_group(self._address, self._group) if self._address else None


@contextmanager
def board(groups: Mapping[str, Specs], reread: Callable[[], Specs]) -> Iterator[str]:
    """The address of a board while the block runs; the signal HUP makes it `reread` the fleet.

    A fleet that is wrong is said, and changes nothing. `reread` raises InputError.
    """
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder:
        shown, asked, over = Board(groups, Path(folder)), threading.Event(), threading.Event()

        def follow() -> None:
            while True:
                asked.wait()
                asked.clear()
                if over.is_set():
                    return
                _apply(shown, reread)

        thread = threading.Thread(target=follow, name="fleet", daemon=True)
        thread.start()
        with _hangup(asked):
            yield shown.address
        over.set()
        asked.set()
        thread.join(5.0)
        shown.close()


def _apply(shown: Board, reread: Callable[[], Specs]) -> None:
    try:
        words = shown.change(reread())
    except InputError as error:
        _LOG.error("the fleet stays as it was: %s", error)
        return
    except Exception as error:  # recording goes on whatever is in the files
        _LOG.exception("the fleet stays as it was: %s", error)
        return
    _LOG.warning("the fleet: %s", ", ".join(f"{name} {word}" for name, word in sorted(words.items())) or "nothing has changed")


@contextmanager
def _hangup(asked: threading.Event) -> Iterator[None]:
    """Sets `asked` at each signal HUP, where signals come to this thread and there is such a one."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: asked.set())
    _LOG.info("kill -HUP %d makes changes of the fleet's files hold", os.getpid())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def deaf() -> Iterator[None]:
    """A worker leaves the signal HUP to the process that began it: whoever sends it to a whole service means no end."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
