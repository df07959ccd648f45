"""StrongSORT, from BoxMOT (AGPL-3.0)."""

from __future__ import annotations

from typing import Any

import boxmot

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Count, Seconds, Share, Weight, check
from plugins.boxmot.follower import Follower, remember


class StrongSort:
    """Matches by appearance wherever the motion model deems it possible, then by overlap (Du 2023). Needs features.

    Detections of at least `min_conf` count, and start tracks. `max_cos_dist` is the largest distance of a match by appearance,
    which is `mc_lambda` parts 1 - cosine to the nearest of the last `nn_budget` features and the rest motion (Mahalanobis);
    features are smoothed with `ema_alpha`. `max_iou_dist` is the largest distance (1 - IoU) of a match by overlap. A track is
    reported from its `min_hits`-th frame on and remembered for `lost_seconds`. `motion_seconds` is the step for which the
    paper's motion noise is taken. Camera motion is not modelled: our cameras are mounted.
    """

    def __init__(
        self,
        *,
        min_conf: Share = 0.6,
        max_cos_dist: Weight = 0.4,
        max_iou_dist: Share = 0.7,
        mc_lambda: Share = 0.98,
        ema_alpha: Share = 0.9,
        nn_budget: Count = 100,
        min_hits: Count = 3,
        lost_seconds: Seconds = 2.0,
        motion_seconds: Seconds = 0.1,
    ) -> None:
        shares = {"min_conf": min_conf, "max_iou_dist": max_iou_dist, "mc_lambda": mc_lambda, "ema_alpha": ema_alpha}
        counts = {"nn_budget": nn_budget, "min_hits": min_hits}
        check("strongsort", shares, lost_seconds=lost_seconds, motion_seconds=motion_seconds, counts=counts)

        def make(_looks: bool) -> boxmot.StrongSort:
            timing = {"variable_dt": True, "kf_reference_dt_s": motion_seconds}
            return _mounted(**shares, max_cos_dist=max_cos_dist, nn_budget=nn_budget, n_init=min_hits, **timing)

        self._follower = Follower(make, lost_seconds=lost_seconds, appearance="needed", settle=_settle, name="strongsort")

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return self._follower.update(frame, detections)


def _mounted(**settings: Any) -> boxmot.StrongSort:
    """The library's tracker without its camera motion, and the same on every machine."""
    from boxmot.trackers.box.strongsort.track import TrackState

    class Mounted(boxmot.StrongSort):  # type: ignore[misc]
        def _initiate_track(self, detection: Any) -> None:
            """A new track; the library itself confirms it at once where it finds GITHUB_ACTIONS in the environment."""
            super()._initiate_track(detection)
            self.tracks[-1].state = TrackState.Confirmed if self.n_init <= 1 else TrackState.Tentative

    tracker = Mounted(**settings)
    tracker.cmc, tracker._requires_frame = None, False
    return tracker


def _settle(tracker: Any, frames: int) -> None:
    """Each track keeps a limit of its own."""
    remember(tracker, frames)
    for track in tracker.tracks:
        track._max_age = frames
