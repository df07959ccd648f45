"""A streamed epoch: the same batches for every number of processes, from any batch on; a damaged frame is one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader

from components.contracts import InputError
from components.datasets.index import Index
from components.datasets.samples import StoredSamples
from components.datasets.shards import ShardWriter
from components.storage.storage import Storage
from components.training.augmentation import Augment
from components.training.course import Course, Pass
from components.training.loader import Loader
from components.training.pictures import Variation
from components.training.ranks import Rank
from components.training.stream import Preparation, Stream
from tests.stores.servers import SERVERS, Server

COUNT, BATCH = 300, 4


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> StoredSamples:
    """Pictures of one colour each, which says their number, in two shards of a folder."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "datasets" / "d").mkdir(parents=True)
    shards, rows = ShardWriter(folder / "datasets" / "d", "cam", limit=100_000), []
    for number in range(COUNT):
        picture = bytes(cv2.imencode(".png", np.full((8, 16, 3), (number % 256, number // 256, 7), np.uint8))[1])
        label = json.dumps({"boxes": [[0, 0, 4, 4]], "visibility": [1.0]}).encode()
        image, words = shards.add({f"cam-{number}.png": picture, f"cam-{number}.json": label})
        rows.append({
            "time": number, "offset": image.offset, "size": image.size, "label_offset": words.offset, "label_size": words.size,
            "camera": "cam", "shard": image.shard, "to_native": [1.0, 0, 0, 0, 1, 0, 0, 0, 1], "width": 16, "height": 8,
            "sha256": sha256(picture).hexdigest(), "label_sha256": sha256(label).hexdigest(),
        })  # fmt: skip
    shards.close()
    assert len(list(folder.rglob("*.tar"))) > 1
    return StoredSamples(Storage(str(folder)), "datasets/d", Index([pa.RecordBatch.from_pylist(rows)]))


def loader(samples: StoredSamples, *, workers: int = 0, length: int = 75, kind: str = "spawn", batch: int = BATCH) -> Loader:
    course = Course(count=len(samples), batch=batch, seed=5, pool=16)
    stream = Stream(
        samples, course, Preparation((32, 32), 0.25, Variation(Augment(brightness=0.1, mosaic=0.3), 5, 10)), length=length
    )
    context = kind if workers else None
    processes = DataLoader(
        stream, batch_size=None, num_workers=workers, multiprocessing_context=context, persistent_workers=workers > 0
    )
    return Loader(processes, stream, length=length)


def images(batches) -> torch.Tensor:
    return torch.cat([batch.images for batch in batches])


def numbers(batches) -> list[int]:
    """Which pictures these are, without augmentation to blur it: blue is changed by at most 10 %, so green and order decide."""
    return [int(image[1, 0, 0]) for image in images(batches)]


@pytest.fixture(scope="module")
def alone(samples: StoredSamples) -> list:
    return list(loader(samples))


def test_an_epoch_follows_its_course(samples: StoredSamples, alone: list) -> None:
    assert sum(len(batch.images) for batch in alone) == COUNT
    course = Course(count=COUNT, batch=BATCH, seed=5, pool=16)
    wanted = [samples[int(p)].time for k in range(course.batches) for p in Pass(course, 0).batch(k)]
    plain = Stream(samples, course, Preparation((16, 8), 0.25, None), length=75)
    got = [int(image[2, 0, 0]) + 256 * int(image[1, 0, 0]) for image in images(plain)]  # RGB: blue, and green
    assert got == wanted


@pytest.mark.parametrize(("workers", "kind"), [(2, "spawn"), (1, "fork")])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_any_number_and_kind_of_processes_shows_the_same(samples: StoredSamples, alone: list, workers: int, kind: str) -> None:
    assert torch.equal(images(loader(samples, workers=workers, kind=kind)), images(alone))


def test_ranks_share_the_batches_of_one_alone(samples: StoredSamples) -> None:
    course, plain = Course(count=COUNT, batch=BATCH, seed=5, pool=16), Preparation((16, 8), 0.25, None)
    parts = [Stream(samples, course, plain, length=40, rank=Rank(number=number, count=2)) for number in range(2)]
    whole = Stream(samples, course, plain, length=80)
    for epoch in range(2):
        for stream in (whole, *parts):
            stream.begin(epoch, 0)
        mixed = [batch for pair in zip(*parts, strict=True) for batch in pair]
        assert torch.equal(images(mixed), images(whole))


def test_an_epoch_goes_on_from_a_state(samples: StoredSamples, alone: list) -> None:
    first = loader(samples)
    batches = iter(first)
    head = [next(batches) for _ in range(30)]
    state = json.loads(json.dumps(first.state_dict()))
    assert state == {"epoch": 0, "batch": 30}
    rest = loader(samples)
    rest.load_state_dict(state)
    rest.set_epoch(0)  # as Lightning does
    assert torch.equal(images([*head, *rest]), images(alone))


def test_epochs_cut_an_endless_course(samples: StoredSamples, alone: list) -> None:
    short = loader(samples, length=50)
    epochs = []
    for epoch in range(3):
        short.set_epoch(epoch)
        epochs.append(list(short))
    assert [len(epoch) for epoch in epochs] == [50, 50, 50]
    seen = [batch for epoch in epochs for batch in epoch]
    plain = Augment()
    course = Course(count=COUNT, batch=BATCH, seed=5, pool=16)
    unchanged = [Stream(samples, course, Preparation((16, 8), 0.25, Variation(plain, 5, 10)), length=50) for _ in range(3)]
    times = []
    for epoch, stream in enumerate(unchanged):
        stream.begin(epoch, 0)
        times += [int(image[2, 0, 0]) + 256 * int(image[1, 0, 0]) for image in images(stream)]
    assert sorted(times[:COUNT]) == sorted(times[COUNT : 2 * COUNT]) == list(range(COUNT))
    assert torch.equal(images(seen[:50]), images(alone[:50]))


def test_processes_live_on_and_hear_of_the_next_epoch(samples: StoredSamples) -> None:
    one, two = loader(samples, length=10), loader(samples, length=10, workers=1)
    for epoch in (0, 4):
        one.set_epoch(epoch)
        two.set_epoch(epoch)
        assert torch.equal(images(one), images(two))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_frame_is_one_sentence(samples: StoredSamples, tmp_path: Path, workers: int) -> None:
    shard = Path(samples.storage.url) / "datasets" / "d" / samples.index.shards[0]
    (tmp_path / "datasets" / "d").mkdir(parents=True)
    for path in shard.parent.iterdir():
        content = bytearray(path.read_bytes())
        if path == shard:
            content[samples.index.read(7, 8)["offset"][0] + 40] ^= 4
        (tmp_path / "datasets" / "d" / path.name).write_bytes(content)
    damaged = StoredSamples(Storage(str(tmp_path)), "datasets/d", samples.index)
    with pytest.raises(InputError) as caught:
        list(loader(damaged, workers=workers))
    assert "frame cam-7 in cam-00000.tar is damaged" in str(caught.value)
    assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)


@pytest.mark.parametrize("kind", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_from_an_object_store(samples: StoredSamples, alone: list, remote: Storage, kind: str) -> None:
    """The store was used in this process before, so that a fork that shared its connection would hang or lie."""
    there = StoredSamples(remote, samples.folder, samples.index)
    assert there[7].time == samples[7].time
    assert torch.equal(images(loader(there, workers=1, kind=kind)), images(alone))


@pytest.fixture
def remote(samples: StoredSamples, s3: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storage:
    """A bucket of a real S3 server with the shards in it."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    storage = s3.storage("stream", cache=str(tmp_path / "cache"))
    for name in samples.index.shards:
        storage.write(f"{samples.folder}/{name}", samples.storage.read(f"{samples.folder}/{name}"))
    return storage


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    with SERVERS["s3"]() as server:
        yield server


def test_memory_holds_two_pools_of_each_lane(samples: StoredSamples) -> None:
    held, most = 0, 0

    class Counted:
        def __init__(self, encoded) -> None:
            nonlocal held, most
            self.encoded, held = encoded, held + 1
            most = max(most, held)

        def decode(self):
            return self.encoded.decode()

        def __del__(self) -> None:
            nonlocal held
            held -= 1

    class Counting:
        def __len__(self) -> int:
            return 10 * COUNT

        def fetch(self, positions):
            return [Counted(one) for one in samples.fetch([p % COUNT for p in positions])]

    course = Course(count=10 * COUNT, batch=BATCH, seed=0, lanes=4, pool=16)
    for _ in Stream(Counting(), course, Preparation((16, 8), 0.25, None), length=course.batches):
        pass
    assert 0 < most <= course.lanes * 2 * 16 + 16
