"""Hybrid-SORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, Weight, check
from plugins.boxmot.follower import Follower


class HybridSort:
    """OC-SORT that goes by the directions of four corners, by height and by score too, and by appearance (Yang 2024). Slow.

    Detections of at least `det_thresh` start tracks; those of at least `min_conf` keep them alive, as in ByteTrack.
    `iou_threshold` is the least overlap of a match, unless the features are nearer than `appearance_thresh` (1 - cosine);
    `inertia` is the weight of the directions over the last `delta_t` frames, `appearance_weight` and `low_appearance_weight`
    those of the features of sure and of weak detections. Features are smoothed with `ema_alpha`. A track is reported from its
    `min_hits`-th frame on and remembered for `lost_seconds`. `motion_seconds` is the step for which the paper's motion noise
    is taken. Camera motion is not modelled: our cameras are mounted.
    """

    def __init__(
        self,
        *,
        det_thresh: Share = 0.6,
        min_conf: Share = 0.1,
        iou_threshold: Share = 0.3,
        inertia: Share = 0.05,
        appearance_thresh: Weight = 0.4,
        appearance_weight: Weight = 4.6,
        low_appearance_weight: Weight = 1.3,
        ema_alpha: Share = 0.9,
        delta_t: Count = 3,
        min_hits: Count = 3,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"det_thresh": det_thresh, "iou_threshold": iou_threshold, "inertia": inertia}
        counts = {"delta_t": delta_t, "min_hits": min_hits}
        timing = {"lost_seconds": lost_seconds, "motion_seconds": motion_seconds}
        check("hybridsort", shares | {"min_conf": min_conf, "ema_alpha": ema_alpha}, counts=counts, **timing)
        appearance = {
            "alpha": ema_alpha,
            "EG_weight_high_score": appearance_weight,
            "EG_weight_low_score": low_appearance_weight,
            "longterm_reid_correction_thresh": appearance_thresh,
            "longterm_reid_correction_thresh_low": appearance_thresh,
        }

        def make(looks: bool) -> boxmot.HybridSort:
            tracker = boxmot.HybridSort(
                **shares, **counts, **appearance, low_thresh=min_conf, track_thresh=det_thresh, use_embeddings=looks,
                variable_dt=True, kf_reference_dt_s=motion_seconds,
            )  # fmt: skip
            tracker.cmc, tracker._requires_frame = None, False
            return tracker

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="welcome", name="hybridsort")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
