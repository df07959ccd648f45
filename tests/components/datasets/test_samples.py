"""Frames out of shards: few reads, every byte checked, and whatever is damaged is named."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.datasets.dataset import StoredDataset
from components.datasets.samples import Check, StoredSamples
from components.storage.storage import Storage
from tests.made_datasets import SECOND, START, Shot, make, png, shots


class Counting(Storage):
    """Counts the reads of shards."""

    reads = 0

    def read(self, path: str, *, start: int = 0, size: int | None = None) -> bytes:
        Counting.reads += path.endswith(".tar")
        return super().read(path, start=start, size=size)


def opened(folder: Path, digest: str, check: Check = "sha256") -> StoredSamples:
    Counting.reads = 0
    return StoredDataset(digest, storage=Counting(str(folder)), check=check).split("train")


def test_neighbours_share_a_read(tmp_path: Path) -> None:
    samples = opened(tmp_path, make(tmp_path, shots()))
    times = [frame.place.time for frame in samples.fetch([5, 0, 3, 7, 6])]
    assert times == [START + n * SECOND for n in (5, 0, 3, 1, 0)]
    assert Counting.reads == 2  # one of each camera's shard
    assert [frame.place.time for frame in samples.walk(2, 5)] == [START + n * SECOND for n in (2, 3, 4)]
    assert Counting.reads == 3


def test_walking_is_the_same_as_asking_one_by_one(tmp_path: Path) -> None:
    samples = opened(tmp_path, make(tmp_path, shots(), limit=6000))
    for number, frame in enumerate(samples.walk(step=5)):
        one, other = frame.decode(), samples[number]
        assert np.array_equal(one.image, other.image) and np.array_equal(one.boxes, other.boxes)
        assert (one.camera, one.time, one.people) == (other.camera, other.time, other.people)
    assert number == len(samples) - 1
    with pytest.raises(IndexError):
        samples[len(samples)]
    assert samples[-1].time == samples[len(samples) - 1].time


def test_one_frame_by_camera_and_time(tmp_path: Path) -> None:
    digest = make(tmp_path, [*shots(), Shot("c", START, png(99), labelled=False)])
    dataset = StoredDataset(digest, storage=Counting(str(tmp_path)))
    Counting.reads = 0
    sample = dataset.sample(dataset.find("b", START + 2 * SECOND))
    assert (sample.camera, sample.time, Counting.reads) == ("b", START + 2 * SECOND, 1)
    np.testing.assert_allclose(sample.boxes, [[2, 1, 10, 9]], atol=1e-6)  # half of 4, 2, 20, 18
    assert bytes(dataset.frame(dataset.by_key(f"c-{START}")).picture) == png(99)
    with pytest.raises(InputError, match=f"frame c-{START} has no label"):
        dataset.sample(dataset.find("c", START))


def test_samples_go_to_another_process(tmp_path: Path) -> None:
    samples = opened(tmp_path, make(tmp_path, shots()))
    assert pickle.loads(pickle.dumps(samples))[4].time == samples[4].time


WRONG = {
    "truncated": (png(1)[:-20], "png", "its png ends before its end"),
    "of another kind": (bytes(cv2.imencode(".bmp", np.zeros((24, 32, 3), np.uint8))[1]), "png", "neither JPEG nor PNG"),
    "empty": (b"", "png", "it has no bytes"),
    "16 bits": (bytes(cv2.imencode(".png", np.full((24, 32, 3), 999, np.uint16))[1]), "png", "16 bits per channel"),
    "of another size": (png(1, width=31, height=7), "png", "it is 31x7; the manifest says 32x24"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_picture_that_was_wrong_when_it_was_put_in_is_refused_by_name(tmp_path: Path, name: str) -> None:
    content, suffix, why = WRONG[name]
    bad = Shot("a", START + 100 * SECOND, content, suffix=suffix)
    samples = opened(tmp_path, make(tmp_path, [*shots(cameras="a"), bad]))
    with pytest.raises(InputError, match=f"frame {bad.key} in a-00000.tar is damaged: .*{why}"):
        samples[len(samples) - 1]
    assert samples[0].image.shape == (24, 32, 3)


@pytest.mark.parametrize("check", ["sha256", "nothing"])
def test_shards_that_were_changed_anywhere_never_crash_and_are_never_skipped(tmp_path: Path, check: Check) -> None:
    """Whole bytes, bits and the end of a shard: what is read is what was written, or is refused with a name."""
    digest = make(tmp_path, shots(6, "a"))
    shard, random = tmp_path / "datasets" / digest / "a-00000.tar", np.random.default_rng(2)
    whole = shard.read_bytes()
    good = [frame.decode() for frame in opened(tmp_path, digest).walk()]
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for at in random.integers(0, len(whole), random.integers(1, 6)):
            damaged[at] ^= 1 << int(random.integers(8))
        shard.write_bytes(damaged[: random.integers(0, len(whole))] if random.random() < 0.3 else damaged)
        samples = opened(tmp_path, digest, check)
        for number, wanted in enumerate(good):
            try:
                sample = samples[number]
            except InputError as error:
                refused += 1
                assert f"frame a-{wanted.time} in a-00000.tar is damaged" in str(error)
                continue
            assert (sample.camera, sample.time) == ("a", wanted.time)
            assert check == "nothing" or np.array_equal(sample.image, wanted.image)
    assert refused > 50


def test_what_a_bit_did_is_said(tmp_path: Path) -> None:
    digest = make(tmp_path, shots(6, "a"))
    dataset = StoredDataset(digest, storage=Storage(str(tmp_path)))
    row, shard = dataset.find("a", START), tmp_path / "datasets" / digest / "a-00000.tar"
    for at, why in (
        (row["offset"] + 60, "its picture|it cannot be decoded"),
        (row["label_offset"] + 3, "its label has another sha256"),
    ):
        content = bytearray(shard.read_bytes())
        content[at] ^= 1
        shard.write_bytes(content)
        with pytest.raises(InputError, match=f"frame {row['key']} in a-00000.tar is damaged: {why}.*verify={digest[:12]}"):
            dataset.sample(row)
        content[at] ^= 1
        shard.write_bytes(content)


@pytest.mark.parametrize(
    "label", [{"boxes": [[0, 0, 1]], "visibility": [1]}, {"boxes": []}, {"boxes": "x", "visibility": []}, []]
)
def test_a_label_that_is_none_is_refused_by_name(tmp_path: Path, label: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shot, "label", lambda self: json.dumps(label).encode())
    samples = opened(tmp_path, make(tmp_path, shots(6, "a")))
    with pytest.raises(InputError, match=f"frame a-{START} in a-00000.tar is damaged: its label cannot be read"):
        samples[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves files open
def test_webdataset_reads_the_shards(tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset", reason="needs webdataset: pip install -e '.[test]'")
    digest = make(tmp_path, shots())
    samples = StoredDataset(digest, storage=Storage(str(tmp_path))).split("train")
    ours = {f"a-{sample.time}": sample for sample in map(samples.__getitem__, range(6))}
    url = str(tmp_path / "datasets" / digest / "a-00000.tar")
    seen = 0
    for item in wds.WebDataset(url, shardshuffle=False):
        if item["__key__"] in ours:
            seen += 1
            image = cv2.imdecode(np.frombuffer(item["png"], np.uint8), cv2.IMREAD_COLOR)
            assert np.array_equal(image, ours[item["__key__"]].image)
            assert json.load(io.BytesIO(item["json"]))["people"] == ["ann"]
    assert seen == 6
