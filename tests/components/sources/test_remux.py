"""What a camera sends is kept as it is: cut at keyframes, whole whatever happens to the connection, readable by anybody."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import av
import pytest

from components.clocks import own
from components.clocks.kernel import Kept
from components.clocks.own import FleetClock
from components.contracts import Recording
from components.sources import lasting
from components.sources.remux import PART, Piece, salvaged
from components.sources.stream import Stream
from tests.rtsp import Picture, Server, number_of

SECOND = 1_000_000_000


@pytest.fixture
def server():
    found = Server({"small": Picture(fps=10, width=320, height=240), "other": Picture(fps=10, width=480, height=272)})
    yield found
    found.stop()


def keep(server: Server, folder: Path, seconds: float, *, pieces: int, url: str = "small", **more: object) -> list[Recording]:
    """The first `pieces` recordings of a camera."""
    stop, found = threading.Event(), []
    source = Stream(url, url=server.url(url), timeout=2.0, retry_first=0.1, **more)
    for recording in source.keep(folder, seconds, stop):
        found.append(recording)
        if len(found) == pieces:
            stop.set()
    return found[:pieces]


def numbers(path: Path) -> list[int]:
    """What is written into the pictures of a file."""
    with av.open(str(path)) as container:
        return [number_of(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def test_files_follow_one_another_without_a_picture_missing_or_double(server, tmp_path):
    found = keep(server, tmp_path, 1.0, pieces=4)
    seen = [numbers(recording.path) for recording in found]
    assert [len(pictures) for pictures in seen] == [recording.frames for recording in found]
    whole = [number for pictures in seen for number in pictures]
    assert whole == list(range(whole[0], whole[0] + len(whole)))
    for before, after in pairwise(found):
        assert abs(after.start - before.end) < 20_000_000
    assert [recording.after for recording in found] == ["recording began", "", "", ""]
    assert {recording.codec for recording in found} == {"h264"} and not list(tmp_path.glob(f"*{PART}"))


def test_a_file_begins_with_a_keyframe_at_a_round_time_of_the_fleet(server, tmp_path):
    first, second, *_ = keep(server, tmp_path, 2.0, pieces=3)
    assert second.start // (2 * SECOND) == first.start // (2 * SECOND) + 1
    assert second.start % (2 * SECOND) < 1.1 * SECOND  # a keyframe every second
    with av.open(str(second.path)) as container:
        packet = next(container.demux(video=0))
        assert packet.is_keyframe and packet.pts == 0


def test_every_clock_is_kept(server, tmp_path):
    server.clock = -0.5
    before = time.time_ns()
    (recording,) = keep(server, tmp_path, 1.0, pieces=1)
    stamps = recording.stamps
    assert before <= stamps.received <= time.time_ns() and stamps.monotonic <= time.monotonic_ns()
    assert stamps.source + stamps.correction == pytest.approx(recording.start, abs=1000)
    assert abs(stamps.received - SECOND // 2 - stamps.source) < SECOND // 4


def test_a_clock_that_is_far_off_is_corrected_and_the_correction_kept(server, tmp_path):
    server.clock = 25.0
    (recording,) = keep(server, tmp_path, 1.0, pieces=1)
    assert abs(recording.stamps.correction + 25 * SECOND) < SECOND // 2
    assert abs(recording.start - recording.stamps.received) < SECOND


def test_a_connection_that_breaks_leaves_what_came_and_the_reason_of_the_gap(server, tmp_path):
    stop, found, port = threading.Event(), [], server.port
    source = Stream("small", url=server.url("small"), timeout=2.0, retry_first=0.1)
    replaced: list[Server] = []

    def again() -> None:
        time.sleep(2.5)
        server.stop()
        time.sleep(1.0)
        replaced.append(Server({"small": Picture(fps=10, width=480, height=272)}, port))
        time.sleep(3.0)
        stop.set()

    thread = threading.Thread(target=again)
    thread.start()
    found = list(source.keep(tmp_path, 1e8, stop))
    thread.join()
    replaced[0].stop()
    broken, mended = found
    assert mended.after == "the stream ended" and mended.start - broken.end > 0.9 * SECOND
    for recording, size in ((broken, (320, 240)), (mended, (480, 272))):
        with av.open(str(recording.path)) as container:
            assert (container.streams.video[0].width, container.streams.video[0].height) == size
        assert len(numbers(recording.path)) == recording.frames
    assert source.problem == ""


def test_rtp_counts_from_nothing_again_after_half_a_day_and_nobody_notices(server, tmp_path):
    server.base = 2**32 - 90_000  # a second before
    found = keep(server, tmp_path, 2.0, pieces=2)
    seen = [number for recording in found for number in numbers(recording.path)]
    assert seen == list(range(seen[0], seen[0] + len(seen))) and len(seen) > 15
    assert not any(recording.holes for recording in found) and abs(found[1].start - found[0].end) < 20_000_000


def test_our_own_clock_that_is_set_moves_no_footage_and_a_leap_ends_the_file_with_its_reason(server, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "CONFIRMED", SECOND)
    wrong, stop, found = [0], threading.Event(), []
    clock = FleetClock(utc=lambda: time.time_ns() + wrong[0], kept=lambda: Kept(True, 0))
    monkeypatch.setattr(lasting, "course", clock.course)
    source = Stream("small", url=server.url("small"), timeout=2.0, retry_first=0.1)

    def end() -> None:
        while not clock.leaps and not stop.wait(0.1):
            pass
        stop.wait(2.0)
        stop.set()

    thread = threading.Thread(target=end)
    thread.start()
    for recording in source.keep(tmp_path, 1.0, stop):
        found.append(recording)
        wrong[0] = 10_800 * SECOND
    thread.join()
    before = [recording for recording in found if recording.start < time.time_ns()]
    after = found[len(before) :]
    assert after[0].after == "our own clock was set ahead by 10800.0 s" and source.problem == ""
    assert all(abs(later.start - sooner.end) < 20_000_000 for sooner, later in pairwise(before)), "nothing moved until then"
    assert len(before) >= 2 and abs(after[0].start - before[-1].end - 10_800 * SECOND) < 10 * SECOND


class Changing(Picture):
    """A camera whose pictures become larger on the way, in one connection."""

    def encoded(self):
        small, large = Picture(self.fps, 320, 240).encoded(), Picture(self.fps, 480, 272).encoded()
        for index in range(10**6):
            yield next(small if index < 25 else large)


def test_a_stream_that_changes_its_size_begins_another_file_that_says_so(tmp_path):
    server, stop = Server({"changing": Changing(fps=10)}), threading.Event()
    source, found = Stream("changing", url=server.url("changing"), timeout=2.0), []
    for recording in source.keep(tmp_path, 1e8, stop):  # no round time comes in between
        found.append(recording)
        threading.Timer(1.5, stop.set).start()
    server.stop()
    assert len(found) == 2 and found[1].after == "" and abs(found[1].start - found[0].end) < 20_000_000
    for recording, size in zip(found, ((320, 240), (480, 272)), strict=True):
        with av.open(str(recording.path)) as container:
            assert (container.streams.video[0].width, container.streams.video[0].height) == size
            assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {size}


def test_what_a_kill_left_is_kept_as_far_as_it_can_be_read(server, tmp_path):
    stream = Stream("small", url=server.url("small"), timeout=2.0)
    with stream.opened() as container:
        video, piece, count = container.streams.video[0], None, 0
        for packet in container.demux(video):
            if packet.is_keyframe and piece is None:
                piece = Piece(tmp_path, video, 5 * SECOND, None, "", None)
            if piece is not None:
                piece.add(packet)
                count += 1
            if count == 35:
                break
        content = (tmp_path / f"{5 * SECOND}.mp4{PART}").read_bytes()  # as a kill leaves it: nothing was closed
        piece.closed().path.unlink()
    (tmp_path / f"{5 * SECOND}.mp4{PART}").write_bytes(content[:-100])
    (tmp_path / f"{7 * SECOND}.mp4{PART}").write_bytes(b"nothing that could be read")
    (recording,) = salvaged(tmp_path)
    assert recording.start == 5 * SECOND and 10 <= recording.frames <= 30
    assert len(numbers(recording.path)) == recording.frames
    assert [path.name for path in tmp_path.iterdir()] == [recording.path.name]
