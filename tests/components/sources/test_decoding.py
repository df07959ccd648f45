from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.contracts import InputError
from components.sources import decoding
from components.sources.footage import write


@pytest.fixture
def film(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    pictures = [(n * 100_000_000, random.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for n in range(50)]
    write(tmp_path / "a.mp4", pictures, fps=10.0, size=(64, 48))
    return tmp_path / "a.mp4"


def test_a_probe_tells_what_is_there(film: Path) -> None:
    found = decoding.probe(film)
    assert (found.codec, found.frames, found.width, found.height) == ("h264", 50, 64, 48)
    assert found.fps == pytest.approx(10, rel=0.03)


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
