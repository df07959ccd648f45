"""Real footage of two small cameras in a store, and the way from there to a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from components.contracts import Camera, Frame, Labeller, Rejected, Segment, Step, Truth, file_digest
from components.database.database import Database
from components.datasets.commit import Made, commit
from components.datasets.leaks import Leaks
from components.datasets.prepare import Picture, Pieces, prepare_part
from components.datasets.splits import ByTime, Splitter
from components.samplers.every import Every
from components.storage.storage import Storage

START = 1_772_445_600_000_000_000
STEP = 100_000_000  # ns between two frames
FRAMES = 10  # of each camera
# Ann is in every frame: with one track for each frame, nothing of hers is in two splits.
SHARES = ByTime(0.6, 0.2, 0.2, Leaks(gap=0.0))
RECIPE = {"chain": [], "chain_digest": "0" * 64, "picture": "png"}


class Halve:
    """A picture of half the size."""

    def __call__(self, frame: Frame) -> Frame:
        scale = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
        image = frame.image[::2, ::2].copy()
        return Frame(frame.camera, frame.time, frame.index, frame.segment, frame.segment_time, image, frame.to_native @ scale)


class Third:
    """Rejects every third frame."""

    def __call__(self, frame: Frame) -> Frame | Rejected:
        return Rejected("third") if frame.index % 3 == 2 else frame


class Walkers:
    """Knows one person in every frame, who walks to the right; nobody has looked at frame 4."""

    label_set = ""

    def label(self, segment: Segment, frame: Frame) -> Truth | None:
        if frame.index == 4:
            return None
        boxes = np.array([[10 + frame.index, 8, 30 + frame.index, 40]], np.float32)
        return Truth(frame.time, boxes, ("ann",), ("nurse",), np.array([[1.5, 2.0]]), np.array([0.5], np.float32))


@dataclass(frozen=True, slots=True)
class Ward:
    """A store with footage, and a database."""

    storage: Storage
    database: Database
    segments: dict[str, list[Segment]]

    def part(
        self, camera: str, key: str, *, steps: tuple[Step, ...] = (), picture: Picture = Picture("png"),  # noqa: B008
        pieces: Pieces = Pieces(), labels: Labeller | None = None, window: int = 0,  # noqa: B008
    ) -> dict[str, int]:  # fmt: skip
        """Prepare the part of one camera, or one window of it."""
        return prepare_part(
            pieces.windows(self.segments[camera])[window], key=key, sampling=Every(), preprocessing=steps,
            labels=labels or Walkers(), picture=picture, pieces=pieces, storage=self.storage,
        )  # fmt: skip

    def commit(self, parts: dict[str, list[str]], *, splits: Splitter = SHARES, recipe: dict[str, Any] = RECIPE) -> Made:
        period = (START, START + FRAMES * STEP)
        return commit(parts, recipe=recipe, splits=splits, period=period, storage=self.storage, database=self.database)

    def dataset(self, *steps: Step, cameras: tuple[str, ...] = ("a", "b")) -> str:
        """Prepare and commit; the digest."""
        for camera in cameras:
            self.part(camera, f"k-{camera}", steps=steps)
        return self.commit({camera: [f"k-{camera}"] for camera in cameras}).digest


def film(path: Path, pictures: list[np.ndarray]) -> None:
    """Write pictures without loss, ten a second."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.time_base = "bgr0", Fraction(1, 10)
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        out.mux(stream.encode(None))


@pytest.fixture(scope="session")
def pictures() -> dict[str, list[np.ndarray]]:
    """What each camera saw: 64x48."""
    random = np.random.default_rng(0)
    return {camera: [random.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(FRAMES)] for camera in "ab"}


@pytest.fixture
def build(tmp_path: Path, pictures: dict[str, list[np.ndarray]]) -> Iterator[Callable[[str], Ward]]:
    """A ward of its own in the folder of that name; each camera's footage in two segments."""
    wards: list[Ward] = []

    def make(name: str) -> Ward:
        (tmp_path / name).mkdir()
        storage, segments = Storage(str(tmp_path / name / "store")), dict[str, list[Segment]]()
        for camera, seen in pictures.items():
            entry = Camera(camera, "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
            segments[camera] = []
            for first, last in ((0, 6), (6, FRAMES)):
                film(tmp_path / "film.mkv", seen[first:last])
                sha256, start, end = file_digest(tmp_path / "film.mkv"), START + first * STEP, START + last * STEP
                storage.put(tmp_path / "film.mkv", f"raw/{camera}-{first}.mkv")
                segments[camera].append(Segment(entry, sha256, start, end, last - first, f"raw/{camera}-{first}.mkv"))
        wards.append(Ward(storage, Database(f"sqlite:///{tmp_path}/{name}/ward.db"), segments))
        return wards[-1]

    yield make
    for ward in wards:
        ward.database.close()


@pytest.fixture
def ward(build: Callable[[str], Ward]) -> Ward:
    return build("ward")


@pytest.fixture
def halve() -> Step:
    return Halve()


@pytest.fixture
def third() -> Step:
    return Third()
