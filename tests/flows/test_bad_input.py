"""Wrong input, as a user would give it: one clear message, the right exit code, never a traceback, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=160", "height=96")]


def film(path: Path, *, frames: int = 60, container: str = "mp4") -> Path:
    """A small real video."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(frames):
            picture = np.full((96, 160, 3), i * 4 % 256, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def refused(command, *words, code, saying, env=None):
    result = command(*words, **(env or {}))
    text = result.stdout + result.stderr
    assert result.returncode == code, text
    assert "Traceback" not in text
    assert all(part in " ".join(text.split()) for part in saying), text
    return text


def from_video(path) -> list[str]:
    return ["fleet=video", f"fleet.cameras.cam1.uri={path}"]


def hears_interrupts() -> None:
    """A suite that runs in the background of a shell inherits that interrupts are ignored; a user's terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stored(runs: Path) -> list[Path]:
    return [path for path in (runs / "store").rglob("*") if path.is_file()]


def test_a_missing_file(command, runs):
    refused(command, "ingest", *from_video("nowhere.mp4"), code=1, saying=["cam1", "nowhere.mp4 does not exist"])
    assert not stored(runs)


def test_what_is_not_a_video(command, runs, tmp_path):
    (tmp_path / "notes.mp4").write_text("these are notes\n" * 200)
    refused(command, "ingest", *from_video(tmp_path / "notes.mp4"), code=1, saying=["cam1", "notes.mp4", "video"])
    (tmp_path / "empty.mp4").touch()
    refused(command, "ingest", *from_video(tmp_path / "empty.mp4"), code=1, saying=["cam1", "empty.mp4"])
    assert not stored(runs)


@pytest.mark.parametrize("container", ["mp4", "avi"])
def test_a_truncated_video(command, runs, tmp_path, container):
    whole = film(tmp_path / f"whole.{container}", container=container).read_bytes()
    cut = tmp_path / f"cut.{container}"
    cut.write_bytes(whole[: len(whole) // 2])
    refused(command, "ingest", *from_video(cut), code=1, saying=["cam1", f"cut.{container}"])
    assert not stored(runs)
    refused(command, "track", *from_video(cut), "detector=hog", "identity=nobody", code=1, saying=["cam1", f"cut.{container}"])
    assert not stored(runs)


def test_one_unreadable_camera_does_not_touch_the_others(command, runs, tmp_path):
    good = film(tmp_path / "good.mp4")
    words = [*from_video(good), "+fleet.cameras.cam2.uri=nowhere.mp4", f"+fleet.cameras.cam3.uri={good}"]
    refused(command, "ingest", *words, code=1, saying=["failed cam2", "nowhere.mp4 does not exist", "cameras 2"])
    assert {path.parent.parent.parent.name for path in stored(runs)} == {"camera=cam1", "camera=cam3"}
    hog = ["detector=hog", "detector.enlarge=1.0", "identity=nobody"]
    refused(command, "track", *words, *hog, code=1, saying=["failed cam2", "cameras 2"])


def test_unknown_words_and_wrong_types_are_refused_before_anything_starts(command, runs):
    refused(command, "ingest", "fleet=simulated_wrad", code=2, saying=["did you mean 'simulated_ward'"])
    refused(command, "ingest", "storage.ulr=x", code=2, saying=["did you mean 'storage.url'"])
    refused(command, "train", "model=yolo8n", code=2, saying=["did you mean 'yolov8n'"])
    both = ["2 problems", "segment_seconds", "did you mean 'only'"]
    refused(command, "ingest", "segment_seconds=ten", "+only_=x", code=2, saying=both)
    assert not stored(runs)


def test_weights_of_the_wrong_kind(command, tmp_path):
    good = film(tmp_path / "good.mp4")
    (tmp_path / "weights.onnx").write_bytes(b"not a network")
    words = [*from_video(good), "detector=onnx", "identity=nobody"]
    refused(command, "track", *words, "detector.weights=nowhere.onnx", code=1, saying=["nowhere.onnx"])
    refused(command, "track", *words, f"detector.weights={tmp_path}/weights.onnx", code=1, saying=["weights.onnx"])


def test_weights_of_another_architecture(command, tmp_path, data):
    words = [*from_video(film(tmp_path / "good.mp4")), "detector=onnx", "identity=nobody"]
    embedding = data / "osnet_x0_25" / "osnet_x0_25_msmt17.onnx"
    refused(command, "track", *words, f"detector.weights={embedding}", code=1, saying=["osnet_x0_25_msmt17.onnx", "output"])


def test_ground_truth_that_does_not_match(command, tmp_path, pets):
    words = [*from_video(film(tmp_path / "good.mp4")), "detector=hog", "detector.enlarge=1.0", "identity=nobody"]
    assert command("track", *words).returncode == 0
    refused(command, "evaluate", *words, f"ground_truth={pets}/gt/gt.txt", code=1, saying=["gt.txt", "795", "60"])
    refused(command, "evaluate", *words, "ground_truth=nowhere.txt", code=1, saying=["nowhere.txt"])
    refused(
        command, "evaluate", "of=tracks", "tracker=ocsort", code=2, saying=["no finished track run had the words tracker=ocsort"]
    )


def test_nothing_to_work_on_names_the_command_that_makes_it(command):
    refused(command, "prepare", code=2, saying=["no footage", "flows.ingest"])
    refused(command, "train", code=2, saying=["no dataset", "flows.prepare"])
    refused(command, "track", code=2, saying=["staff_detector", "flows.train"])
    refused(command, "promote", code=2, saying=["staff_detector", "flows.train"])


def test_a_store_that_cannot_be_written(command, tmp_path):
    (tmp_path / "file").touch()
    elsewhere = f"storage.url={tmp_path}/file/store"
    refused(command, "ingest", *SMALL, "only=[corridor]", elsewhere, code=1, saying=["store", "folder"])
    refused(command, "ingest", *SMALL, f"database.url=sqlite:///{tmp_path}/file/x.db", code=2, saying=["database"])


def test_a_database_that_is_none(command, tmp_path):
    (tmp_path / "notes.db").write_text("these are notes, not tables\n" * 100)
    refused(command, "ingest", *SMALL, f"database.url=sqlite:///{tmp_path}/notes.db", code=2, saying=["database", "notes.db"])


def test_a_full_disk(command, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", place], check=False).returncode:
        pytest.skip("needs the right to mount a small file system: run as root")
    try:
        words = [*SMALL, "fleet.every_camera.width=640", "fleet.every_camera.height=360", f"storage.url={place}/store"]
        refused(command, "ingest", *words, code=1, saying=["no space left"])
        visible = [path for path in place.rglob("*.mp4") if not path.name.startswith(".")]
        for path in visible:  # what is there is whole
            with av.open(str(path)) as whole:
                assert sum(1 for _ in whole.decode(video=0)) > 0
    finally:
        subprocess.run(["umount", place], check=True)


def test_an_interrupt_says_how_to_go_on(runs):
    command = [sys.executable, "-m", "flows.ingest", "fleet.every_camera.seconds=60"]
    pipe, root = subprocess.PIPE, Path(__file__).parents[2]
    process = subprocess.Popen(command, stderr=pipe, stdout=pipe, text=True, cwd=root, preexec_fn=hears_interrupts)
    deadline = time.monotonic() + 60
    while not stored(runs) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "run the same command again" in err
    assert "Traceback" not in out + err
