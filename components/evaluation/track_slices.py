"""How well people were followed by camera, by hour of the day, by how many people there are, and by role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats64, Ints, Truth
from components.evaluation.slices import Slices, name_of
from components.evaluation.tracks import Scene, TrackReport, evaluate_tracks, known, matches, moments_of


@dataclass(frozen=True, slots=True)
class Footage:
    """What is known of the frames and people of one camera, besides boxes."""

    times: Mapping[int, int]  # Frame.index -> fleet time, ns
    roles: tuple[str, ...]  # of the people, by their ids in Boxes.of_truth


@dataclass(frozen=True, slots=True)
class TrackPart:
    """The figures of one slice that have a meaning there; identities do not within a crowd level, which comes and goes."""

    kind: str
    value: str
    enough: bool  # people, for its figures to mean something
    figures: Mapping[str, float]

    @property
    def name(self) -> str:
        return name_of(self.kind, self.value)

    def metrics(self) -> dict[str, float]:
        """Names such as hota.camera.bay_a; of a slice with few people only its counts."""
        return {
            f"{name}.{self.name}": value for name, value in self.figures.items() if self.enough or name in ("frames", "people")
        }


@dataclass(frozen=True, slots=True)
class _Seen:
    """One row per person and frame, and per frame, of all cameras."""

    role: NDArray[np.str_]  # (rows,)
    crowd: Ints  # (rows,) people in the frame
    error: Floats64  # (rows,) metres; NaN: not known
    found: NDArray[np.bool_]  # (rows,)
    frame_crowd: Ints  # (frames,)
    alarms: Ints  # (frames,) tracks of nobody


def roles_of(truth: Mapping[int, Truth]) -> tuple[str, ...]:
    """The role of each person, by id in Boxes.of_truth of the same truth."""
    roles = {person: role for each in truth.values() for person, role in zip(each.people, each.roles, strict=True)}
    return tuple(roles[person] for person in sorted(roles))


def parts_of(
    scenes: Mapping[str, Scene], footage: Mapping[str, Footage], report: TrackReport, slices: Slices
) -> Iterator[TrackPart]:
    """Every slice of `scenes` that there is, of which `report` are the figures."""
    for camera, figures in report.cameras.items():
        yield _part("camera", camera, known(figures), slices)
    for hours, some in _by_hour(scenes, footage, slices):
        whole = sum(len(scene.frames) for scene in some.values()) == report.overall.frames
        yield _part("hour", hours, known(report.overall if whole else evaluate_tracks(some).overall), slices)
    seen = _seen(scenes, footage)
    names, block = slices.crowd_block(seen.crowd)
    _, frames = slices.crowd_block(seen.frame_crowd)
    for i in np.unique(frames).tolist():
        yield _part("crowd", names[i], _framewise(seen, block == i, frames == i), slices)
    for role in np.unique(seen.role).tolist():
        if role not in ("", "unknown"):
            counts = _framewise(seen, seen.role == role, np.zeros(len(seen.alarms), np.bool_))
            yield _part("role", role, {name: counts[name] for name in counts if name not in ("precision", "frames")}, slices)


def _part(kind: str, value: str, figures: Mapping[str, float], slices: Slices) -> TrackPart:
    return TrackPart(kind, value, figures["people"] >= slices.people, figures)


def _by_hour(
    scenes: Mapping[str, Scene], footage: Mapping[str, Footage], slices: Slices
) -> Iterator[tuple[str, dict[str, Scene]]]:
    """The scenes of each block of hours, with those of their frames that are in it."""
    blocks: dict[int, dict[str, Scene]] = {}
    names: tuple[str, ...] = ()
    for camera, scene in scenes.items():
        frames = np.unique(np.array(scene.frames, np.int64))
        names, block = slices.hour_block(np.array([footage[camera].times[frame] for frame in frames.tolist()], np.int64))
        for i in np.unique(block).tolist():
            blocks.setdefault(i, {})[camera] = replace(scene, frames=frames[block == i].tolist())
    yield from ((names[i], some) for i, some in sorted(blocks.items()))


def _seen(scenes: Mapping[str, Scene], footage: Mapping[str, Footage]) -> _Seen:
    rows: list[tuple[NDArray[np.str_], Ints, Floats64, NDArray[np.bool_]]] = []
    frames: list[tuple[int, int]] = []
    for camera, scene in scenes.items():
        roles = np.array([*footage[camera].roles, ""])
        for moment in moments_of(scene):
            true, tracked = matches(moment.overlap)
            people = len(moment.true_ids)
            found, error = np.zeros(people, np.bool_), np.full(people, np.nan)
            found[true] = True
            error[true] = np.linalg.norm(moment.true_floor[true] - moment.floor[tracked], axis=1)
            rows.append((roles[moment.true_ids], np.full(people, people), error, found))
            frames.append((people, len(moment.tracks) - len(tracked)))
    role, crowd, errors, hits = (np.concatenate(column) for column in zip(*rows, strict=True))
    counts, alarms = np.array(frames, np.int64).reshape(-1, 2).T
    return _Seen(role, crowd, errors, hits, counts, alarms)


def _framewise(seen: _Seen, rows: NDArray[np.bool_], frames: NDArray[np.bool_]) -> dict[str, float]:
    hits, people, alarms = int(seen.found[rows].sum()), int(rows.sum()), int(seen.alarms[frames].sum())
    errors = seen.error[rows & np.isfinite(seen.error)]
    figures = {
        "precision": hits / (hits + alarms) if hits + alarms else None,
        "recall": hits / people if people else None,
        "position_error_m_median": float(np.median(errors)) if len(errors) else None,
        "frames": float(frames.sum()),
        "people": float(people),
    }
    return {name: value for name, value in figures.items() if value is not None}


def sequences(report: TrackReport) -> Sequence[tuple[str, str, float]]:
    """Camera, figure and value: what can be drawn again and again from, sequence by sequence."""
    return [(camera, name, value) for camera, figures in report.cameras.items() for name, value in known(figures).items()]
