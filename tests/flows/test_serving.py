"""A detector is timed as it serves: behind its chain, on frames of the size that the camera gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame, InputError
from components.datasets.dataset import StoredDataset, newest
from components.evaluation.timing import Timing
from flows import _launch, _serving, _wiring, ingest, prepare
from tests.flows.ward import SMALL

RESIZE = {"_target_": "components.preprocessing.resize.Resize", "width": 100}
UNDISTORT = {"_target_": "components.preprocessing.undistort.Undistort"}
DARK = {"_target_": "components.preprocessing.gates.Dark", "brightness": 10.0}
QUICK = Timing(seconds=0.001, warm_up=0)


@dataclass
class Notes:
    """A detector that notes what it is shown."""

    sizes: list[tuple[int, ...]]

    def detect(self, frames: Any) -> list[Detections]:
        self.sizes += [frame.image.shape for frame in frames]
        return [Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)) for _ in frames]


@pytest.fixture
def frames() -> list[Frame]:
    camera = Camera("a", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    return [Frame(camera, i, i, "", 0, np.full((90, 200, 3), 5 * i, np.uint8), np.eye(3)) for i in range(4)]


def shown(monkeypatch: pytest.MonkeyPatch, frames: list[Frame], chain: list[Any]) -> tuple[list[tuple[int, ...]], Any, str]:
    detector, real = Notes([]), _wiring.make
    monkeypatch.setattr(_wiring, "make", lambda spec, *hint: detector if spec == "notes" else real(spec, *hint))
    _, latency, without = _serving.measured(QUICK, "notes", frames, chain, 2)
    return detector.sizes, latency, without


def test_what_the_detector_sees_has_gone_down_the_chain(monkeypatch, frames) -> None:
    sizes, latency, without = shown(monkeypatch, frames, [RESIZE])
    assert set(sizes) == {(45, 100, 3)} and without == "" and latency.size == 2


def test_frames_that_the_chain_turns_away_are_timed_as_well(monkeypatch, frames) -> None:
    sizes, _, _ = shown(monkeypatch, frames, [DARK, RESIZE])
    assert set(sizes) == {(45, 100, 3), (90, 200, 3)}


def test_a_chain_that_cannot_be_applied_here_is_left_out_and_named(monkeypatch, frames) -> None:
    sizes, latency, without = shown(monkeypatch, frames, [UNDISTORT])
    assert set(sizes) == {(90, 200, 3)} and len(latency.alone) > 0
    assert without.startswith("without preprocessing: undistort: camera a has no calibration")


def test_a_detector_that_cannot_be_built_is_refused(frames) -> None:
    with pytest.raises(InputError):
        _serving.measured(QUICK, {"_target_": "components.detectors.onnx.Onnx", "weights": "nowhere.onnx"}, frames, [], 2)


def test_pictures_of_a_dataset_get_the_size_back_that_they_had(runs: Path) -> None:
    words = [*SMALL, "only=[bay_a]", "runner=local"]
    assert ingest.ingest(words).ok and prepare.prepare([*words, "preprocessing=standard", "sampling=fixed_5fps"]).ok
    config = _launch.compose("prepare", words)
    database = _wiring.make(config["database"])
    samples = StoredDataset(newest(database), storage=_wiring.make(config["storage"])).split("train")
    native = _serving.native_frames(samples, database)
    assert 1 <= len(native) <= _serving.PICTURES
    assert {frame.image.shape for frame in native} == {(180, 320, 3)}
    assert native[0].camera.id == "bay_a" and native[0].camera.location == "Bay A"  # as the registry knows it
