"""BoostTrack++, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, Weight, check
from plugins.boxmot.follower import Follower


class BoostTrack:
    """Believes weak detections where tracks expect somebody, and matches by overlap, motion and shape (Stanojevic 2024).

    Detections of at least `det_thresh`, after boosting, count and start tracks. `iou_threshold` is the least overlap of a match,
    half of it where the features are alike. `lambda_iou`, `lambda_mhd` and `lambda_shape` are the weights of sure overlap, of
    motion (Mahalanobis) and of shape. Boxes wider than `max_aspect` times their height are not reported. A track is reported
    from its `min_hits`-th frame on and remembered for `lost_seconds`. `motion_seconds` is the step for which the paper's motion
    noise is taken. Camera motion is not modelled: our cameras are mounted.
    """

    def __init__(
        self,
        *,
        det_thresh: Share = 0.6,
        iou_threshold: Share = 0.3,
        lambda_iou: Weight = 0.5,
        lambda_mhd: Weight = 0.25,
        lambda_shape: Weight = 0.25,
        max_aspect: Weight = 1.6,
        min_hits: Count = 3,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares, counts = {"det_thresh": det_thresh, "iou_threshold": iou_threshold}, {"min_hits": min_hits}
        check("boosttrack", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds, counts=counts)
        weights = {"lambda_iou": lambda_iou, "lambda_mhd": lambda_mhd, "lambda_shape": lambda_shape}

        def make(looks: bool) -> boxmot.BoostTrack:
            plus = {"use_rich_s": True, "use_sb": True, "use_vt": True}  # what makes it BoostTrack++
            noise = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.BoostTrack(
                **shares,
                **counts,
                **weights,
                **plus,
                **noise,
                aspect_ratio_thresh=max_aspect,
                use_cmc=False,
                use_embeddings=looks,
            )

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="welcome", name="boosttrack")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
