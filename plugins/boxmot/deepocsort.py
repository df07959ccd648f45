"""Deep OC-SORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

from typing import Any

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, Weight, check
from plugins.boxmot.follower import Follower, remember

KEPT = 64  # past boxes of a track that may be needed; the library keeps all of its life


class DeepOcSort:
    """OC-SORT that weighs appearance in where it tells people apart (Maggiolino 2023).

    Only detections of more than `det_thresh` count. `iou_threshold` is the least overlap of a match, `inertia` the weight of the
    direction over the last `delta_t` frames, `appearance_weight` that of the features, `aw_param` how much less it is where
    several people look alike. Features are smoothed with `ema_alpha`, the more the less sure a detection is. A track is reported
    from its `min_hits`-th frame on and remembered for `lost_seconds`. `motion_seconds` is the step for which the paper's motion
    noise is taken. Camera motion is not modelled: our cameras are mounted.
    """

    def __init__(
        self,
        *,
        det_thresh: Share = 0.5,
        iou_threshold: Share = 0.3,
        inertia: Share = 0.2,
        appearance_weight: Weight = 0.75,
        aw_param: Share = 0.5,
        ema_alpha: Share = 0.95,
        delta_t: Count = 3,
        min_hits: Count = 3,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"det_thresh": det_thresh, "iou_threshold": iou_threshold, "inertia": inertia, "aw_param": aw_param}
        counts = {"delta_t": delta_t, "min_hits": min_hits}
        timing = {"lost_seconds": lost_seconds, "motion_seconds": motion_seconds}
        check("deepocsort", shares | {"ema_alpha": ema_alpha}, counts=counts, **timing)

        def make(looks: bool) -> boxmot.DeepOcSort:
            appearance = {"w_association_emb": appearance_weight, "alpha_fixed_emb": ema_alpha, "use_embeddings": looks}
            noise = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.DeepOcSort(**shares, **counts, **appearance, cmc_off=True, **noise)

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="welcome", settle=_settle, name="deepocsort")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)


def _settle(tracker: Any, frames: int) -> None:
    remember(tracker, frames)
    for track in tracker.active_tracks:
        for age in list(track.observations)[:-KEPT]:
            del track.observations[age]
