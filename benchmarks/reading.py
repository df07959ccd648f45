"""Reading a dataset, beside reading the same files without one: `python benchmarks/reading.py [--frames N]`.

Prints, each with its bound: frames per CPU second in order from local shards over a bare loop over the tar files, with and
without decoding; frames per second at random; and pictures per second that a training gets from an S3 server over one object per
picture, read by as many processes. The server is moto; a relay before it adds --latency milliseconds to every request, as a
network would (Amazon names 100 to 200 ms for small objects); shards have 16 MB here, as moto reads a whole object for each range.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import torch
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from components.datasets import manifest  # noqa: E402
from components.datasets.dataset import StoredDataset  # noqa: E402
from components.datasets.samples import StoredSamples  # noqa: E402
from components.datasets.shards import ShardWriter  # noqa: E402
from components.storage.storage import Storage  # noqa: E402
from components.training.course import Course  # noqa: E402
from components.training.loader import Loader  # noqa: E402
from components.training.pictures import Pictures, collate  # noqa: E402
from components.training.stream import Preparation, Stream  # noqa: E402

DIGEST, SIZE, BATCH = "d" * 64, (320, 192), 8
Result = tuple[str, str, str, bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--remote", type=int, default=1024, help="frames that are read from S3")
    parser.add_argument("--latency", type=float, default=20.0, help="ms that the relay adds to each request")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        _build(Path(folder), arguments.frames)
        results = [*sequential(Path(folder), arguments.repeats), *random_access(Path(folder))]
        results += training(Path(folder), arguments.remote, arguments.latency, arguments.workers)
    for name, figure, bound, good in results:
        print(f"{'ok ' if good else 'NOT'}  {name:<88} {figure:>12}  {bound}")
    return 0 if all(good for *_, good in results) else 1


def sequential(folder: Path, repeats: int) -> list[Result]:
    """In turn, so that what else the machine does meets all of them; the median of the ratios of CPU time."""
    storage = Storage(str(folder))
    plain, checked = (StoredDataset(DIGEST, storage=storage, check=check).split("train") for check in ("nothing", "sha256"))
    files = sorted((folder / "datasets" / DIGEST).glob("*.tar"))
    ways: dict[str, Callable[[], int]] = {
        "bare loop": lambda: sum(len(picture) > 0 for picture, _ in _bare(files)),
        "tarfile": lambda: _tarfile(files),
        "walk": lambda: sum(len(frame.picture) > 0 for frame in plain.walk()),
        "walk, checked": lambda: sum(len(frame.picture) > 0 for frame in checked.walk()),
        "bare loop, decoded": lambda: sum(_decoded(picture).size * len(json.loads(label)) > 0 for picture, label in _bare(files)),
        "walk, checked, decoded": lambda: sum(frame.decode().image.size > 0 for frame in checked.walk()),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(5 * repeats + 1):  # the first is not counted: files come into the page cache
        for name, way in ways.items():
            if "decoded" in name and turn % 5:  # these take so long that a few of them say as much
                continue
            before = _cpu()
            assert way() == len(plain)
            if turn:
                seconds[name].append(_cpu() - before)
    for name, all_of_them in seconds.items():
        print(f"     {name:<24} {len(plain) / statistics.median(all_of_them):10,.0f} frames per CPU second")

    def ratio(ours: str, theirs: str) -> float:
        return statistics.median(b / a for a, b in zip(seconds[ours], seconds[theirs], strict=True))

    pairs = [
        ("in order, undecoded and unchecked, over a bare loop over the tar files", "walk", "bare loop", 0.9),
        ("in order, undecoded, each against its sha256, over tarfile", "walk, checked", "tarfile", 0.9),
        (
            "in order, each against its sha256, decoded, over a bare loop that decodes",
            "walk, checked, decoded",
            "bare loop, decoded",
            0.9,
        ),
    ]
    return [(text, f"{ratio(a, b):.2f}", f"(bound >= {bound})", ratio(a, b) >= bound) for text, a, b, bound in pairs]


def random_access(folder: Path) -> list[Result]:
    samples = StoredDataset(DIGEST, storage=Storage(str(folder))).split("train")
    order = np.random.default_rng(0).permutation(len(samples)).tolist()[:2000]
    began = time.monotonic()
    for position in order:
        samples.fetch([position])
    undecoded = len(order) / (time.monotonic() - began)
    began = time.monotonic()
    for position in order[:500]:
        samples[position]
    decoded = 500 / (time.monotonic() - began)
    return [
        ("at random by byte offset, undecoded, each against its sha256", f"{undecoded:,.0f}/s", "", True),
        ("at random by byte offset, decoded", f"{decoded:,.0f}/s", "", True),
    ]


def training(folder: Path, count: int, latency: float, workers: int) -> list[Result]:
    """Epochs of batches by the training's own loader, and by a loader that gets each picture as an object of its own."""
    from tests.stores.servers import s3

    with s3() as server, _relay(server.endpoint, latency / 1000) as endpoint:
        os.environ.update({**server.environment, "AWS_ENDPOINT_URL": endpoint})
        storage = server.storage("reading")
        samples = _uploaded(folder, storage, count)
        stream = _streamed(samples, workers)
        single = _mapped(Objects(storage, samples), workers)
        figures = {name: _per_second(batches, len(samples)) for name, batches in (("stream", stream), ("objects", single))}
        del stream, single
    ratio = figures["stream"] / figures["objects"]
    print(f"     one object per picture   {figures['objects']:10,.0f} pictures per second, {workers} processes, {latency:g} ms")
    print(f"     shards, streamed         {figures['stream']:10,.0f} pictures per second, {workers} processes, {latency:g} ms")
    text = "training from S3, pictures per second over one object per picture"
    return [(text, f"{ratio:.1f}", "(bound >= 3)", ratio >= 3)]


