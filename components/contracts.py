"""What the rooms hand to each other, and what a room must be able to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[np.uint8]
Plane = NDArray[np.uint8]  # (h, w) luma
Floats32 = NDArray[np.float32]
Floats64 = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix3 = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

UNKNOWN = "unknown"  # a person, role or zone that the evidence does not name
KEPT = "kept"  # the reason of a frame that no step rejected
PERSON = 0  # the only label that detectors report


def no_features() -> Floats32:
    """What is known of an appearance that nobody looked at."""
    return np.zeros(0, np.float32)


class InputError(ValueError):
    """Something from outside is wrong: the message names the thing, the value, what was expected and what to do."""


def digest_of(value: Any) -> str:
    """The sha256 (64 hex digits) of `value` as canonical JSON; equal values have equal digests on every machine."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The sha256 (64 hex digits) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera with its lens, and where it hangs: model, signs and order are OpenCV's."""

    matrix: Matrix3  # ((fx, skew, cx), (0, fy, cy), (0, 0, 1)) in native pixels
    distortion: tuple[float, ...]  # k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4[, tx, ty]]]]; (): a perfect lens
    rotation: Matrix3  # world (x and y on the floor, z up) -> camera (x to the right, y down, z ahead)
    translation: tuple[float, float, float]  # metres: camera = rotation @ world + translation
    size: tuple[int, int] = (0, 0)  # width and height in pixels of the pictures that it holds for; 0: nobody said

    @property
    def homography(self) -> Matrix3:
        """Pixel without distortion (u, v, 1) -> floor (x, y, 1) at z = 0 in metres, of norm 1."""
        rotation = np.array(self.rotation, np.float64)
        from_floor = np.array(self.matrix, np.float64) @ np.column_stack([rotation[:, :2], self.translation])
        inverse = np.linalg.inv(from_floor)
        a, b, c = (inverse / np.linalg.norm(inverse)).tolist()
        return tuple(a), tuple(b), tuple(c)

    @property
    def position(self) -> tuple[float, float, float]:
        """Where the camera hangs, metres in the world."""
        x, y, z = (-np.array(self.rotation, np.float64).T @ np.array(self.translation, np.float64)).tolist()
        return x, y, z


@dataclass(frozen=True, slots=True)
class Camera:
    """One entry of the camera registry: what is true of a camera until somebody moves it."""

    id: str
    location: str
    homography: Matrix3  # native pixel of a foot point (u, v, 1), lens undone -> floor (x, y, 1) in metres, up to scale
    calibration: Calibration | None = None  # None: no more than the homography is known, of a lens without distortion

    @property
    def version(self) -> str:
        """The digest of this entry: a moved camera is a new version."""
        entry = [self.id, self.location, [list(map(float, row)) for row in self.homography]]
        return digest_of(entry if self.calibration is None else [*entry, asdict(self.calibration)])


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of the floor."""

    name: str
    kind: str  # room, corridor, desk ...
    polygon: tuple[tuple[float, float], ...]  # corners in metres on the floor, in order
    departments: tuple[str, ...] = ()  # whose staff is expected here; (): everybody's


@dataclass(frozen=True, slots=True)
class Line:
    """A named line on the floor, with a direction: who goes over it from its right hand to its left goes in."""

    name: str
    start: tuple[float, float]  # metres
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff on the roster."""

    id: str
    role: str
    department: str
    shift: str  # local hours, such as 07:00-19:00 or mon-fri 07:00-15:00; empty: none in general
    badge: int  # number of the printed marker; negative: none
    shifts: tuple[tuple[int, int], ...] = ()  # dated, from and until in ns of fleet time: where there are any, only they count


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, and where and when it was taken."""

    camera: Camera
    time: int  # fleet time: UTC, nanoseconds since 1970
    index: int  # 0-based position in its source's sequence, counted before sampling
    segment: str  # sha256 of the footage that it came from
    segment_time: int  # nanoseconds since the first frame of that footage
    image: Bgr  # (h, w, 3) uint8, BGR
    to_native: Floats64  # (3, 3): pixel (u, v, 1) of `image` -> pixel of the camera's native picture
    quality: Mapping[str, float] = field(default_factory=dict, compare=False)  # what gates have measured, by name
    straight: bool = False  # the lens is undone: `to_native` leads to native pixels as a perfect lens would show them


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a preprocessing step returns instead of a frame that must not go further."""

    reason: str  # such as dark, blurred, frozen
    quality: Mapping[str, float] = field(default_factory=dict, compare=False)  # what gates have measured, by name


