"""Does it notice that a camera was moved: `python benchmarks/moved.py [--quick] [--only real]`.

Cameras of the simulated ward that were knocked by small and large angles, at noon and at night; real footage (PETS09, lab4) of
which half is warped as if the camera had been turned; all of it as it is, and with changes of light, for false alarms.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DATA = ROOT.parent / "shared" / "data"

from components.contracts import Camera, Person  # noqa: E402
from components.geometry import transform_points  # noqa: E402
from components.monitoring.background import gray  # noqa: E402
from components.monitoring.moved import Moved, Picture, Watch  # noqa: E402

SHIFTS = ((1.0, 3.0), (3.0, 6.0), (6.0, 15.0), (15.0, 40.0), (40.0, 120.0), (120.0, 1e9))  # px, classes of the table
FOUND = {(6.0, 15.0): 0.9, (15.0, 40.0): 0.95, (40.0, 120.0): 0.95}  # least share of moves that have to be found
FLOOR = 0.05  # m by which a floor mapping that was carried over may be wrong, median
FALSE = 0.0  # alarms on what has not moved
TURNS = (  # pan, tilt, roll, degrees
    (0.0, 0.0, 0.0), (0.15, 0.0, 0.0), (0.5, 0.2, 0.0), (1.0, -0.5, 0.5), (3.0, 1.0, 1.0), (10.0, -4.0, 3.0), (40.0, 0.0, 0.0),
)  # fmt: skip
WINDOW, WINDOWS, LEAST = 8, 2, 3.0
PLAIN = Camera("cam", "", ((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few cases of each kind")
    parser.add_argument("--only", choices=("simulated", "real"), help="one half of it")
    words = parser.parse_args()
    quick = words.quick
    cv2.setNumThreads(1)
    rows: list[tuple[float, Moved | None, Case]] = []
    halves = {"simulated": simulated, "real": real}
    for case in (case for name, half in halves.items() if words.only in (None, name) for case in half(quick)):
        watch = Watch(window=WINDOW, windows=WINDOWS, least=LEAST)
        reference = watch.reference(case.pictures)
        rows.append((case.pixels, watch.find(case.camera, reference, case.pictures), case))
    return report(rows)


class Case:
    """Pictures of one camera, and how far it was moved in the middle of them."""

    def __init__(
        self, name: str, camera: Camera, pictures: list[Picture], pixels: float, moment: int, truth: Camera | None = None
    ) -> None:
        self.name, self.camera, self.pictures, self.pixels, self.moment = name, camera, pictures, pixels, moment
        self.truth = truth  # the camera as it really hangs since then; None: nobody knows

    def off(self, camera: Camera) -> float:
        """Metres by which the floor mapping of `camera` is wrong after the move: the median over the floor within 12 m."""
        assert self.truth is not None
        height, width = self.pictures[0].image.shape
        x, y = np.meshgrid(np.linspace(0, width - 1, 16), np.linspace(0.4 * height, height - 1, 16))
        points = np.stack([x.ravel(), y.ravel()], axis=1)
        bottom = np.array([[width / 2, height - 1.0]])
        true, said = (transform_points(each.homography, points) for each in (self.truth, camera))
        near = np.linalg.norm(true - transform_points(self.truth.homography, bottom), axis=1) < 12
        return float(np.median(np.linalg.norm(true - said, axis=1)[near]))


def report(rows: list[tuple[float, Moved | None, Case]]) -> int:
    code = 0
    for low, high in SHIFTS:
        mine = [(found, case) for pixels, found, case in rows if low <= pixels < high]
        if not mine:
            continue
        hits = [(found, case) for found, case in mine if found]
        share, bound = len(hits) / len(mine), FOUND.get((low, high))
        off = [abs(found.pixels - case.pixels) for found, case in hits if np.isfinite(found.pixels)]
        late = [abs(found.moved - case.moment) / 1e9 for found, case in hits]
        mapped = sum(found.proposal is not None for found, _ in hits)
        good = bound is None or share >= bound
        code |= not good
        said = f"bound {bound:.2f}, {'ok' if good else 'missed'}" if bound else "no bound"
        print(
            f"moved {low:5.0f} to {high if high < 1e9 else np.inf:5.0f} px  found {len(hits):3d} of {len(mine):3d} "
            f"({share:.2f}; {said})  shift off by {np.median(off) if off else np.nan:.2f} px  "
            f"moment by {np.median(late) if late else np.nan:.1f} s  with a new mapping {mapped}"
        )
    placed = [
        (case.off(case.camera), case.off(found.proposal)) for _, found, case in rows if found and found.proposal and case.truth
    ]
    if placed:
        before, after = (float(np.median(column)) for column in zip(*placed, strict=True))
        worst = max(one for _, one in placed)
        code |= after > FLOOR
        print(
            f"floor mappings     {len(placed)} carried over: {before * 100:.0f} cm off before, {after * 100:.1f} cm after "
            f"(median; bound {FLOOR * 100:.0f} cm, {'ok' if after <= FLOOR else 'missed'}), {worst * 100:.0f} cm at worst"
        )
    still = [(found, case) for pixels, found, case in rows if pixels < 1]
    alarms = [case.name for found, case in still if found]
    share = len(alarms) / max(1, len(still))
    code |= share > FALSE
    print(
        f"not moved          alarms {len(alarms)} of {len(still)} ({share:.3f}; bound {FALSE:.3f}, "
        f"{'ok' if share <= FALSE else 'missed'})"
    )
    for name in alarms:
        print(f"  false alarm: {name}")
    for pixels, found, case in rows:
        if pixels >= 6 and found is None:
            print(f"  missed: {case.name}, {pixels:.1f} px")
    return int(code)


def simulated(quick: bool) -> Iterator[Case]:
    from components.sources.simulated import Simulated
    from components.sources.ward import Ward

    fleet = yaml.safe_load((ROOT / "conf" / "fleet" / "simulated_ward.yaml").read_text())
    about = fleet["every_camera"]
    ward = Ward(about["ward"]["seed"], staff=tuple(Person(**person) for person in fleet["staff"]), visitors=4)
    hours = ("2026-03-02T10:00:00+00:00", "2026-03-02T23:30:00+00:00")
    cameras = list(fleet["cameras"])[: 1 if quick else None]
    for name in cameras:
        for start in hours[: 1 if quick else None]:
            for turn in TURNS:
                yield _knocked(Simulated, fleet, name, ward, start, turn)


def _knocked(make: Callable, fleet: dict, name: str, ward, start: str, turn: tuple[float, float, float]) -> Case:
    from components.samplers.fixed_rate import FixedRate
    from components.sources.faults import Knocked

    seconds, after = 160.0, 80.0
    pan, tilt, roll = turn
    faults = (Knocked(after=after, until=1e9, pan=pan, tilt=tilt, roll=roll),) if any(turn) else ()
    spec = {**fleet["every_camera"], **fleet["cameras"][name], "ward": ward, "start": start, "seconds": seconds, "faults": faults}
    spec |= {"width": 640, "height": 360, "fps": 1.0}
    del spec["_target_"]
    source = make(name, **spec)
    pictures = [Picture(frame.time, gray(frame.image)) for frame in source.frames(FixedRate(0.2))]
    pixels = _turned(source, turn) if any(turn) else 0.0
    moment, now = source.start + round(after * 1e9), replace(source.pose, knock=turn)
    truth = Camera(name, "", now.to_floor, now.calibration)
    return Case(f"{name} at {start[11:16]}, turned by {turn}", source.camera, pictures, pixels, moment, truth)


def _turned(source, turn: tuple[float, float, float]) -> float:
    """Median way of the picture's points, px: a turn moves all of them, near and far, by a homography."""
    from components.monitoring.comparison import way

    then, now = source.pose.calibration, replace(source.pose, knock=turn).calibration
    lens = np.array(then.matrix)
    mapping = lens @ np.array(then.rotation) @ np.array(now.rotation).T @ np.linalg.inv(lens)
    return way(mapping, (source.pose.height, source.pose.width))


