"""ByteTrack under the Apache licence, by Roboflow: the tracker for those who cannot use AGPL code."""

from __future__ import annotations

import numpy as np
from supervision import Detections as Supervised
from trackers import ByteTrackTracker

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Clock, Count, Seconds, Share, check

ROW = "row"  # the column that says which detection a track got


class Byte:
    """Matches sure detections to tracks first and weak ones second, by overlap with a Kalman prediction (Zhang 2022).

    Detections of at least `new_track_thresh` start tracks, of at least `track_thresh` are matched first, all others second.
    `min_iou` is the least overlap of a match. A track is reported from its `min_hits`-th frame on, and remembered for
    `lost_seconds`. `motion_seconds` is the step for which the motion noise is taken. One instance serves one camera.
    """

    def __init__(
        self,
        *,
        new_track_thresh: Share = 0.7,
        track_thresh: Share = 0.6,
        min_iou: Share = 0.1,
        min_hits: Count = 2,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"new_track_thresh": new_track_thresh, "track_thresh": track_thresh, "min_iou": min_iou}
        check("byte", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds, counts={"min_hits": min_hits})
        self._clock = Clock()
        self._tracker = ByteTrackTracker(
            lost_track_buffer=max(1, round(lost_seconds * 30)),  # the library counts it in frames of 30 a second
            frame_rate=1 / motion_seconds,
            track_activation_threshold=new_track_thresh,
            minimum_consecutive_frames=min_hits,
            minimum_iou_threshold=min_iou,
            high_conf_det_threshold=track_thresh,
        )

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        """The tracks that were found in this frame, with the boxes of their detections, in native pixels."""
        seen = Supervised(
            xyxy=detections.boxes,
            confidence=np.clip(detections.scores, 0, 1),
            class_id=detections.labels,
            data={ROW: np.arange(len(detections))},
        )
        found = self._tracker.update(seen, timestamp=self._clock.tick(frame.time))
        ids = np.asarray(found.tracker_id, np.int64).reshape(-1)
        named = ids >= 0  # the others have not been seen often enough
        if not named.any():
            return Tracks(ids[:0], detections.boxes[:0], detections.scores[:0], detections.features[:0])
        boxes, scores = np.asarray(found.xyxy[named], np.float32), np.asarray(found.confidence, np.float32)[named]
        return Tracks(ids[named] + 1, boxes, scores, detections.features[np.asarray(found.data[ROW])[named]])