@dataclass(frozen=True, slots=True)
class Truth:
    """Who really is in one frame. Row i of every column is person i."""

    time: int  # fleet time that the frame carries, ns
    boxes: Floats32  # (n, 4) xyxy in native pixels, clipped to the picture
    people: tuple[str, ...]
    roles: tuple[str, ...]
    floor: Floats64  # (n, 2) metres
    visibility: Floats32  # (n,) 0..1, share of the box's figure that is not hidden

    def __post_init__(self) -> None:
        n = len(self.people)
        _columns("Truth", boxes=(self.boxes, (n, 4)), floor=(self.floor, (n, 2)), visibility=(self.visibility, (n,)))


@dataclass(frozen=True, slots=True)
class Stamps:
    """When the first picture of a piece of footage was taken, by every clock that there is; all in ns."""

    received: int  # when its packet came, UTC by this machine's clock
    monotonic: int  # the same on this machine's monotonic clock
    source: int | None  # when the camera says that it was taken, UTC; None where it says nothing
    media: int  # the stream's own time
    correction: int  # fleet time minus the camera's; 0 where the camera is believed, or says nothing


@dataclass(frozen=True, slots=True)
class Recording:
    """A piece of footage that a source has written to disk, on its way into the store."""

    path: Path
    start: int  # fleet time of the first frame, ns
    end: int  # fleet time just after the last frame, ns
    frames: int
    codec: str
    truth: tuple[Truth, ...]  # one per frame where the source knows it; empty for a real camera
    stamps: Stamps | None = None  # None: the footage says its time itself
    after: str = ""  # why there is nothing just before it; empty where there is
    holes: tuple[tuple[int, int], ...] = ()  # from and until when nothing came in between, fleet time, ns


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of raw footage in the store."""

    camera: Camera
    sha256: str
    start: int  # fleet time of the first frame, ns
    end: int  # fleet time just after the last frame, ns
    frames: int
    path: str  # inside the store
    clock_correction: int = 0  # ns that were added to the camera's own clock to get `start`


@dataclass(frozen=True, slots=True)
class Detections:
    """Who is visible in one frame. Row i of every array is detection i."""

    boxes: Floats32  # (n, 4) xyxy in pixels of the native picture
    scores: Floats32  # (n,) 0..1
    labels: Ints  # (n,)
    features: Floats32 = field(default_factory=no_features, compare=False)  # (n, d) appearance, unit length; d = 0: nobody looked

    def __post_init__(self) -> None:
        n = len(self.boxes)
        _columns("Detections", boxes=(self.boxes, (n, 4)), scores=(self.scores, (n,)), labels=(self.labels, (n,)))
        _features(self, n)

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Tracks:
    """Detections that kept their identity. Row i of every array is track i."""

    ids: Ints  # (n,) unique per camera and run
    boxes: Floats32  # (n, 4) xyxy in pixels of the native picture
    scores: Floats32  # (n,) 0..1
    features: Floats32 = field(default_factory=no_features, compare=False)  # (n, d) of the tracks' detections; d = 0: none

    def __post_init__(self) -> None:
        n = len(self.ids)
        _columns("Tracks", boxes=(self.boxes, (n, 4)), scores=(self.scores, (n,)))
        _features(self, n)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Identities:
    """Who the tracks of one frame are, as far as the evidence goes. Row i belongs to track i."""

    people: tuple[str, ...]  # or UNKNOWN
    roles: tuple[str, ...]  # or UNKNOWN
    confidence: Floats32  # (n,) 0..1 that the name is right; 0 where unknown
    reasons: tuple[str, ...] = ()  # why, for people to read, such as "badge 7 read 4 times"; () where nobody can say


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one kind of evidence looks at a track; seconds of fleet time. 0: at every frame."""

    unknown: float  # between two looks at somebody who has no name yet
    known: float  # between two looks at somebody who has one
    alike: float  # looks this close to each other hardly say anything new

    def __post_init__(self) -> None:
        if min(self.unknown, self.known) < 0 or self.alike <= 0:
            raise InputError(f"pace is {self}; expected unknown and known of at least 0, and alike above 0, in seconds")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look of one kind of evidence says about one track.

    The numbers are log-likelihood ratios (natural logarithm): how much more probable is what was seen if the track is that
    person, or somebody of that role, than if it is somebody whom the observation does not name.
    """

    row: int  # of the tracks that were looked at
    says: str  # for people to read, such as "badge 7 read"
    people: Mapping[str, float] = field(default_factory=dict)
    roles: Mapping[str, float] = field(default_factory=dict)
    score: float = 1.0  # 0..1, how sure this look is by itself; 1 where it cannot tell


@dataclass(frozen=True, slots=True)
class Places:
    """Where the tracks of one frame stand. Row i belongs to track i."""

    floor: Floats64  # (n, 2) metres
    uncertainty: Floats64  # (n,) metres, one standard deviation
    zones: tuple[str, ...]  # or UNKNOWN


@dataclass(frozen=True, slots=True)
class Sighting:
    """One person, seen by one camera, at one place and one moment: what people read."""

    camera: str
    camera_version: str
    track: int
    time: int  # fleet time, ns
    frame: int  # Frame.index
    segment: str
    segment_time: int
    person: str
    confidence: float
    role: str
    x: float  # metres
    y: float  # metres
    uncertainty: float  # metres
    zone: str
    box: tuple[float, float, float, float]  # xyxy, native pixels
    score: float
    reason: str = ""  # why it is this person
    feature: Floats32 = field(default_factory=no_features, compare=False)  # (d,) appearance, unit length; empty: nobody looked


@dataclass(frozen=True, slots=True)
class Position:
    """One person on the floor at one moment, whichever cameras saw them: one identity for the whole site."""

    time: int  # fleet time, ns
    identity: str  # unique per run, the same from moment to moment and from camera to camera
    person: str  # or UNKNOWN
    role: str  # or UNKNOWN
    confidence: float  # 0..1 that the name is right; 0 where unknown
    x: float  # metres
    y: float  # metres
    uncertainty: float  # metres, one standard deviation
    zone: str  # or UNKNOWN
    cameras: tuple[str, ...]  # that see the person at this moment, sorted
    tracks: tuple[str, ...]  # "<camera>/<track>" of each view, sorted
    reason: str  # why it is this person


Expected = Literal["expected", "unexpected", "unknown"]


@dataclass(frozen=True, slots=True)
class Presence:
    """One person's stay in one zone."""

    site: str
    identity: str
    person: str  # or UNKNOWN
    role: str  # or UNKNOWN
    department: str  # or UNKNOWN
    zone: str
    entered: int  # fleet time of the first and the last position, ns
    left: int
    confidence: float  # 0..1 that the name is right, the highest of the stay
    expected: Expected  # whether the roster has this person here at this time


