"""OccluBoost, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

from typing import Any

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, Weight, check
from plugins.boxmot.follower import Follower, remember


class OccluBoost:
    """BoostTrack for people who hide each other: boxes that shrink or jump are believed less, and appearance finds people again.

    Detections of at least `det_thresh`, after boosting, are matched first, with an overlap of at least `iou_threshold`; then,
    by features, to lost tracks with a cosine of at least `recovery_cosine` and an overlap of `recovery_iou`; then those of at
    least `min_conf` to tracks with an overlap of at least `second_iou`. What remains starts a track from `new_track_thresh` on,
    which is reported once it is found `min_hits` times again, at once from a score of 0.7 on, and remembered for `lost_seconds`.
    `appearance_weight` is that of the features in the first matching. Boxes wider than `max_aspect` times their height are not
    reported. `motion_seconds` is the step for which the motion noise is taken. Neither camera motion (our cameras are mounted)
    nor the library's search for people by appearance alone is used: in scrubs, that is no evidence, and it gives ids twice.
    """

    def __init__(
        self,
        *,
        new_track_thresh: Share = 0.7,
        det_thresh: Share = 0.6,
        min_conf: Share = 0.1,
        iou_threshold: Share = 0.3,
        second_iou: Share = 0.6,
        recovery_iou: Share = 0.1,
        recovery_cosine: Share = 0.7,
        appearance_weight: Weight = 1.5,
        max_aspect: Weight = 1.6,
        min_hits: Count = 2,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {
            "new_track_thresh": new_track_thresh,
            "det_thresh": det_thresh,
            "min_conf": min_conf,
            "iou_threshold": iou_threshold,
            "second_iou": second_iou,
            "recovery_iou": recovery_iou,
            "recovery_cosine": recovery_cosine,
        }
        counts = {"min_hits": min_hits}
        check("occluboost", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds, counts=counts)

        def make(looks: bool) -> boxmot.OccluBoost:
            scores = {"new_track_thresh": new_track_thresh, "det_thresh": det_thresh, "track_low_thresh": min_conf}
            overlaps = {"iou_threshold": iou_threshold, "second_iou_thresh": second_iou, "recovery_iou_thresh": recovery_iou}
            look = {"use_embeddings": looks, "lambda_emb_multiplier": appearance_weight}
            look |= {"recovery_appearance_thresh": recovery_cosine}
            plus = {"use_rich_s": True, "use_sb": True, "use_vt": True, "use_second_pass": True}
            hits = {"confirm_hits": min_hits, "min_hits": 1, "aspect_ratio_thresh": max_aspect}
            rest = {"variable_dt": True, "kf_reference_dt_s": motion_seconds, "use_cmc": False, "gta_enabled": False}
            return boxmot.OccluBoost(**scores, **overlaps, **look, **plus, **hits, **rest)

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="welcome", settle=_settle, name="occluboost")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)


def _settle(tracker: Any, frames: int) -> None:
    remember(tracker, frames)
    tracker.recovery_max_age = frames