class Objects:
    """One object per picture; labels cost nothing here."""

    def __init__(self, storage: Storage, samples: StoredSamples) -> None:
        self.storage, self._labels = storage, [_light(frame) for frame in samples.walk()]
        self._sizes = samples.index.read(0, len(samples))["size"].tolist()

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int):
        picture = self.storage.read(f"objects/{index:06d}.jpg", start=0, size=self._sizes[index])  # one request
        return self._labels[index]._replace(picture=picture).decode()


def _light(frame):
    """A frame without its picture, to be handed to other processes."""
    return frame._replace(picture=b"", label=bytes(frame.label))


def _streamed(samples: StoredSamples, workers: int) -> Loader:
    course = Course(count=len(samples), batch=BATCH, seed=0)
    stream = Stream(samples, course, Preparation(SIZE, 0.25, None), length=course.batches)
    loader: DataLoader = DataLoader(
        stream, batch_size=None, num_workers=workers, multiprocessing_context="spawn", persistent_workers=True
    )
    return Loader(loader, stream, length=course.batches)


def _mapped(objects: Objects, workers: int) -> DataLoader:
    pictures: Dataset = Pictures(objects, size=SIZE, min_visibility=0.25, cache_mb=0)
    return DataLoader(
        pictures, batch_size=BATCH, shuffle=True, num_workers=workers, collate_fn=collate, multiprocessing_context="spawn",
        persistent_workers=True,
    )  # fmt: skip


def _per_second(batches, count: int) -> float:
    """Of the second pass: in the first, processes begin."""
    for _ in batches:
        pass
    began = time.monotonic()
    seen = sum(len(batch.images) for batch in batches)
    assert seen == count
    return seen / (time.monotonic() - began)


def _uploaded(folder: Path, storage: Storage, count: int) -> StoredSamples:
    """A dataset of `count` frames in the store, and each of its pictures as an object."""
    _build(folder / "remote", count)
    for path in (folder / "remote" / "datasets" / DIGEST).iterdir():
        storage.write(f"datasets/{DIGEST}/{path.name}", path.read_bytes())
    local = StoredDataset(DIGEST, storage=Storage(str(folder / "remote"))).split("train")
    for number, frame in enumerate(local.walk()):
        storage.write(f"objects/{number:06d}.jpg", bytes(frame.picture))
    return StoredDataset(DIGEST, storage=storage).split("train")


