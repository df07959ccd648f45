"""A manifest of ten million frames: `python benchmarks/manifest.py [--frames N]`.

Writes two manifests that differ in one frame of a thousand into a folder, and prints, each with its bound and in a process of its
own: seconds and peak memory of what flows.datasets does with them, and of opening a split to train on.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CAMERAS, STEP, START, SIZE = 200, 200_000_000, 1_772_445_600_000_000_000, 40_000
SECONDS = {"open": 1.0, "find": 2.0, "by_key": 3.0, "show": 20.0, "list": 1.0, "diff": 60.0, "split": 60.0, "first_batch": 5.0}
MEGABYTES = 900  # peak of the process, with the libraries that it imports (about 350)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where manifests are, or will be kept")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        return _measure(arguments.only, arguments.folder, arguments.frames)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        for name, changed in (("a" * 64, 0), ("b" * 64, 1000)):
            if not (folder / "datasets" / name / "manifest.parquet").is_file():
                began = time.monotonic()
                _generate(folder / "datasets" / name, arguments.frames, changed, name)
                size = (folder / "datasets" / name / "manifest.parquet").stat().st_size / 1e6
                print(f"     manifest of {arguments.frames:,} frames: {size:,.0f} MB, made in {time.monotonic() - began:.0f} s")
        command = [sys.executable, __file__, "--frames", str(arguments.frames), "--folder", str(folder), "--only"]
        return int(any(subprocess.run([*command, what], check=False).returncode for what in ("nothing", *SECONDS)))


def _measure(what: str, folder: Path, frames: int) -> int:
    work = WORK[what](folder, frames) if what in WORK else lambda: "imports alone"
    began = time.monotonic()
    said = work()
    seconds, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    good = seconds <= SECONDS.get(what, 1e9) and peak <= MEGABYTES
    bound = f"(bounds {SECONDS[what]:.0f} s, {MEGABYTES} MB)" if what in SECONDS else ""
    print(f"{'ok ' if good else 'NOT'}  {what:<12} {seconds:8.3f} s {peak:8.0f} MB peak  {bound}  {said}")
    return 0 if good else 1


def _dataset(folder: Path, name: str = "a"):
    from components.datasets.dataset import StoredDataset
    from components.storage.storage import Storage

    return StoredDataset(name * 64, storage=Storage(str(folder), cache=str(folder / "cache")))


def _open(folder: Path, _: int) -> Callable[[], str]:
    from components.datasets import dataset  # noqa: F401 - importing is not what is measured

    return lambda: f"{len(_dataset(folder).rows):,} rows"


def _find(folder: Path, frames: int) -> Callable[[], str]:
    dataset = _dataset(folder)
    return lambda: str(dataset.find("cam117", START + frames // CAMERAS // 2 * STEP)["key"])


def _by_key(folder: Path, frames: int) -> Callable[[], str]:
    dataset = _dataset(folder)
    return lambda: str(dataset.by_key(f"cam117-{START + frames // CAMERAS // 2 * STEP}")["offset"])


def _show(folder: Path, _: int) -> Callable[[], str]:
    from components.datasets.catalogue import cameras_of

    return lambda: f"{sum(camera['kept'] for camera in cameras_of(_dataset(folder).rows)):,} frames are kept"


def _list(folder: Path, frames: int) -> Callable[[], str]:
    from components.database.database import Database
    from components.database.schema import DatasetRow
    from components.datasets.catalogue import catalogue
    from components.storage.storage import Storage

    (folder / "list.db").unlink(missing_ok=True)
    database = Database(f"sqlite:///{folder}/list.db")
    with database.session() as session:
        for name in "ab":
            row = {"path": f"datasets/{name * 64}", "kept": frames, "rejected": 0, "chain_digest": "c" * 64, "created": 1}
            session.add(DatasetRow(digest=name * 64, **row))
    return lambda: f"{len(catalogue(Storage(str(folder)), database))} datasets"


def _diff(folder: Path, _: int) -> Callable[[], str]:
    from components.datasets.difference import difference

    def work() -> str:
        found = difference(_dataset(folder, "a"), _dataset(folder, "b"))
        return ", ".join(f"{found.total(what):,} {what}" for what in ("added", "removed", "changed", "same"))

    return work


def _split(folder: Path, _: int) -> Callable[[], str]:
    return lambda: f"{len(_dataset(folder).split('train')):,} samples to train on"


def _first_batch(_: Path, frames: int) -> Callable[[], str]:
    """The order of a pass over all of them, and its first batch."""
    from components.training.course import Course, Pass

    return lambda: f"begins with {Pass(Course(count=frames, batch=8, seed=0), 0).batch(0)[:3].tolist()}"


WORK: dict[str, Callable[[Path, int], Callable[[], str]]] = {
    "open": _open, "find": _find, "by_key": _by_key, "show": _show, "list": _list, "diff": _diff, "split": _split,
    "first_batch": _first_batch,
}  # fmt: skip


def _generate(folder: Path, frames: int, changed: int, name: str) -> None:
    """Frames of 200 cameras at 5 fps, one row group of one camera at a time; of `changed` 1 in so many is another picture."""
    from components.datasets import manifest

    folder.mkdir(parents=True, exist_ok=True)
    each = frames // CAMERAS
    with manifest.Writer(folder / "manifest.parquet") as writer:
        for camera in range(CAMERAS):
            for first in range(0, each, manifest.GROUP):
                writer.write(_table(camera, first, min(manifest.GROUP, each - first), changed, manifest.SCHEMA))
    about = {"digest": name, "chain": [], "chain_digest": "c" * 64, "frames": {"train": each * CAMERAS}}
    (folder / "dataset.json").write_text(json.dumps(about))


def _table(camera: int, first: int, count: int, changed: int, schema):
    import numpy as np
    import pyarrow as pa

    number = np.arange(first, first + count)
    random = np.random.default_rng(camera * 1_000_003 + first)
    hexed = random.bytes(32 * count).hex()
    digests = [hexed[i * 64 : i * 64 + 64] for i in range(count)]
    if changed:
        digests = [f"{i:064x}" if i % changed == 0 else digest for i, digest in zip(number.tolist(), digests, strict=True)]
    times = START + number * STEP
    home = f"cam{camera:03d}"
    stand = (number % 6000) * (SIZE + 2048)
    numbers = number.tolist()
    known = {
        "key": [f"{home}-{t}" for t in times.tolist()], "camera": [home] * count, "camera_version": [f"{camera:064x}"] * count,
        "time": times, "segment": [f"{i // 3000:064x}" for i in numbers], "segment_time": number % 3000 * STEP, "index": number,
        "reason": ["kept"] * count, "split": ["train"] * count, "labelled": np.ones(count, bool),
        "shard": [f"{home}-{i // 6000:05d}.tar" for i in numbers], "sha256": digests, "label_sha256": digests[::-1],
        "offset": stand + 512, "label_offset": stand + SIZE + 1024,
    }  # fmt: skip
    for name, value in (("people", 3), ("width", 640), ("height", 480), ("size", SIZE), ("label_size", 300)):
        known[name] = np.full(count, value)
    eye = np.tile(np.array([2.0, 0, 0.5, 0, 2, 0.5, 0, 0, 1]), count)
    known["to_native"] = pa.FixedSizeListArray.from_arrays(pa.array(eye), 9)
    columns = [_column(known[field.name], field.type) if field.name in known else _default(field.type, count) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values, kind):
    import pyarrow as pa

    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _default(kind, count: int):
    """A column that this program does not know of."""
    import pyarrow as pa

    value = "" if pa.types.is_string(kind) else [] if pa.types.is_map(kind) or pa.types.is_list(kind) else 0
    return pa.array([value] * count, kind)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
