"""OC-SORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import check
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
        det_thresh: float = 0.6,
        min_conf: float = 0.1,
        iou_threshold: float = 0.3,
        inertia: float = 0.2,
        delta_t: int = 3,
        min_hits: int = 3,
        lost_seconds: float = 2.0,
        motion_seconds: float = 0.1,
    ) -> None:
        shares = {"det_thresh": det_thresh, "min_conf": min_conf, "iou_threshold": iou_threshold, "inertia": inertia}
        check("ocsort", lost_seconds=lost_seconds, motion_seconds=motion_seconds, **shares)

        def make() -> boxmot.OcSort:
            timing = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return boxmot.OcSort(**shares, use_byte=True, delta_t=delta_t, min_hits=min_hits, **timing)

        self._follower = Follower(make, lost_seconds=lost_seconds)

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)
