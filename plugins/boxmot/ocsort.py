"""OC-SORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, check
from plugins.boxmot.follower import Follower


class OcSort:
    """Matches by overlap and by direction, and mends the motion of a track when it is found again (Cao 2023).

    Detections of at least `det_thresh` start tracks; those of at least `min_conf` keep them alive, as in ByteTrack.
    `iou_threshold` is the least overlap of a match, `inertia` the weight of the direction over the last `delta_t` frames. A
    track is reported from its `min_hits`-th frame on and remembered for `lost_seconds`. `motion_seconds` is the step for which
    the paper's motion noise is taken.
    """

    def __init__(
        self,
        *,
        det_thresh: Share = 0.6,
        min_conf: Share = 0.1,
        iou_threshold: Share = 0.3,
        inertia: Share = 0.2,
        delta_t: Count = 3,
        min_hits: Count = 3,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"det_thresh": det_thresh, "min_conf": min_conf, "iou_threshold": iou_threshold, "inertia": inertia}
        counts = {"delta_t": delta_t, "min_hits": min_hits}
        check("ocsort", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds, counts=counts)

        def make(_looks: bool) -> boxmot.OcSort:
            timing = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.OcSort(**shares, **counts, use_byte=True, **timing)

        self._follower = Follower(make, lost_seconds=lost_seconds)

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
