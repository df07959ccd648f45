"""A camera of the simulated ward at work: frames of this moment, at the pace of the clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from components.clocks.own import now
from components.contracts import Frame, Moment, Needs, Pixels, Sampler
from components.sources.faults import Fault
from components.sources.optics import Vector3
from components.sources.simulated import Simulated
from components.sources.ward import SECOND, Ward

LATE = SECOND // 2  # ns; a frame that nobody could draw for so long is left out


class Paced:
    """One live camera of a simulated ward; arguments as of Simulated.

    `start` has to be null, as a live camera begins when somebody looks. It ends after `seconds`, or never where that is null.
    The ward's clock is the clock on the wall, so all cameras of all processes look at the same people.
    """

    live = True

    def __init__(
        self, camera: str, *, location: str, ward: Ward, position: Vector3, look_at: Vector3, hfov: float,
        width: int = 960, height: int = 540, fps: float = 10.0, start: None = None, seconds: float | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> None:  # fmt: skip
        del start
        lasts = seconds or 100 * 365 * 86400.0

        def begun(moment: int) -> Simulated:
            when = datetime.fromtimestamp(moment // SECOND, UTC).isoformat()
            return Simulated(
                camera, location=location, ward=ward, position=position, look_at=look_at, hfov=hfov, width=width,
                height=height, fps=fps, start=when, seconds=lasts, faults=faults,
            )  # fmt: skip

        self._begun: Callable[[int], Simulated] = begun
        drawn = begun(now())
        self.camera, self._digest = drawn.camera, drawn.digest
        self.problem, self.skipped, self.packets, self.expected = "", 0, 0, fps

    @property
    def footage(self) -> str:
        """Digest of what determines the pictures, and that they began at this moment."""
        return self._digest

    @property
    def total(self) -> int:
        """Nobody knows."""
        return 0

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        """Each frame when its moment has come; the iterator sleeps until then."""
        yield from self._begun(now() + SECOND).frames(_Waiting(sampler, self), pixels)


class _Waiting:
    """A sampler that lets the moment of a kept frame come before the frame is drawn."""

    def __init__(self, sampler: Sampler, source: Paced) -> None:
        self._sampler, self._source = sampler, source

    @property
    def needs(self) -> Needs:
        return self._sampler.needs

    def keep(self, moment: Moment) -> bool:
        self._source.packets += 1
        if not self._sampler.keep(moment):
            return False
        time.sleep(max(0.0, (moment.time - now()) / SECOND))
        late = now() - moment.time > LATE
        self._source.skipped += late
        return not late
