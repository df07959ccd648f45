"""The walk of a frame: source -> sampling -> preprocessing -> detector -> reid -> tracker -> identity -> locator -> store."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated

from annotated_types import Ge

from components.contracts import (
    Detections,
    Detector,
    Embedder,
    Frame,
    Identifier,
    InputError,
    Locator,
    Progress,
    Rejected,
    Sampler,
    Sighting,
    Source,
    Step,
    Store,
    Tracker,
)
from components.preprocessing.chain import apply
from components.preprocessing.demand import wanted


@dataclass(frozen=True, slots=True)
class Lane:
    """The rooms of one camera; no two cameras share any of them."""

    source: Source
    sampling: Sampler
    preprocessing: tuple[Step, ...]
    tracker: Tracker
    identity: Identifier
    locator: Locator

    def frames(self, tally: Tally) -> Iterator[tuple[Lane, Frame]]:
        """What passes sampling and preprocessing. A source that fails ends this lane, no other."""
        try:
            for frame in self.source.frames(self.sampling, wanted(self.preprocessing)):
                result = apply(self.preprocessing, frame)
                tally.see(frame, result)
                if isinstance(result, Frame):
                    yield self, result
        except InputError as error:
            tally.problem = str(error)

    def sightings(self, frame: Frame, detections: Detections) -> list[Sighting]:
        """Who stands where in this frame."""
        tracks = self.tracker.update(frame, detections)
        identities = self.identity.identify(frame, tracks)
        places = self.locator.locate(frame, tracks)
        return [
            Sighting(
                frame.camera.id, frame.camera.version, int(tracks.ids[i]), frame.time, frame.index, frame.segment,
                frame.segment_time, identities.people[i], float(identities.confidence[i]), identities.roles[i],
                float(places.floor[i, 0]), float(places.floor[i, 1]), float(places.uncertainty[i]), places.zones[i],
                tuple(tracks.boxes[i].tolist()), float(tracks.scores[i]), identities.reasons[i] if identities.reasons else "",
                tracks.features[i],
            )
            for i in range(len(tracks))
        ]  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What went down one lane."""

    frames: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    first: int = 0  # fleet time of the first and the last frame, ns
    last: int = 0
    problem: str = ""

    def see(self, frame: Frame, result: Frame | Rejected) -> None:
        self.first = self.first if self.frames or self.rejected else frame.time
        self.last = frame.time
        if isinstance(result, Rejected):
            self.rejected[result.reason] += 1
        else:
            self.frames += 1


def follow(
    lanes: Mapping[str, Lane], *, detector: Detector, reid: Embedder, store: Store, batch_size: Annotated[int, Ge(1)] = 4,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Tally]:  # fmt: skip
    """Watch every lane to its end, frames of all cameras in order of time, `batch_size` at once through the detector."""
    tallies = {name: Tally() for name in lanes}
    walks = [lane.frames(tallies[name]) for name, lane in lanes.items()]
    merged = heapq.merge(*walks, key=lambda pair: pair[1].time)
    while batch := list(islice(merged, batch_size)):
        frames = [frame for _, frame in batch]
        found = reid.embed(frames, detector.detect(frames))
        for (lane, frame), detections in zip(batch, found, strict=True):
            store.write(frame, lane.sightings(frame, detections))
        progress(*_how_far(lanes, tallies, batch))
    return tallies


def _how_far(lanes: Mapping[str, Lane], tallies: Mapping[str, Tally], batch: Sequence[tuple[Lane, Frame]]) -> tuple[int, int]:
    """Frames of the sources that are done, by the position of the newest one; the cameras of a group keep step."""
    totals = [lane.source.total for lane in lanes.values()]
    done = max(frame.index for _, frame in batch) + 1
    return min(done * len(tallies), sum(totals)) if all(totals) else done, sum(totals) if all(totals) else 0