def real(quick: bool) -> Iterator[Case]:
    if not DATA.is_dir():
        print(f"real footage: left out, it is not in {DATA}")
        return
    clips = {"vtest": DATA / "PETS09-S2L1" / "vtest.avi"} | {f"lab4 {i}": DATA / "lab4" / f"cam{i}.mp4" for i in range(4)}
    random = np.random.default_rng(0)
    for name, path in list(clips.items())[: 2 if quick else None]:
        images = _clip(path, 32)
        yield Case(f"{name} as it is", PLAIN, _pictures(images), 0.0, 0)
        for kind, light in LIGHT.items():
            half = len(images) // 2
            yield Case(
                f"{name} with {kind}", PLAIN, _pictures([*images[:half], *(light(i, random) for i in images[half:])]), 0.0, 0
            )
        for number, shift in enumerate((2.0, 4.0, 8.0, 12.0, 20.0, 60.0)[: 3 if quick else None]):
            yield _warped(name, images, shift, number % 3, random)


def _warped(name: str, images: list, shift: float, turn: int, random) -> Case:
    """The second half of a clip as if the camera had been turned by about so many pixels; what is cut out has no border."""
    from components.monitoring.comparison import way

    height, width = images[0].shape
    angle, lens = random.uniform(0, 2 * np.pi), np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1.0]])
    axis = np.array([np.sin(angle), np.cos(angle), 0.25 * turn]) * shift / width
    turned = lens @ cv2.Rodrigues(axis)[0] @ np.linalg.inv(lens)
    margin = max(8, round(shift * 1.6))
    cut = np.array([[1, 0, -margin], [0, 1, -margin], [0, 0, 1.0]])
    size = (width - 2 * margin, height - 2 * margin)
    half = len(images) // 2
    before = [cv2.warpPerspective(image, cut, size) for image in images[:half]]
    after = [cv2.warpPerspective(image, cut @ turned, size) for image in images[half:]]
    pixels = way(cut @ np.linalg.inv(turned) @ np.linalg.inv(cut), size[::-1])
    pictures = _pictures([*before, *after])
    return Case(f"{name} turned by {shift:g} px ({turn})", PLAIN, pictures, pixels, pictures[half].time)


