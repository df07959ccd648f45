from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from components.contracts import Camera, Frame, Moment, Needs
from components.samplers.every import Every
from components.sources import pictures
from components.sources.footage import write
from components.sources.walk import Film, frames

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


class Fourth:
    """Keeps every fourth moment."""

    def __init__(self) -> None:
        self.asked = 0

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        self.asked += 1
        return self.asked % 4 == 1


@pytest.fixture
def film(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    shown = [(n * 100_000_000, random.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for n in range(50)]
    write(tmp_path / "a.mp4", shown, fps=10.0, size=(64, 48))
    return tmp_path / "a.mp4"


def _frames(path: Path, sampler: Any, **words: Any) -> list[Frame]:
    spec = {"camera": CAMERA, "start": 1000, "segment": "s", **words}
    return list(frames(Film(path, **spec), sampler))


def test_times_and_indices_count_from_where_they_are_told(film: Path) -> None:
    kept = _frames(film, Every(), start=5000, pace=2.0, first=7)
    assert [frame.index for frame in kept] == list(range(7, 57))
    assert [frame.segment_time for frame in kept] == [n * 200_000_000 for n in range(50)]
    assert all(frame.time == 5000 + frame.segment_time for frame in kept)


def test_only_kept_frames_are_converted(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted = []

    class Counting:
        """The real one, which cannot be derived from."""

        def __init__(self) -> None:
            self.real = VideoReformatter()

        def reformat(self, *words: Any, **more: Any) -> Any:
            converted.append(1)
            return self.real.reformat(*words, **more)

    monkeypatch.setattr(pictures, "VideoReformatter", Counting)
    kept = _frames(film, Fourth())
    assert [frame.index for frame in kept] == list(range(0, 50, 4))
    assert len(converted) == len(kept)
