"""SFSORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

from typing import Any

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Seconds, Share, check
from plugins.boxmot.follower import Follower


class SfSort:
    """Matches by overlap and likeness of the boxes' shapes with where people were last, with no motion model (Morsali 2024).

    Detections of more than `new_track_thresh` start tracks, of at least `track_high_thresh` are matched first, with a distance of
    at most `match_thresh` (the library knows none above 0.67), of at least `track_low_thresh` second, with one of at most
    `second_match_thresh` (1 - IoU). A track is remembered for `lost_seconds`, at the edge of the picture as in its middle.
    """

    def __init__(
        self,
        *,
        new_track_thresh: Share = 0.6,
        track_high_thresh: Share = 0.6,
        track_low_thresh: Share = 0.1,
        match_thresh: Share = 0.67,
        second_match_thresh: Share = 0.5,
        lost_seconds: Seconds = 2.0,
    ) -> None:
        shares = {
            "new_track_thresh": new_track_thresh,
            "track_high_thresh": track_high_thresh,
            "track_low_thresh": track_low_thresh,
            "match_thresh": match_thresh,
            "second_match_thresh": second_match_thresh,
        }
        check("sfsort", shares, lost_seconds=lost_seconds)

        def make(_looks: bool) -> boxmot.SFSORT:
            scores = {"new_track_th": new_track_thresh, "high_th": track_high_thresh, "low_th": track_low_thresh}
            distances = {"match_th_first": match_thresh, "match_th_second": second_match_thresh}
            size = {"frame_width": 1, "frame_height": 1}  # has to be given; only margins, which we do without, go by it
            return boxmot.SFSORT(**scores, **distances, **size)

        self._follower = Follower(make, lost_seconds=lost_seconds, settle=_settle, name="sfsort")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)


def _settle(tracker: Any, frames: int) -> None:
    tracker.marginal_timeout = tracker.central_timeout = frames
