from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from components.contracts import Camera, Frame, Moment, Needs
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.samplers.keyframes import Keyframes
from components.sources import decoding, pictures, walk
from components.sources.footage import write
from components.sources.walk import Film, frames
from tests.components.sources.films import film as moving

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


H264 = {"options": {"g": "12"}}
FILMS: dict[str, dict[str, Any]] = {
    "a.mp4": H264,
    "a.ts": H264,
    "flat.mkv": {"options": {"g": "12", "x264-params": "b-pyramid=none"}},
    "open.mp4": {"options": {"g": "12", "x264-params": "open-gop=1"}},
    "no_b.mp4": {"options": {"g": "12", "bf": "0"}},
    "hevc.mp4": {"codec": "libx265", "options": {"g": "12", "x265-params": "log-level=none"}},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "2"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}},
}


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("make", [lambda: FixedRate(5), lambda: FixedRate(5, exact=False), lambda: FixedRate(0.7), Keyframes])
def test_what_is_not_decoded_changes_nothing_in_what_is(name: str, make: Any, tmp_path: Path) -> None:
    path = moving(tmp_path / name, **FILMS[name])
    whole, kept = _frames(path, Every()), _frames(path, make())
    assert len(whole) == 40 and kept and all(not frame.quality for frame in kept)
    for frame in kept:
        same = whole[frame.index]
        assert (frame.time, frame.segment_time) == (same.time, same.segment_time) and np.array_equal(frame.image, same.image)


@pytest.mark.parametrize(("name", "moved"), [("a.mp4", True), ("hevc.mp4", True), ("no_b.mp4", False), ("mjpeg.avi", False)])
def test_not_exact_is_near_and_exact_where_nothing_can_be_left_out(name: str, moved: bool, tmp_path: Path) -> None:
    path = moving(tmp_path / name, **FILMS[name])
    exact, near = (_frames(path, FixedRate(5, exact=flag)) for flag in (True, False))
    assert len(exact) == 8 and abs(len(near) - 8) <= 1
    assert ([frame.index for frame in near] != [frame.index for frame in exact]) == moved
    assert max(abs(frame.index - 5 * round(frame.index / 5)) for frame in near) <= 2


@pytest.mark.parametrize("name", ["a.mp4", "hevc.mp4", "mpeg4.avi"])
def test_samplers_that_look_see_every_moment(name: str, tmp_path: Path) -> None:
    seen = []

    class Looking:
        needs: Needs = "pictures"

        def keep(self, moment: Moment) -> bool:
            seen.append((moment.time, moment.keyframe, moment.look().shape))
            return len(seen) % 10 == 0

    path = moving(tmp_path / name, **FILMS[name])
    assert [frame.index for frame in _frames(path, Looking())] == [9, 19, 29, 39]
    assert [time for time, _, _ in seen] == [frame.time for frame in _frames(path, Every())]
    assert sum(key for _, key, _ in seen) >= 4 and {shape for _, _, shape in seen} == {(64, 96)}


def test_only_what_is_needed_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, real = [], walk._pictures

    def counting(film: Film, fed: Any, stream: Any) -> Any:
        return real(film, (decoded.append(packet.pts) or packet for packet in fed), stream)

    monkeypatch.setattr(walk, "_pictures", counting)
    path = moving(tmp_path / "a.mp4", **H264)
    for sampler, most in ((Keyframes(), 4), (Keyframes(seconds=0.9), 2), (FixedRate(5, exact=False), 26), (FixedRate(5), 33)):
        decoded.clear()
        _frames(path, sampler)
        assert 0 < len(decoded) <= most
    decoded.clear()
    assert _frames(path, Every()) and len(decoded) == 40


def test_pictures_that_need_footage_from_before_the_file_are_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = moving(tmp_path / "a.mkv", **FILMS["hevc.mp4"])
    with av.open(str(path)) as given, av.open(str(tmp_path / "cut.mkv"), "w") as out:
        target, keys = out.add_stream_from_template(given.streams.video[0]), 0
        for packet in given.demux(video=0):
            keys += packet.is_keyframe and packet.size > 0
            if keys > 1 and packet.size:
                packet.stream = target
                out.mux(packet)
    found = _frames(tmp_path / "cut.mkv", Every())
    assert len(found) == decoding.probe(tmp_path / "cut.mkv").frames < 40
    assert [frame.index for frame in found] == list(range(len(found)))
    assert "begins with" in caplog.text
