"""A store that misbehaves on purpose: an object store over a local folder that fails, hangs, lies, lags and kills, by a seed.

In this process: `Storage(f"faulty://{folder}", options={"seed": 3, "fail": 0.1})`. In another one, with words of a flow:
`storage.url=faulty:///folder` and the environment of `environment(folder, seed=3, fail=0.1)`.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem, register_implementation
from fsspec.implementations.local import LocalFileSystem

SETTINGS = "FAULTS"  # environment variable: JSON of the arguments below
ENTRY = "[fsspec.specs]\nfaulty = faulty_store:FaultyFileSystem\n"


class FaultyFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Objects appear whole or not at all, like those of S3; everything else is as bad as you ask for.

    Shares of operations, decided by `seed` and the number of the operation in this process:
    - `fail`: nothing is done, and the connection breaks; - `hang`: nothing is done, for `seconds`, then it times out;
    - `after`: a change is carried out, and the answer is lost; - `short`: a read gives fewer bytes and says nothing.
    `lag`: seconds until a new object is seen by anyone; `listing_lag`: until lists show it, and no longer show a removed one.
    `away`: numbers (first, last) of operations during which the store is gone. `kill`: the number of the change at which this
    process is killed: before it, half way (a temporary file stays behind), or after it. `only`: faults hit only paths with
    this in them. `counts` says what was done to whom (also with no fault at all).
    """

    protocol = "faulty"
    cachable = False  # each has numbers of its own
    root_marker = "/"

    def __init__(
        self, *, seed: int = 0, fail: float = 0.0, hang: float = 0.0, seconds: float = 0.05, after: float = 0.0,
        short: float = 0.0, lag: float = 0.0, listing_lag: float = 0.0, away: tuple[int, int] | None = None, kill: int = 0,
        only: str = "", **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        here = {
            "seed": seed, "fail": fail, "hang": hang, "seconds": seconds, "after": after, "short": short, "lag": lag,
            "listing_lag": listing_lag, "away": away, "kill": kill, "only": only,
        }  # fmt: skip
        self.settings = {**here, **json.loads(os.environ.get(SETTINGS, "{}"))}
        self.counts: Counter[str] = Counter()
        self._disk, self._lock = LocalFileSystem(), threading.Lock()
        self._operations = self._changes = 0
        self._removed: dict[str, tuple[float, dict[str, Any]]] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + str(path).removeprefix("faulty://").strip("/")

    # what is asked

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        with self._read("info", path) as path:
            return self._info(path)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        with self._read("ls", path) as path:
            found = [entry for entry in self._disk.ls(path, detail=True) if self._listed(entry)]
            found += [entry for name, entry in self._ghosts() if str(Path(name).parent) == path]
        return found if detail else [entry["name"] for entry in found]

    def find(self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **_: Any) -> Any:
        with self._read("find", path) as path:
            files = self._disk.find(path, maxdepth=maxdepth, withdirs=withdirs, detail=True)
            seen = {name: entry for name, entry in files.items() if self._listed(entry)}
            seen |= {name: entry for name, entry in self._ghosts() if name.startswith(f"{path}/")}
        return dict(sorted(seen.items())) if detail else sorted(seen)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        with self._read("cat_file", path) as path:
            self._info(path)
            content = bytes(self._disk.cat_file(path, start=start, end=end))
        return self._shortened(content, path)

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        with self._read("get_file", rpath) as path:
            self._info(path)
            content = self._shortened(Path(path).read_bytes(), path)
        Path(lpath).write_bytes(content)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode != "rb":
            raise NotImplementedError("object stores take whole objects: use pipe_file or put_file")
        with self._read("open", path) as path:
            self._info(path)
            return Path(path).open("rb")

    def modified(self, path: str) -> Any:
        return self._disk.modified(path)

    # what is changed

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        with self._change("pipe_file", path) as (path, partial):
            partial.write_bytes(value)
            _appear(partial, path)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        with self._change("put_file", rpath) as (path, partial):
            shutil.copyfile(lpath, partial)
            _appear(partial, path)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        source = self._strip_protocol(path1)
        with self._change("cp_file", path2) as (path, partial):
            self._info(source)
            shutil.copyfile(source, partial)
            _appear(partial, path)

    def rm_file(self, path: str) -> None:
        with self._change("rm_file", path) as (path, _):
            entry = self._info(path)
            Path(path).unlink()
            self._removed[path] = time.time(), entry

    def _rm(self, path: str) -> None:
        self.rm_file(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """There are no folders."""

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:
        """There are no folders."""

    # how

    def _info(self, path: str) -> dict[str, Any]:
        entry = self._disk.info(path)
        if entry["type"] == "file" and _age(entry) < self.settings["lag"]:
            self.counts["not yet there"] += 1
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return dict(entry)

    def _listed(self, entry: dict[str, Any]) -> bool:
        hidden = Path(entry["name"]).name.startswith(".in-flight-")
        late = entry["type"] == "file" and _age(entry) < max(self.settings["lag"], self.settings["listing_lag"])
        self.counts["not yet listed"] += late
        return not (hidden or late)

    def _ghosts(self) -> list[tuple[str, dict[str, Any]]]:
        """Objects that are gone and still listed."""
        now = time.time()
        return [
            (name, entry)
            for name, (when, entry) in list(self._removed.items())
            if now - when < self.settings["listing_lag"] and not Path(name).exists()
        ]

    def _shortened(self, content: bytes, path: str) -> bytes:
        if content and self._hit("short", path):
            return content[: self._random("length").randrange(len(content))]
        return content

    def _read(self, what: str, path: str) -> _Operation:
        return _Operation(self, what, self._strip_protocol(path), changes=False)

    def _change(self, what: str, path: str) -> _Operation:
        return _Operation(self, what, self._strip_protocol(path), changes=True)

    def _hit(self, fault: str, path: str) -> bool:
        hit = self.settings["only"] in path and self._random(fault).random() < self.settings[fault]
        self.counts[fault] += hit
        return hit

    def _random(self, what: str) -> random.Random:
        return random.Random(f"{self.settings['seed']} {self._operations} {what}")

    def begin(self, what: str, path: str, *, changes: bool) -> str:
        """Count an operation, and let go wrong what is to go wrong before it; how it is to die, where it is."""
        with self._lock:
            self._operations += 1
            self._changes += changes
            self.counts[what] += 1
            number = self._operations
            dying = changes and self._changes == self.settings["kill"]
        if dying:
            return self._random("kill").choice(["before", "half way", "after"])
        first, last = self.settings["away"] or (0, -1)
        if first <= number <= last:
            self.counts["away"] += 1
            raise ConnectionRefusedError(errno.ECONNREFUSED, "the store is away")
        if self._hit("hang", path):
            time.sleep(self.settings["seconds"])
            raise TimeoutError(errno.ETIMEDOUT, f"no answer for {self.settings['seconds']} s")
        if self._hit("fail", path):
            raise ConnectionResetError(errno.ECONNRESET, "connection reset by peer")
        return ""

    def end(self, path: str, *, changes: bool) -> None:
        """Let go wrong what is to go wrong after an operation that was carried out."""
        if changes and self._hit("after", path):
            raise ConnectionResetError(errno.ECONNRESET, "connection reset by peer before the answer came")


class _Operation:
    """One operation: what goes wrong before it, half way through, and after it."""

    def __init__(self, store: FaultyFileSystem, what: str, path: str, *, changes: bool) -> None:
        self._store, self._what, self._path, self._changes = store, what, path, changes
        self._partial = Path(path).with_name(f".in-flight-{uuid.uuid4().hex}")

    def __enter__(self) -> Any:
        self._dies = self._store.begin(self._what, self._path, changes=self._changes)
        if not self._changes:
            return self._path
        self._die("before")
        if self._what != "rm_file":
            self._partial.parent.mkdir(parents=True, exist_ok=True)
            if self._dies == "half way":
                self._partial.write_bytes(b"half of it")
        self._die("half way")
        return self._path, self._partial

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._changes:
            self._partial.unlink(missing_ok=True)
        if kind is None:
            self._die("after")
            self._store.end(self._path, changes=self._changes)

    def _die(self, moment: str) -> None:
        if self._dies == moment:
            os.kill(os.getpid(), signal.SIGKILL)


def environment(folder: Path, **faults: Any) -> dict[str, str]:
    """What another Python process needs in its environment so that `faulty://` URLs open there, with these faults.

    `folder` gets a package that tells fsspec of this file.
    """
    about = folder / "faulty_store-0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-store\nVersion: 0\n")
    (about / "entry_points.txt").write_text(ENTRY)
    shutil.copyfile(__file__, folder / "faulty_store.py")
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, SETTINGS: json.dumps(faults)}


def _appear(partial: Path, path: str) -> None:
    """At once, and new: what counts for `lag` is when it came into the store."""
    os.utime(partial)
    if Path(path).is_dir() and not any(file.is_file() for file in Path(path).rglob("*")):
        shutil.rmtree(path)  # the folder of objects that are gone
    partial.replace(path)


def _age(entry: dict[str, Any]) -> float:
    return time.time() - float(entry["mtime"])


register_implementation("faulty", FaultyFileSystem, clobber=True)
