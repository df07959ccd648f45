"""Keeps a fixed number of frames a second, whatever the camera delivers."""

from __future__ import annotations

from fractions import Fraction

from components.contracts import InputError, Moment, Needs

SECOND = 1_000_000_000


class FixedRate:
    """Keeps the frame nearest to each point of the grid k / fps, counted in fleet time since 1970; one instance per camera.

    The grid is the fleet's, so it does not drift, and cameras that are sampled alike keep frames of the same moments. A camera
    slower than `fps` keeps all its frames. Half of the camera's last interval is forgiven, so a camera that delivers
    just `fps` with jitter loses nothing. The first frame, and the first after time went back, is always kept.

    With `exact` false only those frames are chosen from that a decoder has to work on anyway, because others need them: their
    times are their own, off the grid by a few frames, and the rest is never decoded. Where a stream has no others, or does
    not tell, nothing changes.
    """

    def __init__(self, fps: float, *, exact: bool = True) -> None:
        if not 0.001 <= fps <= 1000:
            raise InputError(f"fps is {fps}, expected 0.001 to 1000: the frames to keep a second")
        rate = Fraction(fps).limit_denominator(1001)  # exact for 5, 7.5 and 30000/1001
        self._per_second, self._per = rate.numerator, rate.denominator * SECOND
        self._point: int | None = None  # number of the grid point that the last kept frame stands for
        self._last = 0
        self._needs: Needs = "times" if exact else "cheap times"

    @property
    def needs(self) -> Needs:
        return self._needs

    def keep(self, moment: Moment) -> bool:
        """Whether the frame of this moment is worth the work."""
        time = moment.time
        interval, self._last = time - self._last, time
        if self._point is None or interval < 0:
            self._point = self._grid(time)
            return True
        near = min(interval, self._per // self._per_second) // 2
        if self._grid(time + near) <= self._point:
            return False
        # A frame stands for the earliest point that it may stand for, so that one that comes late spends no second point.
        self._point = max(self._point + 1, self._grid(time - near))
        return True

    def _grid(self, time: int) -> int:
        """The last grid point at or before `time`."""
        return time * self._per_second // self._per
