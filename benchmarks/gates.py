"""How often quality gates err on good footage, and what they catch of spoiled footage: `python benchmarks/gates.py`.

Good: six real cameras (PETS, TUD-Campus, four of lab4), the same at night and through H.264 at CRF 38, and a simulated ward.
Spoiled: the same out of focus, moved, dark, overexposed, covered, frozen, repeated; H.264 streams of them that have lost packets
or bytes, where at least 3 % of the picture is wrong; and the faults of simulated cameras. The settings are those of the YAMLs.
Gates were set after these six cameras had been seen, and before the ward was. A figure that misses its bound makes the exit
code 1.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT))

from components.contracts import Bgr, Camera, Frame, Person, Rejected, Step  # noqa: E402
from components.preprocessing.corrupt import Corrupt  # noqa: E402
from components.preprocessing.duplicates import Duplicate  # noqa: E402
from components.preprocessing.gates import Blurred, Dark, Frozen, Overexposed  # noqa: E402
from components.preprocessing.obstructed import Obstructed  # noqa: E402
from components.samplers.every import Every  # noqa: E402
from components.sources.faults import Blackout, Blur, Fault  # noqa: E402
from components.sources.faults import Frozen as Stopped  # noqa: E402
from components.sources.simulated import Simulated  # noqa: E402
from components.sources.ward import Ward  # noqa: E402

CAMERA = Camera("c", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
SECOND = 10**9
STAFF = tuple(Person(f"nurse_{i}", "nurse", "Bay A", "07:00-19:00", i) for i in range(1, 5))
GATES: dict[str, Callable[[], Step]] = {
    "corrupt": Corrupt, "dark": Dark, "overexposed": Overexposed, "obstructed": Obstructed, "blurred": Blurred, "frozen": Frozen,
}  # fmt: skip
FALSE, CAUGHT = 0.01, 0.95  # bounds: at most, at least
DAMAGE = 0.03  # share of the picture that a damaged stream has wrong, from which on it should be seen
SEEN = 0.6  # of such frames, at least: much of the damage is small, dark on dark, or copied from before
Clip = list[Bgr]


@dataclass
class Tally:
    """Rejections, in all frames of one kind."""

    hits: int = 0
    total: int = 0

    def add(self, results: Sequence[bool]) -> None:
        self.hits, self.total = self.hits + sum(results), self.total + len(results)

    @property
    def share(self) -> float:
        return self.hits / max(1, self.total)


def film(path: Path, step: int) -> Clip:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in islice(container.decode(video=0), 0, None, step)]


def real() -> dict[str, Clip]:
    """About 25 frames of each camera."""
    pictures = sorted((DATA / "TUD-Campus" / "img1").glob("*.jpg"))[::3]
    clips = {"pets": film(DATA / "PETS09-S2L1" / "vtest.avi", 32), "tud": [cv2.imread(str(path)) for path in pictures]}
    return clips | {f"lab4 {i}": film(DATA / "lab4" / f"cam{i}.mp4", 11) for i in range(4)}


def ward(faults: tuple[Fault, ...]) -> Clip:
    """A simulated camera, 12 s at 5 fps."""
    source = Simulated(
        ward=Ward(seed=9, staff=STAFF, visitors=3), camera="bay_a", location="Bay A", faults=faults,
        position=(7.2, 4.7, 2.7), look_at=(3.4, 1.2, 0.5), hfov=86.0,
        width=960, height=540, fps=10.0, start="2026-03-02T10:00:00+00:00", seconds=12.0,
    )  # fmt: skip
    return [frame.image for frame in islice(source.frames(Every()), 0, None, 2)]


def rejections(gate: Step, clip: Sequence[Bgr], *, start: int = 0, pace: float = 0.2) -> list[bool]:
    frames = (Frame(CAMERA, start + round(i * pace * SECOND), i, "", 0, image, np.eye(3)) for i, image in enumerate(clip))
    return [isinstance(gate(frame), Rejected) for frame in frames]


def night(image: Bgr, seed: int) -> Bgr:
    return lit(image, 0.2, 0, seed)


def lit(image: Bgr, gain: float, offset: float, seed: int = 0) -> Bgr:
    """Another exposure, with the noise of a sensor."""
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(image * float(gain) + offset + noise, 0, 255).astype(np.uint8)


def unsharp(image: Bgr, sigma: float) -> Bgr:
    """Out of focus by a Gaussian of `sigma` px at a width of 480."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma * image.shape[1] / 480), np.uint8)


