from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from components.contracts import Camera, Frame, InputError
from components.samplers.every import Every
from components.sources import decoding
from components.sources.footage import write

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


class Fourth:
    """Keeps every fourth moment."""

    def __init__(self) -> None:
        self.asked = 0

    def keep(self, time: int) -> bool:
        self.asked += 1
        return self.asked % 4 == 1


@pytest.fixture
def film(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    pictures = [(n * 100_000_000, random.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for n in range(50)]
    write(tmp_path / "a.mp4", pictures, fps=10.0, size=(64, 48))
    return tmp_path / "a.mp4"


def _frames(path: Path, sampler: Any, **words: Any) -> list[Frame]:
    spec = {"camera": CAMERA, "start": 1000, "pace": 1.0, "segment": "s", "first": 0, **words}
    return list(decoding.decoded(path, sampler, **spec))


def test_a_probe_tells_what_is_there(film: Path) -> None:
    found = decoding.probe(film)
    assert (found.codec, found.frames, found.width, found.height, len(found.sha256)) == ("h264", 50, 64, 48, 64)
    assert found.fps == pytest.approx(10, rel=0.03)


def test_times_and_indices_count_from_where_they_are_told(film: Path) -> None:
    frames = _frames(film, Every(), start=5000, pace=2.0, first=7)
    assert [frame.index for frame in frames] == list(range(7, 57))
    assert [frame.segment_time for frame in frames] == [n * 200_000_000 for n in range(50)]
    assert all(frame.time == 5000 + frame.segment_time for frame in frames)


def test_only_kept_frames_are_converted(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted = []

    class Counting:
        """The real one, which cannot be derived from."""

        def __init__(self) -> None:
            self.real = VideoReformatter()

        def reformat(self, *words: Any, **more: Any) -> Any:
            converted.append(1)
            return self.real.reformat(*words, **more)

    monkeypatch.setattr(decoding, "VideoReformatter", Counting)
    frames = _frames(film, Fourth())
    assert [frame.index for frame in frames] == list(range(0, 50, 4))
    assert len(converted) == len(frames)


def test_a_film_that_was_cut_off_is_refused(film: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut\.mp4 (is cut off|cannot be read to its end).*copy it again"):
        decoding.probe(tmp_path / "cut.mp4")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"shopping list: milk, bread" * 20, "is not a readable video"), (b"", "is not a readable video"), (None, "does not exist")],
)
def test_what_is_not_a_video_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.mp4 {said}.*; expected a"):
        decoding.probe(tmp_path / "a.mp4")


def test_a_folder_is_not_a_video(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file; expected a video file"):
        decoding.probe(tmp_path)
