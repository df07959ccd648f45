from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.sources.decoding import opened
from components.sources.structure import Reader, Structure, Unit, structure
from components.sources.walk import look_through
from tests.components.sources.films import film

KINDS: dict[str, dict[str, Any]] = {
    "a.mp4": {"options": {"g": "12"}},
    "a.ts": {"options": {"g": "12"}},
    "flat.mkv": {"options": {"g": "12", "x264-params": "b-pyramid=none"}},
    "open.mp4": {"options": {"g": "12", "x264-params": "open-gop=1"}},
    "hevc.mp4": {"codec": "libx265", "options": {"g": "12", "x265-params": "log-level=none:open-gop=0"}},
    "hevc_open.mkv": {"codec": "libx265", "options": {"g": "12", "x265-params": "log-level=none"}},
}


def _read(path: Path) -> Structure:
    with opened(path) as (container, stream):
        found = look_through(path, container, stream)
    assert found is not None
    return found


@pytest.mark.parametrize("name", KINDS)
def test_what_streams_say_about_themselves(name: str, tmp_path: Path) -> None:
    found = _read(film(tmp_path / name, **KINDS[name]))
    assert len(found.pts) == 40 and 10 < found.spare.sum() < 30 and not (found.spare & found.key).any()
    closed = [0, 12, 24, 36]
    assert np.flatnonzero(found.first).tolist() == ([0] if name == "open.mp4" else [0, 36] if "open" in name else closed)
    assert np.flatnonzero(found.key).tolist()[0] == 0


def test_a_stream_without_b_frames_has_nothing_to_spare(tmp_path: Path) -> None:
    assert not _read(film(tmp_path / "a.mp4", options={"bf": "0"})).spare.any()


def test_only_what_the_wanted_frames_need_is_decoded() -> None:
    spare = [False, True, False, True, False, True, False, True]
    units = [Unit(spare=flag, whole=n in (0, 4)) for n, flag in enumerate(spare)]
    found = structure(units, np.arange(8), np.zeros(8, np.bool_))

    def needed(*rows: int) -> list[int]:
        return np.flatnonzero(found.needed(np.isin(np.arange(8), rows))).tolist()

    assert needed() == []
    assert needed(0) == [0]
    assert needed(3) == [0, 2, 3]
    assert needed(5) == [4, 5]
    assert needed(2, 6) == [0, 2, 4, 6]


def test_pictures_before_their_keyframe_keep_what_they_need() -> None:
    units = [
        Unit(spare=False, whole=True),
        Unit(spare=False, whole=False),
        Unit(spare=False, whole=True),
        Unit(spare=True, whole=False),
    ]
    found = structure(units, np.array([0, 1, 3, 2]), np.zeros(4, np.bool_))
    assert found.first.tolist() == [True, False, False, False]
    assert found.needed(np.array([False, False, False, True])).all()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_nonsense_is_never_spared(codec: str) -> None:
    rng = np.random.default_rng(0)
    for header in (None, b"", b"\1", b"\1d\0(\xff"):
        reader = Reader(codec, header)
        assert not reader.see(b"").spare
        for _ in range(200):
            reader.see(rng.bytes(int(rng.integers(0, 40))))