def shaken(image: Bgr, length: float) -> Bgr:
    """Moved sideways by `length` px at a width of 480 while the shutter was open."""
    size = max(3, round(length * image.shape[1] / 480))
    return np.asarray(cv2.filter2D(image, -1, np.full((1, size), 1 / size)), np.uint8)


def covered(image: Bgr, share: float, seed: int) -> Bgr:
    """Something smooth close to the lens, over `share` of the picture, from any side, with a soft edge."""
    noise = np.random.default_rng(seed)
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle = noise.uniform(0, 2 * np.pi)
    across = (x / w - 0.5) * np.cos(angle) + (y / h - 0.5) * np.sin(angle)
    edge = float(np.quantile(across[::8, ::8], share)) if share < 1 else 9.0
    before = 1 / (1 + np.exp(np.clip((across - edge) / 0.04, -50, 50)))[..., None]
    cloth = noise.uniform(50, 160) * (1 + 0.3 * ((x / w - 0.5) * noise.uniform(-1, 1) + (y / h - 0.5) * noise.uniform(-1, 1)))
    mixed = image * (1 - before) + cloth[..., None] * (0.8, 0.9, 1.0) * before
    return np.clip(mixed + noise.normal(0, 1.5, image.shape), 0, 255).astype(np.uint8)


