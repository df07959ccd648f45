"""BoT-SORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Seconds, Share, check
from plugins.boxmot.follower import Follower


class BotSort:
    """ByteTrack with a better motion model, width and height being predicted on their own, and appearance (Aharon 2022).

    Detections of at least `new_track_thresh` start tracks, of at least `track_high_thresh` are matched first, of at least
    `track_low_thresh` second. `match_thresh` is the largest distance (1 - IoU) of a match. Where there are features, one that is
    nearer than `appearance_thresh` (half of 1 - cosine) counts instead of a distance of up to `proximity_thresh`. A track is
    remembered for `lost_seconds`; `motion_seconds` is the step for which the paper's motion noise is taken. Its model of camera
    motion is not used: our cameras are mounted.
    """

    def __init__(
        self,
        *,
        new_track_thresh: Share = 0.7,
        track_high_thresh: Share = 0.6,
        track_low_thresh: Share = 0.1,
        match_thresh: Share = 0.8,
        proximity_thresh: Share = 0.5,
        appearance_thresh: Share = 0.25,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {
            "new_track_thresh": new_track_thresh,
            "track_high_thresh": track_high_thresh,
            "track_low_thresh": track_low_thresh,
            "match_thresh": match_thresh,
            "proximity_thresh": proximity_thresh,
            "appearance_thresh": appearance_thresh,
        }
        check("botsort", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds)

        def make(looks: bool) -> boxmot.BotSort:
            timing = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.BotSort(**shares, use_cmc=False, use_embeddings=looks, **timing)

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="welcome", name="botsort")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
