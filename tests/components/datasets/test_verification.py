"""Every byte of a dataset: whatever is changed, verifying says where."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from components.datasets.dataset import StoredDataset
from components.datasets.verification import Report, verify
from components.storage.storage import Storage
from tests.made_datasets import SECOND, START, Shot, make, png, shots


def verified(folder: Path, digest: str) -> Report:
    storage = Storage(str(folder))
    return verify(StoredDataset(digest, storage=storage), storage)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str, Path]:
    digest = make(tmp_path, [*shots(), Shot("a", START + 50 * SECOND, reason="dark")], limit=9000)
    return tmp_path, digest, tmp_path / "datasets" / digest


def test_a_whole_dataset(made: tuple[Path, str, Path]) -> None:
    folder, digest, home = made
    report = verified(folder, digest)
    assert (report.frames, report.shards, report.broken, report.first) == (20, len(list(home.glob("*.tar"))), 0, {})
    assert report.bytes > 20 * 2000


def test_every_single_byte_is_looked_at(made: tuple[Path, str, Path]) -> None:
    folder, digest, home = made
    shard = sorted(home.glob("a-*.tar"))[1]
    whole, random = shard.read_bytes(), np.random.default_rng(0)
    for at in [*random.integers(0, len(whole), 25).tolist(), len(whole) - 1]:
        shard.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        report = verified(folder, digest)
        assert report.broken == 1, at
        assert next(iter(report.first)).startswith("a-")


CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (lambda whole: whole[:5000], "which has 5000|no bytes|another sha256"),
    "empty": (lambda whole: b"", "which has 0"),
    "longer": (lambda whole: whole + b"x" * 512, "something else than the end of a tar archive"),
    "without its end": (
        lambda whole: whole[: whole.rindex(b"}") // 512 * 512 + 512],
        "something else than the end of a tar archive",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_shards_that_are_not_what_they_were(made: tuple[Path, str, Path], name: str) -> None:
    folder, digest, home = made
    change, why = CHANGES[name]
    shard = home / "b-00000.tar"
    shard.write_bytes(change(shard.read_bytes()))
    report = verified(folder, digest)
    assert report.broken >= 1
    assert re.search(why, next(iter(report.first.values()))), report.first


def test_a_shard_that_is_gone(made: tuple[Path, str, Path]) -> None:
    folder, digest, home = made
    (home / "b-00000.tar").unlink()
    report = verified(folder, digest)
    assert report.broken == 1 and "no such file" in report.first["b-00000.tar"]


def test_a_file_too_many_is_found(made: tuple[Path, str, Path]) -> None:
    folder, digest, home = made
    shard = home / "b-00000.tar"
    with tarfile.open(shard, "a") as tar:
        tar.add(home / "dataset.json", "more.json")
    assert "something else" in verified(folder, digest).first["b-00000.tar"]


def test_a_manifest_that_was_edited_makes_another_name(made: tuple[Path, str, Path]) -> None:
    folder, digest, home = made
    table = pq.read_table(home / "manifest.parquet")
    moved = pc.if_else(pc.equal(table["split"], "val"), "train", table["split"])
    pq.write_table(table.set_column(table.schema.get_field_index("split"), "split", moved), home / "manifest.parquet")
    assert "makes the digest" in verified(folder, digest).first["manifest.parquet"]


@pytest.mark.parametrize(("key", "value"), [("chain_digest", "d" * 64), ("digest", "e" * 64), ("frames", {"train": 1})])
def test_a_recipe_that_was_edited(made: tuple[Path, str, Path], key: str, value: object) -> None:
    folder, digest, home = made
    about = json.loads((home / "dataset.json").read_text())
    (home / "dataset.json").write_text(json.dumps({**about, key: value}))
    assert set(verified(folder, digest).first) & {"dataset.json", "manifest.parquet"}


def test_pictures_that_were_wrong_when_they_were_put_in(tmp_path: Path) -> None:
    jpeg = bytes(cv2.imencode(".jpg", np.zeros((24, 32, 3), np.uint8))[1])
    wrong = {
        "neither": b"GIF89a" + bytes(40), "cut off": png(1)[:-9], "is called png, and is jpg": jpeg, "31x24": png(1, width=31),
        "16 bits": bytes(cv2.imencode(".png", np.zeros((24, 32), np.uint16))[1]), "no bytes": b"",
    }  # fmt: skip
    frames = [Shot("a", START + n * SECOND, content) for n, content in enumerate(wrong.values())]
    report = verified(tmp_path, make(tmp_path, [*frames, *shots(3, "b")]))
    assert report.broken == len(wrong) and report.frames == len(wrong) + 3
    for why, frame in zip(wrong, frames, strict=True):
        assert why in report.first[frame.key]


def test_only_the_first_broken_things_are_named(tmp_path: Path) -> None:
    frames = [replace(frame, picture=b"broken") for frame in shots(30, "a")]
    report = verified(tmp_path, make(tmp_path, frames))
    assert report.broken == 30 and len(report.first) == 20
