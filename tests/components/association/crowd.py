"""People who exist only on paper: what cameras would say of them, moment by moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from components.association.association import Association
from components.association.tracks import SECOND
from components.contracts import UNKNOWN, Floats32, Position, Sighting, no_features

START = 1_772_445_600 * SECOND
STEP = SECOND // 5
AREAS = {"a": (0.0, 8.0), "b": (6.0, 14.0), "c": (12.0, 20.0), "d": (26.0, 34.0)}  # metres along a corridor; a gap before d


def sighting(
    camera: str, track: int, seconds: float, x: float, y: float = 2.0, *, person: str = UNKNOWN, confidence: float = 0.95,
    role: str = UNKNOWN, uncertainty: float = 0.2, feature: Floats32 | None = None,
) -> Sighting:  # fmt: skip
    """What `camera` says of one of its tracks, `seconds` after the start."""
    named = person != UNKNOWN
    return Sighting(
        camera, "v", track, START + round(seconds * SECOND), 0, "5" * 64, 0, person, confidence if named else 0.0, role, x, y,
        uncertainty, "Corridor", (0.0, 0.0, 1.0, 1.0), 0.9, "badge read" if named else "",
        no_features() if feature is None else feature,
    )  # fmt: skip


def stretch(begin: float, end: float) -> list[float]:
    """The moments from `begin` up to `end`, seconds after the start."""
    return [moment / 5 for moment in range(round(begin * 5), round(end * 5))]


def followed(association: Association, sightings: Iterable[Sighting]) -> list[Position]:
    """All positions of `sightings` (in any order); moments with nobody in them are left out."""
    moments: dict[int, list[Sighting]] = {}
    for seen in sightings:
        moments.setdefault(seen.time // STEP * STEP, []).append(seen)
    found = [position for time in sorted(moments) for position in association.see(time, moments[time])]
    return found + association.close()


def crowd(
    seed: int, people: int, moments: int, *, step: int = STEP, restless: float = 0.05
) -> Iterator[tuple[int, list[Sighting]]]:
    """People in a corridor under four cameras whose trackers lose them, mix them up and read badges, wrong ones too."""
    rng = np.random.default_rng(seed)
    place, tracks, names = rng.uniform((0, 0), (34, 6), (people, 2)), dict[tuple[str, int], int](), dict[tuple[str, int], str]()
    goal, fault, used = place.copy(), {name: rng.normal(0, 0.15, 2) for name in AREAS}, dict.fromkeys(AREAS, 0)
    for moment in range(moments):
        seen: list[Sighting] = []
        for number in range(people):
            way = goal[number] - place[number]
            if (left := float(np.hypot(*way))) > 0.3:
                place[number] += way / left * min(1.2 * step / SECOND, left)
            elif rng.random() < restless:
                goal[number] = rng.uniform((0, 0), (34, 6))
            for name, (begin, end) in AREAS.items():
                x, y = place[number] + fault[name] + rng.normal(0, 0.1, 2)
                luck = rng.random(4)
                if not begin <= place[number][0] <= end:
                    tracks.pop((name, number), None)
                elif luck[0] > 0.05:
                    if (name, number) not in tracks or luck[1] < 0.01:
                        used[name] += 1
                        tracks[name, number] = used[name]
                    track = tracks[name, number]
                    if luck[2] < 0.03:
                        names[name, track] = f"person {number if luck[3] > 0.05 else (number + 1) % people}"
                    seen.append(
                        sighting(
                            name, track, moment * step / SECOND, float(x), float(y), person=names.get((name, track), UNKNOWN)
                        )
                    )
        mixed = [key for key in tracks if key[0] == "b"]
        if len(mixed) > 1 and rng.random() < 0.02:
            tracks[mixed[0]], tracks[mixed[1]] = tracks[mixed[1]], tracks[mixed[0]]
        yield START + moment * step, seen
