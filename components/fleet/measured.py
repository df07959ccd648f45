"""What a camera really sends, asked for a few seconds."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from components.contracts import InputError, LiveRecorder, Recorder, Recording

PATIENCE = 12.0  # s for a camera to send its first packet
LOOKS = 0.05  # s between two looks whether it did
DECODED = 50  # pictures that are decoded to see how long that takes
SECOND = 1_000_000_000
NAMES = {"hevc": "h265"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What came, and how long one core decodes a picture of it."""

    width: int
    height: int
    fps: float
    codec: str
    megabits: float  # a second
    decoding: float  # s
    seconds: float  # that were looked at


def of_file(path: Path, *, fps: float | None = None) -> Measured:
    """Footage in a file, all of it; `fps` where the file says another rate than it was taken at. Raises InputError."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or stream.guessed_rate or 0)
            seconds = float(container.duration or 0) / av.time_base * (rate / fps if fps else 1.0)
    except (av.FFmpegError, IndexError, OSError) as error:
        raise InputError(f"{path}: cannot be read as a video: {getattr(error, 'strerror', error)}") from error
    if not seconds or not rate:
        raise InputError(f"{path}: does not say how long it is, or how many pictures a second it has")
    return _looked_at([path], path.stat().st_size, fps or rate, seconds)


def of_camera(source: LiveRecorder | Recorder, seconds: float) -> Measured:
    """What `source` hands over to be recorded in some `seconds`. Raises InputError where nothing comes."""
    with tempfile.TemporaryDirectory(prefix="measured-", ignore_cleanup_errors=True) as folder:
        recordings = _live(source, Path(folder), seconds) if hasattr(source, "keep") else _first(source, Path(folder), seconds)
        frames, span = sum(one.frames for one in recordings), sum(one.end - one.start for one in recordings) / SECOND
        if frames < 2 or span <= 0:
            raise InputError(
                f"camera {source.camera.id}: {getattr(source, 'problem', '') or 'it sent nothing that can be measured'}"
            )
        paths = [one.path for one in recordings]
        return _looked_at(paths, sum(path.stat().st_size for path in paths), frames / span, span)


def _first(source: Any, folder: Path, seconds: float) -> list[Recording]:
    """The first piece of footage."""
    pieces = source.record(folder, seconds)
    found = next(pieces, None)
    pieces.close()
    return [found] if found else []


def _live(source: Any, folder: Path, seconds: float) -> list[Recording]:
    """What a camera at work sends for `seconds` from its first packet on."""
    stop, found = threading.Event(), list[Recording]()
    thread = threading.Thread(target=lambda: found.extend(source.keep(folder, 3600.0, stop)), daemon=True)
    thread.start()
    end = time.monotonic() + PATIENCE
    while not source.packets and time.monotonic() < end:
        time.sleep(LOOKS)
    stop.wait(seconds if source.packets else 0)
    stop.set()
    thread.join(PATIENCE)
    return found


def _looked_at(paths: Sequence[Path], size: int, fps: float, seconds: float) -> Measured:
    with av.open(str(paths[0])) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        pictures, begun = 0, time.thread_time()
        for _ in container.decode(stream):
            pictures += 1
            if pictures == DECODED:
                break
        decoding = (time.thread_time() - begun) / max(pictures, 1)
        name = stream.codec_context.name
        width, height = stream.width, stream.height
    return Measured(width, height, fps, NAMES.get(name, name), 8e-6 * size / seconds, decoding, seconds)
