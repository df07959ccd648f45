"""A stream's own time, however often its numbers begin anew: those of MPEG-TS after 26 hours, others when a camera wants it."""

from __future__ import annotations

from typing import Any

from components.clocks.envelope import STEEPEST

SECOND = 1_000_000_000  # ns
BACK, JUMP = 2.0, 5.0  # s that a packet's time is before that of the one before it, or beyond what can be by now: another time
BITS = (32, 33)  # of RTP's and MPEG-TS's numbers
LAPS: tuple[int, ...] = tuple(sign * 2**bits for bits in BITS for sign in (1, -1))


class Unbroken:
    """Moves the times of one connection's packets, which come in the order of decoding, so that they go on."""

    def __init__(self) -> None:
        self._shift = self._before = 0  # ticks that packets are moved by; that those before the newest break were
        self._latest = 0  # ticks, moved
        self._begun, self._at = 0, 0  # when the first packet came, ns; how long after it the newest did, ticks
        self._ahead = 0  # ticks that the quickest packet was ahead of that
        self._back, self._jump, self._pace = 0, 0, 0.0  # ticks, ticks, ticks per ns

    def mend(self, packet: Any, now: int) -> None:
        """Move the times of a packet (of PyAV) that came at `now` (ns)."""
        pts = packet.pts + self._shift
        if not self._pace:
            self._pace = 1 / SECOND / (float(packet.time_base or 0) or 1.0)
            self._back, self._jump = (round(span * SECOND * self._pace) for span in (BACK, JUMP))
            self._latest, self._begun, self._ahead = pts, now, pts
        at = int((now - self._begun) * self._pace)
        ahead = self._ahead - int((at - self._at) * STEEPEST)  # a camera may run slow
        if not self._latest - self._back <= pts <= at + ahead + self._jump:
            pts = self._joined(pts, at + ahead)
        self._latest, self._at, self._ahead = pts, at, max(ahead, pts - at)
        if self._shift or self._before:
            if packet.dts is not None:  # it begins anew some packets later than the pts
                packet.dts = min((packet.dts + self._shift, packet.dts + self._before), key=lambda ticks: abs(ticks - pts))
            packet.pts = pts

    def _joined(self, pts: int, quickest: int) -> int:
        """Moved by the lap that makes it fit; else it counts as one that came as quickly as any."""
        best = min((pts + lap for lap in LAPS), key=lambda ticks: abs(ticks - quickest))
        if not self._latest - self._back <= best <= quickest + self._jump:
            best = max(self._latest + 1, quickest)
        self._before, self._shift = self._shift, self._shift + best - pts
        return best