@dataclass(frozen=True, slots=True)
class Crossing:
    """One person's way over a line."""

    site: str
    line: str
    direction: Literal["in", "out"]
    time: int  # fleet time at the line, ns
    identity: str
    person: str  # or UNKNOWN
    role: str  # or UNKNOWN


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture of a dataset."""

    image: Bgr  # (h, w, 3) uint8, BGR
    boxes: Floats32  # (n, 4) xyxy in pixels of `image`
    labels: Ints  # (n,)
    visibility: Floats32  # (n,) 0..1
    camera: str
    time: int  # fleet time, ns
    people: tuple[str, ...] = ()  # who each box is; () where the label does not say
    roles: tuple[str, ...] = ()


def unseen() -> Plane:
    """What a moment shows to a sampler that did not ask for pictures."""
    raise RuntimeError("this sampler looks at pictures but does not say so: expected `needs` to be 'pictures'")


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to know of a frame before anybody has worked on its picture."""

    camera: str  # its id
    time: int  # fleet time, ns
    keyframe: bool = True  # the footage has this picture whole, so it can be had without any other
    look: Callable[[], Plane] = field(default=unseen, compare=False)  # -> (h, w) uint8 luma, small: SMALL px wide; costs decoding


SMALL = 160  # px: the width of what `Moment.look` gives, at most

