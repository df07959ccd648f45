"""A camera of the simulated ward: any length, any frame rate, with the truth about every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from components.contracts import (
    Bgr,
    Camera,
    Frame,
    InputError,
    Moment,
    Pixels,
    Plane,
    Recording,
    Sampler,
    Truth,
    digest_of,
    file_digest,
)
from components.glance import small
from components.sources.faults import Fault
from components.sources.footage import CODEC, MICROSECOND, write
from components.sources.optics import Pose, Vector3
from components.sources.sensor import Sensor
from components.sources.stage import Shot, Stage
from components.sources.ward import SECOND, TURN, Ward, turned

CODE = (  # the files that make the pictures
    "bodies", "faults", "figures", "floorplan", "footage", "light", "optics", "routes", "scenery", "sensor", "simulated",
    "stage", "ward",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of footage that is recorded into one file."""

    start: int  # fleet time of its first frame, ns
    frames: tuple[tuple[int, int], ...]  # (native index, fleet time that the frame carries) of each


class Simulated:
    """One camera of a simulated ward; a Source and a Recorder.

    `position` and `look_at` are metres, `hfov` degrees; together they are the calibration that the registry knows. Where the
    ward has two wings, a camera that hangs east of the middle of the lobby is one of the second.
    The footage begins at `start` (ISO 8601 with an offset) and lasts `seconds`, at `fps` native frames per second.
    Frames and truth are of the picture; with a faulty clock the time that they carry is the camera's claim.
    """

    live = False

    def __init__(
        self,
        camera: str,
        *,
        location: str,
        ward: Ward,
        position: Vector3,
        look_at: Vector3,
        hfov: float,
        width: int = 960,
        height: int = 540,
        fps: float = 10.0,
        start: str = "2026-03-02T10:00:00+00:00",
        seconds: float = 90.0,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        self.ward, self.fps, self.faults = ward, float(fps), faults
        self.start = _moment(camera, start)
        self.count = _count(camera, fps, seconds)
        if width % 2 or height % 2:
            raise InputError(
                f"camera {camera}: width is {width} and height is {height}: expected even numbers, which H.264 wants"
            )
        self.pose = Pose(tuple(map(float, position)), tuple(map(float, look_at)), float(hfov), width, height)  # type: ignore[arg-type]
        self.wing = int(ward.wings == 2 and position[0] > TURN[0] / 2)
        self.camera = Camera(camera, location, self.pose.to_floor, self.pose.calibration)
        self.digest = digest_of(self._spec())
        self._stages: dict[Pose, Stage] = {}
        self._sensor = Sensor(int(digest_of([camera, ward.spec])[:8], 16), width=width, height=height)

    @property
    def footage(self) -> str:
        """Digest of what determines the pictures, and how many there are."""
        return digest_of([self.digest, self.count])

    @property
    def promised(self) -> int:
        """As `total`."""
        return self.count

    @property
    def mark(self) -> str:
        """As `footage`."""
        return self.footage

    @property
    def total(self) -> int:
        """Number of native frames, those that a fault loses included."""
        return self.count

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:  # noqa: ARG002 - drawn in colour anyway
        """Render what `sampler` keeps, or looks at; what it drops unseen costs a few microseconds. Any picture is a keyframe."""
        first: int | None = None
        for index, native in enumerate(self._arriving()):
            time = self.claimed(native)
            first = time if first is None else first
            drawn = _Drawn(self, native)
            if sampler.keep(Moment(self.camera.id, time, look=drawn.small)):
                yield Frame(self.camera, time, index, self.digest, time - first, drawn.image, np.eye(3))

    def pieces(self, seconds: float) -> Iterator[Piece]:
        """What `record` will write, without rendering anything: a cut at every multiple of `seconds` of fleet time."""
        pending: list[tuple[int, int]] = []
        for native in self._arriving():
            time = self.claimed(native)
            if pending and (
                time <= pending[-1][1] or time // round(seconds * SECOND) != pending[-1][1] // round(seconds * SECOND)
            ):
                yield Piece(pending[0][1], tuple(pending))
                pending = []
            pending.append((native, time))
        if pending:
            yield Piece(pending[0][1], tuple(pending))

    def record(self, folder: Path, seconds: float) -> Iterator[Recording]:
        """Write every piece below `folder` as the consumer asks for the next one; leaving early is fine."""
        for piece in self.pieces(seconds):
            yield self.write(folder, piece)

    def write(self, folder: Path, piece: Piece) -> Recording:
        """Render and encode one piece; the same piece always has the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.camera.id}_{_stamp(piece.start)}.mp4"
        truths: list[Truth] = []
        write(path, self._shoot(piece, truths), fps=self.fps, size=(self.pose.width, self.pose.height))
        end = piece.frames[-1][1] + round(SECOND / self.fps)
        return Recording(path, piece.start, end, len(piece.frames), CODEC, tuple(truths))

    def truth(self, time: int) -> Truth:
        """Who is in the picture taken at true fleet time `time` (ns); it carries the time that the camera would claim."""
        elapsed = time - self.start
        return self._truth(self._shot(elapsed), time + self._ahead(elapsed))

    def claimed(self, native: int) -> int:
        """The fleet time that native frame `native` carries, ns, whole microseconds."""
        elapsed = self._elapsed(native)
        return (self.start + elapsed + self._ahead(elapsed)) // MICROSECOND * MICROSECOND

    def _shoot(self, piece: Piece, truths: list[Truth]) -> Iterator[tuple[int, Bgr]]:
        for native, time in piece.frames:
            image, shot = self.picture(native)
            truths.append(self._truth(shot, time))
            yield time - piece.start, image

    def _arriving(self) -> Iterator[int]:
        """The native frames that are not lost on the way."""
        for native in range(self.count):
            if all(fault.delivers(native) for fault in self._active(self._elapsed(native))):
                yield native

    def _elapsed(self, native: int) -> int:
        return round(native * 1e6 / self.fps) * MICROSECOND

    def _active(self, elapsed: int) -> list[Fault]:
        return [fault for fault in self.faults if fault.active(elapsed)]

    def _ahead(self, elapsed: int) -> int:
        return sum(fault.clock(elapsed) for fault in self._active(elapsed))

    def picture(self, native: int) -> tuple[Bgr, Shot]:
        """Native frame `native` as the camera delivers it, and what it shows."""
        elapsed = self._elapsed(native)
        shot = self._shot(elapsed)
        seen = self.start + self._seen(elapsed)
        image = self._sensor.expose(shot.image, time=seen, hour=self.ward.hour(seen))
        for fault in self._active(elapsed):
            image = fault.spoil(image)
        return image, shot

    def _shot(self, elapsed: int) -> Shot:
        faults, pose = self._active(elapsed), self.pose
        for fault in faults:
            pose = fault.pose(pose)
        if pose not in self._stages:
            self._stages[pose] = Stage(self.ward, self._local(pose), self.wing)
        shot = self._stages[pose].shoot(self.start + self._seen(elapsed))
        return shot if all(fault.shows() for fault in faults) else shot.without_people()

    def _seen(self, elapsed: int) -> int:
        for fault in self._active(elapsed):
            elapsed = fault.seen(elapsed)
        return elapsed

    def _truth(self, shot: Shot, time: int) -> Truth:
        """What a shot shows, as the contract says it."""
        actors = [self.ward.actors[number] for number in shot.actors]
        people, roles = tuple(actor.id for actor in actors), tuple(actor.role for actor in actors)
        floor = np.array(TURN) - shot.floor if self.wing else shot.floor
        return Truth(time, shot.boxes, people, roles, floor, shot.visibility)

    def _local(self, pose: Pose) -> Pose:
        """The same pose in the first wing, which is what can be drawn."""
        if not self.wing:
            return pose
        position, look_at = ((*turned(x, y), z) for x, y, z in (pose.position, pose.look_at))
        return replace(pose, position=position, look_at=look_at)

    def _spec(self) -> dict[str, object]:
        """What determines the pictures, as plain data."""
        pose = [self.pose.position, self.pose.look_at, self.pose.hfov, self.pose.width, self.pose.height]
        faults = [[type(fault).__name__, repr(fault)] for fault in self.faults]
        return {
            "camera": self.camera.id,
            "pose": pose,
            "fps": self.fps,
            "start": self.start,
            "ward": self.ward.spec,
            "faults": faults,
            "code": [file_digest(Path(__file__).with_name(f"{name}.py")) for name in CODE],
        }


class _Drawn:
    """The picture of a native frame, drawn when somebody looks at it first."""

    def __init__(self, source: Simulated, native: int) -> None:
        self._source, self._native = source, native

    @cached_property
    def image(self) -> Bgr:
        return self._source.picture(self._native)[0]

    def small(self) -> Plane:
        return small(self.image)


def _moment(camera: str, start: str) -> int:
    """`start` as fleet time, ns."""
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise InputError(
            f"camera {camera}: start is {start!r}: expected a time with its offset, such as 2026-03-02T10:00:00+00:00"
        )
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * SECOND + since.microseconds * MICROSECOND


def _count(camera: str, fps: float, seconds: float) -> int:
    if not 0 < fps <= 240 or not seconds > 0:
        raise InputError(f"camera {camera}: fps is {fps} and seconds is {seconds}: expected 0 < fps <= 240 and seconds above 0")
    return max(1, round(seconds * fps))


def _stamp(time: int) -> str:
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    return f"{moment:%Y%m%dT%H%M%S}.{time % SECOND // MICROSECOND:06d}Z"