def _clip(path: Path, count: int) -> list:
    film = cv2.VideoCapture(str(path))
    total = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted, images = set(np.linspace(0, total - 1, count).astype(int).tolist()), []
    for number in range(total):
        there, image = film.read()
        if there and number in wanted:
            images.append(gray(image))
    film.release()
    return images


def _pictures(images: list) -> list[Picture]:
    return [Picture(number * 5_000_000_000, image) for number, image in enumerate(images)]


def _night(image, random):
    dark = image.astype(np.float32) * 0.3 + random.normal(0, 6, image.shape)
    return np.clip(dark, 0, 255).astype(np.uint8)


def _blinds(image, _random):
    """A patch of sun from one side."""
    ramp = np.linspace(0.6, 1.5, image.shape[1])[None]
    return np.clip(image * ramp, 0, 255).astype(np.uint8)


def _covered(image, random):
    """A trolley before a quarter of the picture."""
    out, (h, w) = image.copy(), image.shape
    out[h // 2 :, : w // 2] = np.clip(random.normal(90, 12, (h - h // 2, w // 2)), 0, 255).astype(np.uint8)
    return out


def _coded(image, _random):
    content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 25])[1]
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)


LIGHT = {
    "a third of the light": _night, "sun from one side": _blinds, "a quarter covered": _covered, "coarse JPEG": _coded,
    "gamma 0.5": lambda image, _: (255 * (image / 255.0) ** 0.5).astype(np.uint8),
    "blur": lambda image, _: cv2.GaussianBlur(image, (0, 0), 2.0),
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
