"""BoT-SORT without appearance, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import check
from plugins.boxmot.follower import Follower


class BotSort:
    """ByteTrack with a better motion model: width and height are predicted on their own (Aharon 2022).

    Detections of at least `new_track_thresh` start tracks, of at least `track_high_thresh` are matched first, of at least
    `track_low_thresh` second. `match_thresh` is the largest distance (1 - IoU) of a match. A track is remembered for
    `lost_seconds`; `motion_seconds` is the step for which the paper's motion noise is taken. Neither its camera motion (our
    cameras are mounted) nor its appearance network (it would be fetched from the internet) is used.
    """

    def __init__(
        self,
        *,
        new_track_thresh: float = 0.7,
        track_high_thresh: float = 0.6,
        track_low_thresh: float = 0.1,
        match_thresh: float = 0.8,
        lost_seconds: float = 2.0,
        motion_seconds: float = 0.1,
    ) -> None:
        shares = {
            "new_track_thresh": new_track_thresh,
            "track_high_thresh": track_high_thresh,
            "track_low_thresh": track_low_thresh,
            "match_thresh": match_thresh,
        }
        check("botsort", lost_seconds=lost_seconds, motion_seconds=motion_seconds, **shares)

        def make() -> boxmot.BotSort:
            timing = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.BotSort(**shares, use_cmc=False, use_embeddings=False, **timing)

        self._follower = Follower(make, lost_seconds=lost_seconds)

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
