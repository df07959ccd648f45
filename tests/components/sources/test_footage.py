from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from components.contracts import Bgr
from components.sources.footage import write

TIMES = [0, 33_333_000, 100_000_000, 100_001_000, 2_500_000_000]


def _pictures(times: list[int]) -> list[tuple[int, Bgr]]:
    ramp = np.linspace(0, 180, 64, dtype=np.uint8)
    return [(time, np.tile(ramp[None, :, None], (48, 1, 3)) + np.uint8(n * 15 % 75)) for n, time in enumerate(times)]


def test_frames_come_back_at_their_times(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", _pictures(TIMES), fps=10.0, size=(64, 48))
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = list(container.decode(video=0))
    assert [round((frame.time or 0.0) * 1e9) for frame in frames] == TIMES
    for frame, (_, picture) in zip(frames, _pictures(TIMES), strict=True):
        assert np.abs(frame.to_ndarray(format="bgr24").astype(int) - picture).mean() < 3


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write(tmp_path / name, _pictures(TIMES), fps=10.0, size=(64, 48))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_there_is_a_keyframe_every_second(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", _pictures([n * 100_000_000 for n in range(35)]), fps=10.0, size=(64, 48))
    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [frame.time or 0.0 for frame in container.decode(video=0) if frame.key_frame]
    assert keys[0] == 0 and max(np.diff([*keys, 3.5])) <= 1.0


def test_a_piece_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[int, Bgr]]:
        yield from _pictures(TIMES)
        raise RuntimeError("the power went off")

    with pytest.raises(RuntimeError, match="power"):
        write(tmp_path / "a.mp4", broken(), fps=10.0, size=(64, 48))
    assert list(tmp_path.iterdir()) == []