# What a sampler has to be shown, from little work to much: keyframes only; those frames that come at no cost of their own,
# because others need them; the times of all frames; all frames, decoded. A source may show more than was asked for, never less.
Needs = Literal["keyframes", "cheap times", "times", "pictures"]

Pixels = Literal["bgr", "luma"]  # luma: nobody asks for colour, so a source may give one plane, seen three times


class Sampler(Protocol):
    """Decides which moments are worth the work. One instance per camera, asked in order of time."""

    @property
    def needs(self) -> Needs: ...

    def keep(self, moment: Moment) -> bool: ...


class Source(Protocol):
    """A camera, or footage of one. Frames come in order of time; what `sampler` drops costs no more than it must."""

    camera: Camera
    live: bool  # frames come as they are taken, without an end; else there is footage, as fast as it is asked for

    @property
    def footage(self) -> str: ...  # digest of what the pictures come from

    @property
    def total(self) -> int: ...  # frames that there are, before sampling; 0 where nobody knows

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]: ...


class LiveSource(Source, Protocol):
    """A camera at work. It connects again by itself, for ever; `frames` ends only where there was a plan for it."""

    @property
    def problem(self) -> str: ...  # why no frames come at the moment; empty while they do

    @property
    def skipped(self) -> int: ...  # frames that sampling wanted and that it left out because it was behind

    @property
    def packets(self) -> int: ...  # that came so far: as many as there were pictures

    @property
    def expected(self) -> float: ...  # pictures per second, as the camera declares them; 0: it does not


class Recorder(Protocol):
    """A source that can hand over its footage unchanged, in pieces of about `seconds`, written below `folder`."""

    camera: Camera

    @property
    def mark(self) -> str: ...  # changes whenever what `record` gives does, and costs nothing to know

    @property
    def promised(self) -> int: ...  # frames, as far as is known before; 0: nobody says

    def record(self, folder: Path, seconds: float) -> Iterator[Recording]: ...


class LiveRecorder(Protocol):
    """A camera at work whose packets can be kept unchanged; it connects again by itself until `stop` is set."""

    camera: Camera
    problem: str  # why nothing comes at the moment; empty while something does
    packets: int  # that came so far: as many as there were pictures
    reason: str  # why nothing came the last time
    expected: float  # pictures per second, as the camera declares them; 0: it does not

    def keep(self, folder: Path, seconds: float, stop: Event) -> Iterator[Recording]: ...

    def hung(self) -> bool: ...  # `keep` waits for too long: somebody else has to go on


class Step(Protocol):
    """One preprocessing step: a new frame, or the reason to drop it. One instance per camera."""

    def __call__(self, frame: Frame) -> Frame | Rejected: ...


