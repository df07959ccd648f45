"""Footage that was damaged on purpose: read right, marked as damaged, or refused in a sentence; no crash, no silent loss."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from components.contracts import Frame, InputError, Moment, Needs, Sampler
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.samplers.keyframes import Keyframes
from components.sources.video import Video
from tests.components.sources.films import film

MUTATIONS = 40  # of each film
KINDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"options": {"g": "12"}},
    "h264.mkv": {"options": {"g": "12"}},
    "h264.ts": {"options": {"g": "12"}},
    "ten_bits.mp4": {"pixels": "yuv420p10le", "options": {"g": "12"}},
    "hevc.mp4": {"codec": "libx265", "options": {"g": "12", "x265-params": "log-level=none"}},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "2"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}},
    "sixteen_bits_odd.mkv": {"codec": "ffv1", "pixels": "gray16le", "size": (97, 63)},
}


class Looking:
    """Looks at every picture."""

    needs: Needs = "pictures"

    def keep(self, moment: Moment) -> bool:
        return moment.look().size > 0


SAMPLERS: tuple[Any, ...] = (Every, Looking, Keyframes, lambda: FixedRate(5), lambda: FixedRate(5, exact=False))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    return {name: film(folder / name, **words) for name, words in KINDS.items()}


def _spoiled(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, with flipped bits, with a hole of zeros, with a piece missing, or with one too many."""
    spoiled, at, length = bytearray(content), int(rng.integers(len(content))), int(rng.integers(1, 400))
    match rng.integers(5):
        case 0:
            del spoiled[at:]
        case 1:
            for place in rng.integers(0, len(content), rng.integers(1, 20)):
                spoiled[place] ^= 1 << int(rng.integers(8))
        case 2:
            spoiled[at : at + length] = bytes(len(spoiled[at : at + length]))
        case 3:
            del spoiled[at : at + length]
        case _:
            spoiled[at:at] = rng.bytes(length)
    return bytes(spoiled)


def _read(path: Path, sampler: Sampler) -> tuple[int, list[Frame]] | InputError:
    video = Video("cam", uri=str(path))
    try:
        return video.total, list(video.frames(sampler))
    except InputError as error:
        return error


def _checked(path: Path, whole: list[Frame], sampler: Sampler) -> str:
    """What became of a spoiled film."""
    result = _read(path, sampler)
    if isinstance(result, InputError):
        assert str(path) in str(result) and ("; " in str(result)), result
        return "refused"
    total, frames = result
    assert all(frame.image.dtype == np.uint8 and frame.image.shape == frames[0].image.shape for frame in frames)
    assert all(before.index < after.index for before, after in pairwise(frames))
    if isinstance(sampler, Every | Looking):
        assert len(frames) >= total, f"{total - len(frames)} frames are lost, and nobody says so"
    return "damaged" if any("damaged" in frame.quality for frame in frames) else "read"


def _fuzz(name: str, films: dict[str, Path], folder: Path, seeds: range) -> Counter[str]:
    content, results = films[name].read_bytes(), Counter[str]()
    whole = list(Video("cam", uri=str(films[name])).frames(Every()))
    for seed in seeds:
        path = folder / f"{seed}_{name}"
        path.write_bytes(_spoiled(content, np.random.default_rng((seed, *name.encode()))))
        results[_checked(path, whole, SAMPLERS[seed % len(SAMPLERS)]())] += 1
        path.unlink()
    return results


@pytest.mark.parametrize("name", KINDS)
def test_spoiled_footage_is_read_or_marked_or_refused(name: str, films: dict[str, Path], tmp_path: Path) -> None:
    results = _fuzz(name, films, tmp_path, range(MUTATIONS))
    assert results["refused"] > 0 and results.total() == MUTATIONS


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_spoiled_footage_at_length(name: str, films: dict[str, Path], tmp_path: Path) -> None:
    assert _fuzz(name, films, tmp_path, range(1000, 1600)).total() == 600


@pytest.mark.parametrize("name", KINDS)
def test_the_content_counts_not_the_name(name: str, films: dict[str, Path], tmp_path: Path) -> None:
    frames = list(Video("cam", uri=str(films[name])).frames(Every()))
    for ending in ("txt", "mp4", "jpg"):
        shutil.copy(films[name], tmp_path / f"a.{ending}")
        result = _read(tmp_path / f"a.{ending}", Every())
        assert isinstance(result, InputError) or len(result[1]) == len(frames) == 40


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"RIFF\0\0\0\0AVI ", b"\1" * 70_000])
def test_what_is_no_footage_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert isinstance(_read(tmp_path / "a.mp4", Every()), InputError)


def test_footage_that_is_to_be_turned_is_refused_with_what_to_do(tmp_path: Path) -> None:
    result = _read(film(tmp_path / "a.mp4", rotated=90), Every())
    assert isinstance(result, InputError) and "turned by" in str(result) and "ffmpeg -i FILE" in str(result)


def test_frames_of_a_varying_rate_keep_their_times(tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(0).integers(1, 60, 40)).tolist()
    for name in ("a.mp4", "a.mkv"):
        frames = list(Video("cam", uri=str(film(tmp_path / name, times=times))).frames(Every()))
        assert [frame.time for frame in frames] == [(time - times[0]) * 10_000_000 for time in times]


@pytest.mark.parametrize("size", [(97, 63), (1, 1), (3, 201)])
def test_odd_sizes(size: tuple[int, int], tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", codec="ffv1", pixels="yuv444p", size=size, frames=3)
    frames = list(Video("cam", uri=str(path)).frames(Every(), "luma"))
    assert [frame.image.shape for frame in frames] == [(size[1], size[0], 3)] * 3


def test_a_size_that_changes_on_the_way_is_refused(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{n}.ts", size=size, frames=20) for n, size in enumerate([(96, 64), (64, 96)])]
    (tmp_path / "a.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    result = _read(tmp_path / "a.ts", Every())
    assert isinstance(result, InputError) and "; " in str(result)


def test_damage_lasts_until_the_next_keyframe(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", options={"g": "10", "bf": "0"})
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content, hit = path.read_bytes(), packets[13]
    at = content.index(hit) + len(hit) // 2
    path.write_bytes(content[:at] + bytes(len(hit) // 3) + content[at + len(hit) // 3 :])
    frames = list(Video("cam", uri=str(path)).frames(Every()))
    assert [frame.index for frame in frames if frame.quality.get("damaged")] == list(range(13, 20))
