"""ByteTrack, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

from collections import deque

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Seconds, Share, check
from plugins.boxmot.follower import Follower


class ByteTrack:
    """Matches sure detections to tracks first and weak ones second, by overlap with a Kalman prediction (Zhang 2022).

    Detections of at least `track_thresh` start tracks, those of at least `min_conf` keep them alive. `match_thresh` is the
    largest distance (1 - IoU * score) of a match. A track is remembered for `lost_seconds`. `motion_seconds` is the step for
    which the paper's motion noise is taken: in that time people move as unforeseeably as its pedestrians from frame to frame.
    """

    def __init__(
        self,
        *,
        track_thresh: Share = 0.6,
        min_conf: Share = 0.1,
        match_thresh: Share = 0.9,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"track_thresh": track_thresh, "min_conf": min_conf, "match_thresh": match_thresh}
        check("bytetrack", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds)

        def make(_looks: bool) -> boxmot.ByteTrack:
            tracker = boxmot.ByteTrack(**shares, variable_dt=True, kf_reference_dt_s=motion_seconds)
            tracker.removed_stracks = deque(maxlen=100)  # BoxMOT's own list of them grows for ever
            return tracker

        self._follower = Follower(make, lost_seconds=lost_seconds)

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