@contextmanager
def _relay(url: str, seconds: float) -> Iterator[str]:
    """Hands every request to `url` after `seconds`; answers go back at once."""
    target = url.removeprefix("http://").split(":")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, (target[0], int(target[1])), seconds), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _accept(server: socket.socket, target: tuple[str, int], seconds: float) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:  # closed
            return
        far = socket.create_connection(target)
        for one, other, wait in ((near, far, seconds), (far, near, 0.0)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_copy, args=(one, other, wait), daemon=True).start()


def _copy(one: socket.socket, other: socket.socket, seconds: float) -> None:
    try:
        while content := one.recv(2**18):
            if seconds:
                time.sleep(seconds)
            other.sendall(content)
    except OSError:
        pass
    finally:
        other.close()


def _bare(files: list[Path]) -> Iterator[tuple[bytes, bytes]]:
    """What somebody would write who knows that a tar file is blocks of 512 bytes."""
    picture = b""
    for path in files:
        with path.open("rb") as file:
            while (header := file.read(512))[0]:
                size = int(header[124:135], 8)
                content = file.read(size)
                file.seek(-size % 512, 1)
                if header[: header.index(0)].endswith(b".json"):
                    yield picture, content
                else:
                    picture = content


def _tarfile(files: list[Path]) -> int:
    count = 0
    for path in files:
        with tarfile.open(path) as tar:
            for member in tar:
                content = tar.extractfile(member)
                assert content is not None
                count += bool(content.read()) and member.name.endswith(".jpg")
                tar.members = []
    return count


def _decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def _build(folder: Path, count: int) -> None:
    """Frames of about 40 kB, as JPEG of 640x480 has them."""
    from hashlib import sha256

    home = folder / "datasets" / DIGEST
    home.mkdir(parents=True)
    pictures = [_picture(seed) for seed in range(50)]
    label = b'{"boxes":[[10.0,20.0,60.0,200.0]],"people":["ann"],"roles":["nurse"],"visibility":[1.0]}'
    shards, rows = ShardWriter(home, "cam", limit=16_000_000), []
    for number in range(count):
        picture, key = pictures[number % 50], f"cam-{number}"
        image, words = shards.add({f"{key}.jpg": picture, f"{key}.json": label})
        rows.append(_row(number, key, image, words, sha256(picture).hexdigest(), sha256(label).hexdigest()))
    shards.close()
    with manifest.Writer(home / "manifest.parquet") as writer:
        writer.write(pa.Table.from_pylist(rows, schema=manifest.SCHEMA))
    (home / "dataset.json").write_text(json.dumps({"digest": DIGEST, "chain": [], "chain_digest": ""}))
    size = statistics.mean(map(len, pictures))
    print(f"     {count:,} frames of {size / 1000:.0f} kB in {len(list(home.glob('*.tar')))} shards")


def _row(number: int, key: str, image, words, digest: str, label: str) -> dict:
    row = {
        "key": key, "camera": "cam", "camera_version": "", "time": number, "segment": "", "segment_time": number, "index": number,
        "reason": "kept", "split": "train", "labelled": True, "people": 1, "width": 640, "height": 480,
        "to_native": [1.0, 0, 0, 0, 1, 0, 0, 0, 1], "sha256": digest, "label_sha256": label, "shard": image.shard,
        "offset": image.offset, "size": image.size, "label_offset": words.offset, "label_size": words.size,
    }  # fmt: skip
    more = {"clock_correction": 0, "quality": {}, "label_set": "", "phash": 0}
    return {**row, **{name: more[name] for name in manifest.SCHEMA.names if name not in row}}


def _picture(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    image = cv2.add(
        cv2.resize(small, (640, 480), interpolation=cv2.INTER_CUBIC), random.integers(0, 4, (480, 640, 3), dtype=np.uint8)
    )
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
