"""How long a detector takes with its preprocessing, as it would serve: on frames of the size that the cameras give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from components.contracts import Detector, Frame, InputError, Rejected, Step
from flows import _wiring

PICTURES = 8  # that are shown again and again


@dataclass(slots=True)
class Served:
    """A detector behind its chain; each camera has steps of its own. `detector` is there once it was built."""

    spec: Any
    chain: Sequence[Any]
    detector: Any = None
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    def build(self) -> Any:
        """What serves a batch of frames."""
        self.detector = self.detector or _wiring.make(self.spec, Detector)
        return self._serve

    def _serve(self, frames: Sequence[Frame]) -> Any:
        from components.preprocessing.chain import apply

        passed = [apply(self._steps(frame.camera.id), frame) for frame in frames]
        pairs = zip(passed, frames, strict=True)  # who is turned away costs as much here as who is not
        return self.detector.detect([frame if isinstance(result, Rejected) else result for result, frame in pairs])

    def _steps(self, camera: str) -> tuple[Step, ...]:
        if camera not in self.steps:
            self.steps[camera] = _wiring.make(list(self.chain), tuple[Step, ...])
        return self.steps[camera]


def measured(timing: Any, spec: Any, frames: Sequence[Frame], chain: Sequence[Any], batch_size: int) -> tuple[Any, Any, str]:
    """The detector, its latency (None where nobody asks for it), and what was left out of that."""
    served, without = Served(spec, chain), ""
    if not timing.seconds:
        served.build()
        return served.detector, None, ""
    try:
        latency = timing.measure(served.build, frames, batch_size=batch_size)
    except InputError as error:
        if served.detector is None:
            raise
        latency = timing.measure(Served(spec, [], served.detector).build, frames, batch_size=batch_size)
        without = f"without preprocessing: {error}"
    return served.detector, latency, without


def native_frames(samples: Any, database: Any) -> list[Frame]:
    """Some pictures of a dataset, spread over all, at the size and place that they had in the cameras' own pictures."""
    import numpy as np

    positions = np.unique(np.linspace(0, len(samples) - 1, PICTURES).round().astype(np.int64)).tolist()
    return [_native(encoded, i, database) for i, encoded in enumerate(samples.fetch(positions))]


def _native(encoded: Any, index: int, database: Any) -> Frame:
    import cv2
    import numpy as np

    from components.contracts import Camera
    from components.database.registry import Registry
    from components.evaluation.detection import NOWHERE
    from components.geometry import transform_boxes

    sample, place = encoded.decode(), encoded.place
    known = {version.camera.id: version.camera for version in Registry(database).at(sample.time)}
    camera = known.get(sample.camera) or Camera(sample.camera, "", NOWHERE)
    to_native = np.array(place.to_native, np.float64).reshape(3, 3)
    width, height = transform_boxes(to_native, [(0, 0, place.width, place.height)])[0, 2:].round().astype(int).tolist()
    if camera.calibration and all(camera.calibration.size):
        width, height = camera.calibration.size
    image = cv2.warpPerspective(sample.image, to_native, (max(1, width), max(1, height)), flags=cv2.INTER_LINEAR)
    return Frame(camera, sample.time, index, "", 0, np.asarray(image, np.uint8), np.eye(3))