def encoded(clip: Clip, rate: int = 26) -> bytes:
    """The clip as H.264 with a key frame every 25."""
    sink = io.BytesIO()
    height, width = (side - side % 2 for side in clip[0].shape[:2])
    with av.open(sink, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": str(rate), "g": "25", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt, stream.thread_count = width, height, "yuv420p", 1
        for image in clip:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return sink.getvalue()


def decoded(stream: bytes, spoil: Callable[[int, bytes], bytes] = lambda _index, packet: packet) -> dict[int, Bgr]:
    """The pictures by presentation time; as many as the decoder can make of it."""
    pictures = {}
    with av.open(io.BytesIO(stream)) as container:
        decoder = container.streams.video[0].codec_context
        decoder.thread_count = 1
        for index, packet in enumerate(container.demux(video=0)):
            data = spoil(index, bytes(packet)) if packet.size else b""
            if packet.size and not data:
                continue
            copy = av.Packet(data)
            copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            try:
                frames = decoder.decode(copy if packet.size else None)
            except av.FFmpegError:
                continue
            pictures.update({frame.pts: frame.to_ndarray(format="bgr24") for frame in frames})
    return pictures


def spoiler(seed: int) -> Callable[[int, bytes], bytes]:
    """Loses whole packets, 1400 bytes of them, or bits in them, of one in eight."""
    noise = np.random.default_rng(seed)

    def spoil(index: int, packet: bytes) -> bytes:
        if index < 1 or noise.random() > 0.125:
            return packet
        kind, data = noise.integers(3), bytearray(packet)
        at = int(len(data) * noise.uniform(0.1, 0.7))
        if kind == 0:
            return b""
        if kind == 1:
            del data[at : at + 1400]
        else:
            data[at] ^= 0x5A
        return bytes(data)

    return spoil


def damaged(clip: Clip, seed: int) -> Iterator[Bgr]:
    """Frames of which at least 3 % is wrong by more than 25 levels."""
    stream = encoded(clip)
    right = decoded(stream)
    for time, image in decoded(stream, spoiler(seed)).items():
        if time in right and (cv2.absdiff(image, right[time]).max(axis=2) > 25).mean() >= DAMAGE:
            yield image


def falsely(clips: dict[str, Clip]) -> dict[str, dict[str, Tally]]:
    """Rejections of good footage, by kind of footage and gate."""
    kinds: dict[str, Callable[[Clip], Clip]] = {
        "as it is": lambda clip: clip,
        "at night": lambda clip: [night(image, i) for i, image in enumerate(clip)],
        "H.264 at CRF 38": lambda clip: list(decoded(encoded(clip, 38)).values()),
    }
    found: dict[str, dict[str, Tally]] = {}
    for kind, make in kinds.items():
        row = found.setdefault(kind, {name: Tally() for name in GATES})
        for clip in clips.values():
            pictures = make(clip)
            for name, gate in GATES.items():
                row[name].add(rejections(gate(), pictures))
    row = found.setdefault("simulated ward", {name: Tally() for name in GATES})
    pictures = ward(())
    for name, gate in GATES.items():
        row[name].add(rejections(gate(), pictures))
    return found


def caught(clips: dict[str, Clip]) -> Iterator[tuple[str, str, Tally, float]]:
    """Gate, kind of fault, how many of them the gate rejects, and how many it should."""
    each = lambda work: [[work(image, i) for i, image in enumerate(clip[::4])] for clip in clips.values()]  # noqa: E731
    spoiled: list[tuple[str, str, list[Clip]]] = [
        ("dark", "almost no light", each(lambda image, i: lit(image, 0.03, 0, i))),
        ("overexposed", "exposure x 2.5", each(lambda image, i: lit(image, 2.5, 20, i))),
        ("overexposed", "exposure x 4", each(lambda image, i: lit(image, 4, 20, i))),
        ("blurred", "out of focus, 2 px", each(lambda image, _i: unsharp(image, 2))),
        ("blurred", "out of focus, 3 px", each(lambda image, _i: unsharp(image, 3))),
        ("blurred", "shaken, 20 px", each(lambda image, _i: shaken(image, 20))),
        ("obstructed", "80 % covered", each(lambda image, i: covered(image, 0.85, i))),
        ("obstructed", "all covered", each(lambda image, i: covered(image, 1.0, i))),
    ]
    floor = {"exposure x 2.5": 0.8, "out of focus, 2 px": 0.8, "shaken, 20 px": 0.0}
    for gate, kind, pictures in spoiled:
        tally = Tally()
        for clip in pictures:
            tally.add([hit for image in clip for hit in rejections(GATES[gate](), [image])])
        yield gate, kind, tally, floor.get(kind, CAUGHT)
    yield from _with_memory(clips)
    for fault, gate in ((Blackout(after=4.0, until=8.0), "dark"), (Blur(after=4.0, until=8.0), "blurred")):
        tally = Tally()
        tally.add(rejections(GATES[gate](), ward((fault,))[20:40]))
        yield gate, f"simulated {type(fault).__name__}", tally, CAUGHT
    tally = Tally()
    tally.add(rejections(Frozen(), ward((Stopped(after=3.0),)))[31:])
    yield "frozen", "simulated Frozen, after 3 s", tally, CAUGHT


def _with_memory(clips: dict[str, Clip]) -> Iterator[tuple[str, str, Tally, float]]:
    """What a gate sees because it knows what was before."""
    covers, stops, repeats, news, streams, spills = (Tally() for _ in range(6))
    for seed, clip in enumerate(clips.values()):
        gate = Obstructed()
        rejections(gate, [image for image in clip for _ in range(2)], pace=1.0)
        covers.add(rejections(gate, [covered(image, 0.6, i) for i, image in enumerate(clip[::4])], start=100 * SECOND))
        stops.add(rejections(Frozen(), [clip[0]] * 40)[16:])
        still = [lit(clip[0], 1.0, 0, i) for i in range(10)]
        repeats.add(rejections(Duplicate(), still)[1:])
        news.add(rejections(Duplicate(), clip))
        streams.add([hit for image in damaged(clip, seed) for hit in rejections(Corrupt(), [image])])
        for fill in (128, (0, 135, 0)):
            half = clip[0].copy()
            half[half.shape[0] // 2 :] = fill
            spills.add(rejections(Corrupt(), [half]))
        smeared = clip[0].copy()
        smeared[smeared.shape[0] // 2 :] = smeared[smeared.shape[0] // 2]
        spills.add(rejections(Corrupt(), [smeared]))
    yield "obstructed", "60 % covered, after a minute", covers, 0.9
    yield "frozen", "one picture, after 3 s", stops, CAUGHT
    yield "duplicate", "nothing but noise", repeats, CAUGHT
    yield "corrupt", "damaged H.264", streams, SEEN
    yield "corrupt", "half decoded", spills, CAUGHT
    yield "(duplicate)", "people who walk: not to be caught", Tally(news.total - news.hits, news.total), 0.95


def main() -> int:
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    missed = 0
    if not DATA.is_dir():
        print(f"no footage in {DATA}")
        return 1
    clips = real()
    frames = sum(map(len, clips.values()))
    print(f"good footage turned away, {len(clips)} cameras, {frames} frames (bound {FALSE:.0%} each)")
    print(f"{'':18}" + "".join(f"{name:>13}" for name in GATES))
    for kind, row in falsely(clips).items():
        words = [f"{row[name].share:12.1%}{'!' if row[name].share > FALSE else ' '}" for name in GATES]
        missed += sum(row[name].share > FALSE for name in GATES)
        print(f"{kind:18}" + "".join(words))
    print(f"\n{'gate':14}{'fault':36}{'frames':>8}{'caught':>9}{'bound':>8}")
    for gate, kind, tally, bound in caught(clips):
        missed += tally.share < bound
        print(f"{gate:14}{kind:36}{tally.total:8}{tally.share:9.1%}{bound:8.0%} {'ok' if tally.share >= bound else 'missed'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
