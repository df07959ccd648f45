"""A camera's footage as ingest has put it into the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.contracts import Camera, Frame, Pixels, Sampler, Segment, digest_of
from components.sources.walk import Film, frames
from components.storage.storage import Storage


class Recorded:
    """The segments of one camera, in order of time."""

    live = False

    def __init__(self, camera: Camera, *, segments: Sequence[Segment], storage: Storage) -> None:
        self.camera, self._storage = camera, storage
        self.segments = sorted(segments, key=lambda segment: (segment.start, segment.sha256))

    @property
    def footage(self) -> str:
        """Digest of the segments' digests."""
        return digest_of([segment.sha256 for segment in self.segments])

    @property
    def total(self) -> int:
        """Number of frames in all segments."""
        return sum(segment.frames for segment in self.segments)

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        first = 0
        for segment in self.segments:
            path = self._storage.fetch(segment.path, sha256=segment.sha256)
            yield from frames(Film(path, self.camera, segment.start, segment.sha256, first=first), sampler, pixels)
            first += segment.frames