class Detector(Protocol):
    """Finds people in a batch of frames, possibly of several cameras; one `Detections` per frame, in order."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]: ...


class Embedder(Protocol):
    """Describes what people look like: detections of a batch of frames, all crops in one go, with their features."""

    def embed(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[Detections]: ...


class Tracker(Protocol):
    """Keeps identities from frame to frame. One instance per camera."""

    def update(self, frame: Frame, detections: Detections) -> Tracks: ...


class Identifier(Protocol):
    """Names the people behind the tracks. One instance per camera."""

    def identify(self, frame: Frame, tracks: Tracks) -> Identities: ...


class Evidence(Protocol):
    """Looks at tracked people for signs of who they are. One instance per camera."""

    pace: Pace

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]: ...  # of the rows `due` only


class Locator(Protocol):
    """Puts tracks on the floor."""

    def locate(self, frame: Frame, tracks: Tracks) -> Places: ...


class Associator(Protocol):
    """Makes one identity of what several cameras see of one person; a fixed lag behind what it is shown."""

    step: int  # ns, the length of a moment

    def see(self, time: int, sightings: Sequence[Sighting]) -> list[Position]: ...  # what is final now

    def now(self) -> list[Position]: ...  # the newest moment, as far as it is known

    def close(self) -> list[Position]: ...  # what was not final yet


class Stays(Protocol):
    """Turns the positions of a site, moment by moment, into stays of people in zones."""

    def see(self, positions: Sequence[Position]) -> list[Presence]: ...  # those that have ended

    def open(self) -> list[Presence]: ...  # those that go on


class Crossings(Protocol):
    """Turns the positions of a site, moment by moment, into crossings of lines on its floor."""

    def see(self, positions: Sequence[Position]) -> list[Crossing]: ...  # those that are complete now


class Store(Protocol):
    """Where sightings go; told of every frame, also of one with nobody in it."""

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None: ...


class Labeller(Protocol):
    """Says who is in a frame of a segment; None where nobody has looked, and the reason where what was said holds no more."""

    @property
    def label_set(self) -> str: ...  # digest of the set of labels; empty where they came with the footage, or there are none

    def label(self, segment: Segment, frame: Frame) -> Truth | Rejected | None: ...


SplitName = Literal["train", "val", "test"]


class Samples(Protocol):
    """One split of a dataset: labelled pictures by position, in order of camera and time."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...


class Dataset(Protocol):
    """Labelled pictures under a name that says what they are made of."""

    @property
    def digest(self) -> str: ...

    @property
    def chain(self) -> list[Any]: ...  # the resolved config of the preprocessing steps that made the pictures

    @property
    def chain_digest(self) -> str: ...

    def split(self, name: SplitName) -> Samples: ...


class Run(Protocol):
    """An open entry of the experiment ledger."""

    id: str

    def metrics(self, values: dict[str, float], step: int) -> None: ...

    def artifacts(self, folder: Path, path: str = "") -> None: ...  # its files, under `path`


class Ledger(Protocol):
    """Keeps what was run, with which config, and what came out."""

    def open(self, name: str, diff: Sequence[str], config: dict[str, Any]) -> AbstractContextManager[Run]: ...


Progress = Callable[[int, int], None]  # (done, total); total 0 where it is not known


def _columns(kind: str, **columns: tuple[NDArray[Any], tuple[int, ...]]) -> None:
    """Raise ValueError naming every column of `kind` whose shape is not the expected one."""
    wrong = [f"{name} is {array.shape}, expected {shape}" for name, (array, shape) in columns.items() if array.shape != shape]
    if wrong:
        raise ValueError(f"{kind}: {'; '.join(wrong)}")


def _features(columns: Detections | Tracks, n: int) -> None:
    """Features that nobody gave are n rows of none."""
    given = columns.features
    if given.ndim == 1 and not given.size:
        object.__setattr__(columns, "features", np.zeros((n, 0), np.float32))
    elif given.ndim != 2 or len(given) != n:
        raise ValueError(f"{type(columns).__name__}: features is {given.shape}, expected ({n}, d)")
