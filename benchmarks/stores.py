"""How fast each kind of store is through Storage, beside the bare library, on servers that run on this machine.

    python benchmarks/stores.py [--megabytes 32] [--kinds folder s3 gcs azure]

Emulators and one machine say little about a provider's network; what counts is what Storage adds to the library under it:
checking that what was written is there and whole costs one question per file, many ranges at once save most of theirs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import fsspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components.storage.storage import Storage
from tests.stores.servers import SERVERS

REPEATS = 3
SMALL, COUNT = 40_000, 60  # bytes and number of pictures
LONGEST = 1.5  # what a large file may take, relative to the bare library
SAVED = 3.0  # how many times faster pictures come by their ranges than one by one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=32, help="size of the large file")
    parser.add_argument("--kinds", nargs="+", default=["folder", *SERVERS], choices=["folder", *SERVERS])
    said = parser.parse_args()
    columns = ["large: write", "read", "x bare", "small: write/s", "read/s", "by range/s", "ranges at once/s", "list 60"]
    print(f"{'MB/s, files/s, ms':12}" + "".join(f"{column:>17}" for column in columns))
    missed = 0
    for kind in said.kinds:
        with store(kind) as storage:
            missed += measure(kind, storage, said.megabytes)
    return 1 if missed else 0


@contextmanager
def store(kind: str) -> Iterator[Storage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wardflow-bench-")))
        if kind == "folder":
            yield Storage(str(folder / "store"))
            return
        server = stack.enter_context(SERVERS[kind]())
        os.environ.update(server.environment)
        yield server.storage("bench", cache=str(folder / "cache"))


def measure(kind: str, storage: Storage, megabytes: int) -> int:
    """Print one line; how many bounds were missed."""
    large, small = os.urandom(megabytes * 1_000_000), os.urandom(SMALL)
    names = [f"small/{number:03d}" for number in range(COUNT)]
    places = [("shard", number * 2 * SMALL, SMALL) for number in range(COUNT)]  # every other picture of a shard
    storage.write("shard", os.urandom(2 * COUNT * SMALL))
    fs, at = bare(storage)
    ours, theirs = interleaved(lambda: storage.write("large", large), lambda: fs.pipe_file(f"{at}/bare", large))
    read, read_bare = interleaved(lambda: storage.read("large"), lambda: fs.cat_file(f"{at}/bare"))
    write_small = timed(lambda: [storage.write(name, small) for name in names])
    read_small = timed(lambda: [storage.read(name) for name in names])
    one_by_one = timed(lambda: [storage.read(path, start=start, size=size) for path, start, size in places])
    at_once = timed(lambda: storage.read_ranges(places))
    listed = timed(lambda: storage.sizes("small"))
    ratio = (ours + read) / (theirs + read_bare)
    figures = [megabytes / ours, megabytes / read, ratio, COUNT / write_small, COUNT / read_small, COUNT / one_by_one]
    figures += [COUNT / at_once, listed * 1000]
    print(f"{kind:17}" + "".join(f"{figure:17.1f}" for figure in figures))
    if kind == "folder":  # fsspec's own writes are neither durable nor whole or not at all
        return 0
    said = [("large files, x bare", ratio, ratio <= LONGEST, f"<= {LONGEST}")]
    said += [("ranges at once, x one by one", one_by_one / at_once, one_by_one / at_once >= SAVED, f">= {SAVED}")]
    for what, value, good, bound in said:
        print(f"  {what}: {value:.2f} (bound {bound}) {'ok' if good else 'missed'}")
    return sum(not good for _, _, good, _ in said)


def bare(storage: Storage) -> tuple[fsspec.AbstractFileSystem, str]:
    """The library alone."""
    return storage.behind("")


def timed(action: Callable[[], object]) -> float:
    """Median seconds."""
    return median(once(action) for _ in range(REPEATS))


def interleaved(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of both, in turn, so that whatever else the machine does meets both."""
    pairs = [(once(one), once(other)) for _ in range(REPEATS)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def once(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
