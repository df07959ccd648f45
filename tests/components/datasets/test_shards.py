from __future__ import annotations

import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from components.datasets.shards import Entry, ShardWriter

SAMPLES = [{f"s{n}.jpg": bytes([n]) * (500 * n + 1), f"s{n}.json": b"{}" * n} for n in range(8)]


def _write(folder: Path, limit: int) -> tuple[list[list[Entry]], list[Path]]:
    folder.mkdir()
    with closing(ShardWriter(folder, "cam", limit=limit)) as shards:
        entries = [shards.add(files) for files in SAMPLES]
    return entries, [folder / name for name in shards.names]


@pytest.mark.parametrize("limit", [0, 3000, 10**9])
def test_the_offsets_are_those_that_tarfile_sees(tmp_path: Path, limit: int) -> None:
    entries, paths = _write(tmp_path / "s", limit)
    seen: dict[tuple[str, int], tuple[str, int]] = {}
    for path in paths:
        with tarfile.open(path) as tar:
            seen |= {(path.name, member.offset_data): (member.name, member.size) for member in tar}
    assert len(seen) == 2 * len(SAMPLES)
    for files, pair in zip(SAMPLES, entries, strict=True):
        for (name, content), entry in zip(files.items(), pair, strict=True):
            assert seen[entry.shard, entry.offset] == (name, entry.size)
            assert (tmp_path / "s" / entry.shard).read_bytes()[entry.offset : entry.offset + entry.size] == content


def test_the_files_of_a_sample_stay_together_and_shards_are_cut_at_the_limit(tmp_path: Path) -> None:
    entries, paths = _write(tmp_path / "s", 3000)
    assert all(image.shard == label.shard for image, label in entries)
    assert len(paths) > 2 and [path.name for path in paths] == [f"cam-{n:05d}.tar" for n in range(len(paths))]
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [path.name for path in paths]
    assert [image.shard for image, _ in entries] == sorted(image.shard for image, _ in entries)


def test_a_large_limit_makes_one_shard(tmp_path: Path) -> None:
    assert len(_write(tmp_path / "s", 10**9)[1]) == 1


def test_the_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    first, second = (_write(tmp_path / name, 3000)[1] for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_nothing_added_makes_no_shard(tmp_path: Path) -> None:
    shards = ShardWriter(tmp_path, "cam")
    shards.close()
    assert shards.names == []
    assert list(tmp_path.iterdir()) == []


def test_a_shard_is_handed_over_when_it_is_finished(tmp_path: Path) -> None:
    taken: list[bytes] = []

    def take(path: Path) -> None:
        taken.append(path.read_bytes())
        path.unlink()
        assert not list(tmp_path.iterdir())

    with closing(ShardWriter(tmp_path, "cam", limit=3000, full=take)) as shards:
        for files in SAMPLES:
            shards.add(files)
    assert taken == [path.read_bytes() for path in _write(tmp_path / "s", 3000)[1]]
