from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from components.contracts import Calibration, InputError
from components.samplers.every import Every
from components.sources.calibration import NOWHERE, write_calibration
from components.sources.decoding import probe
from components.sources.video import Video
from tests.components.sources.films import film

START = "2026-03-02T10:00:00+00:00"
NS = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp()) * 10**9


def _film(path: Path, frames: int = 30, *, codec: str = "libx264", bframes: int = 2) -> Path:
    """Ten frames a second with a keyframe every second, and frames that are stored out of order."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, 10)
        stream.codec_context.gop_size = 10
        stream.codec_context.thread_count = 1
        if codec == "libx264":
            stream.options = {"bf": str(bframes), "sc_threshold": "0", "b_strategy": "0"}
        for n in range(frames):
            picture = np.roll(np.tile(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], (48, 1, 3)), n, axis=1)
            picture[:8, :8] = random.integers(0, 256, 3)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("codec", "name"), [("libx264", "a.mp4"), ("libx264", "a.mkv"), ("mpeg4", "a.avi")])
def test_pieces_keep_every_frames_pixels_and_times(tmp_path: Path, codec: str, name: str) -> None:
    video = Video("cam", uri=str(_film(tmp_path / name, codec=codec)), start=START)
    expected, got = list(video.frames(Every())), []
    (tmp_path / "out").mkdir()
    recordings = list(video.record(tmp_path / "out", 1.0))
    for piece in recordings:
        start = datetime.fromtimestamp(piece.start // 10**9, UTC).isoformat()
        assert piece.start % 10**9 == 0
        got += Video("cam", uri=str(piece.path), start=start).frames(Every())
    assert [piece.frames for piece in recordings] == [10, 10, 10]
    assert len(got) == len(expected) == 30
    for one, other in zip(got, expected, strict=True):
        assert np.array_equal(one.image, other.image)
        assert abs(one.time - other.time) <= 1_000_000
    assert [piece.start for piece in recordings] == [NS, NS + 10**9, NS + 2 * 10**9]


def test_recording_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    film, made = _film(tmp_path / "a.mp4"), []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append([piece.path.read_bytes() for piece in Video("cam", uri=str(film)).record(tmp_path / name, 1.0)])
    assert len(made[0]) == 3
    assert made[0] == made[1]


def test_the_real_rate_replaces_that_of_the_header(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4", 20)
    video = Video("cam", uri=str(film), start=START, fps=5.0)
    assert [frame.time for frame in video.frames(Every())] == [NS + n * 200_000_000 for n in range(20)]
    assert video.pace == 2.0
    (tmp_path / "out").mkdir()
    pieces = list(video.record(tmp_path / "out", 2.0))
    assert [(piece.start - NS, piece.end - NS, piece.frames) for piece in pieces] == [
        (0, 2 * 10**9, 10), (2 * 10**9, 4 * 10**9, 10),
    ]  # fmt: skip


def test_the_footage_is_its_bytes(tmp_path: Path) -> None:
    one, same, other = (_film(tmp_path / name, frames) for name, frames in (("a.mp4", 20), ("b.mp4", 20), ("c.mp4", 21)))
    digests = [Video("cam", uri=str(path)).footage for path in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]
    assert Video("cam", uri=str(other)).total == 21


def test_a_homography_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "h.txt").write_text("1 2 3\n4 5 6\n7 8 9.5\n")
    assert Video("cam", uri="x", homography=str(tmp_path / "h.txt")).camera.homography == ((1, 2, 3), (4, 5, 6), (7, 8, 9.5))
    assert Video("cam", uri="x").camera.homography == NOWHERE


def test_a_calibration_holds_for_one_size_of_picture(tmp_path: Path) -> None:
    film, file = _film(tmp_path / "a.mp4", 20), tmp_path / "c.json"
    video = probe(film)
    rotation = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))
    matrix = ((100.0, 0.0, 50.0), (0.0, 100.0, 50.0), (0.0, 0.0, 1.0))
    right = Calibration(matrix, (), rotation, (0.0, 3.0, 0.0), (video.width, video.height))
    write_calibration(file, right)
    camera = Video("cam", uri=str(film), calibration=str(file))
    assert (camera.camera.calibration, camera.total) == (right, 20)
    write_calibration(file, replace(right, size=(4000, 3000)))
    with pytest.raises(InputError, match="for pictures of 4000x3000"):
        _ = Video("cam", uri=str(film), calibration=str(file)).footage


@pytest.mark.parametrize("text", ["1 2 3\n4 5 6\n", "a b c\n", "1 2 3\n4 5 6\n7 8 nan\n", None])
def test_a_file_that_is_no_homography(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "h.txt").write_text(text)
    with pytest.raises(InputError, match=r"camera cam: homography .*h\.txt.*three rows of three numbers"):
        Video("cam", uri="x", homography=str(tmp_path / "h.txt"))


def test_a_start_without_a_zone_is_utc_and_another_zone_is_converted() -> None:
    starts = ("2026-03-02T10:00:00", "2026-03-02T11:00:00+01:00", START)
    assert {Video("cam", uri="x", start=start).start for start in starts} == {NS}


@pytest.mark.parametrize(("words", "said"), [({"start": "ten"}, "start is 'ten'"), ({"fps": 0.0}, "fps is 0.0")])
def test_bad_values_are_named(words: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Video("cam", uri="x", **words)


def test_footage_is_never_cut_where_pictures_reach_back(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = film(tmp_path / "a.mkv", frames=60, codec="libx265", options={"g": "12", "x265-params": "log-level=none"})
    video, got = Video("cam", uri=str(path)), []
    for piece in video.record(tmp_path / "out", 0.4):
        got += [frame.image for frame in Video("cam", uri=str(piece.path)).frames(Every())]
    whole = [frame.image for frame in video.frames(Every())]
    assert len(got) == len(whole) == 60 and all(map(np.array_equal, got, whole))
