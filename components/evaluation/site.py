"""Says how well people were told apart and named across all cameras of a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import Identity

from components.contracts import UNKNOWN, Floats64, Ints, Position, Truth
from components.evaluation.calibration import Reliability, reliability

REACH = 1.0  # metres: who is said to stand farther from where somebody stands is not that person
SEEN = 0.3  # share of somebody that one camera at least must see, for them to be asked for


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person of one moment, as the camera sees them that sees them best."""

    place: tuple[float, float]  # metres
    visibility: float  # 0..1
    staff: bool  # on the roster: could be named


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """Figures of the whole site. People are matched to positions of the same moment within `REACH` metres, one to one."""

    site_idf1: float  # Ristani 2016, with places instead of boxes
    site_precision: float  # of positions, that somebody is there
    site_recall: float  # of visible people, that they have a position
    named_right: float | None  # share of the names given that are right; None: no name was given
    named: float | None  # share of the visible staff's moments in which they have a name; None: there was no staff
    calibration_error: float | None  # mean distance of the confidence of names from the share that is right, over ten bins
    site_position_error_m_median: float | None
    identities: int
    site_people: int
    site_moments: int
    names: Reliability  # of the names that were given, by how sure they were

    def metrics(self) -> dict[str, float]:
        """The figures by name, without those that are not known."""
        figures = asdict(self)
        del figures["names"]
        return {name: float(value) for name, value in figures.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Match:
    """One moment: ids of people and positions that count, and which is which."""

    people: list[str]
    identities: list[str]
    near: Floats64  # (people, identities) 0..1, 0.5 at REACH
    errors: list[float]
    names: list[tuple[float, bool]]  # confidence, right
    staff: tuple[int, int]  # there, named


def moments_of(truths: Iterable[Mapping[int, Truth]], *, step: int, staff: set[str]) -> dict[int, dict[str, Somebody]]:
    """Who was where, by moment (time // step), from what each camera shows."""
    found: dict[int, dict[str, Somebody]] = {}
    for camera in truths:
        for truth in camera.values():
            there = found.setdefault(truth.time // step, {})
            for i, person in enumerate(truth.people):
                seen = float(truth.visibility[i])
                if person not in there or seen > there[person].visibility:
                    x, y = truth.floor[i].tolist()
                    there[person] = Somebody((x, y), seen, person in staff)
    return found


def evaluate_site(positions: Iterable[Position], truth: Mapping[int, Mapping[str, Somebody]], *, step: int) -> SiteFigures:
    """The figures of `positions`, over the moments (time // step) of which the `truth` is known."""
    said: dict[int, list[Position]] = {moment: [] for moment in truth}
    for position in positions:
        if position.time // step in said:
            said[position.time // step].append(position)
    matches = [_match(truth[moment], said[moment]) for moment in sorted(truth)]
    identity, sizes = _identity(matches)
    names, errors = [name for match in matches for name in match.names], [error for match in matches for error in match.errors]
    sure = reliability([sure for sure, _ in names], [right for _, right in names])
    there, named = (sum(match.staff[i] for match in matches) for i in (0, 1))
    return SiteFigures(
        site_idf1=identity["IDF1"],
        site_precision=len(errors) / max(sizes[0], 1),
        site_recall=len(errors) / max(sizes[1], 1),
        named_right=sum(right for _, right in names) / len(names) if names else None,
        named=named / there if there else None,
        calibration_error=sure.error if names else None,
        site_position_error_m_median=float(np.median(errors)) if errors else None,
        identities=sizes[2],
        site_people=sizes[3],
        site_moments=len(matches),
        names=sure,
    )


def _match(there: Mapping[str, Somebody], said: Sequence[Position]) -> _Match:
    """Who is hardly visible need not be found; a position that stands for such a person does not count either way."""
    people = list(there)
    places = np.array([there[person].place for person in people], np.float64).reshape(-1, 2)
    spots = np.array([(position.x, position.y) for position in said], np.float64).reshape(-1, 2)
    distance = np.linalg.norm(places[:, None] - spots[None], axis=2)
    near = np.clip(1 - distance / (2 * REACH), 0, 1)
    rows, columns = linear_sum_assignment(-np.where(near >= 0.5, near, 0))
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if near[i, j] >= 0.5]
    hidden = {i for i, person in enumerate(people) if there[person].visibility <= SEEN}
    counted = [(i, j) for i, j in pairs if i not in hidden]
    kept = [i for i in range(len(people)) if i not in hidden]
    dropped = {j for i, j in pairs if i in hidden}
    ours = [j for j in range(len(said)) if j not in dropped]
    names = [(said[j].confidence, said[j].person == people[i]) for i, j in counted if said[j].person != UNKNOWN]
    staff = {i for i in kept if there[people[i]].staff}
    named = sum(i in staff and said[j].person != UNKNOWN for i, j in counted)
    return _Match(
        [people[i] for i in kept], [said[j].identity for j in ours], near[np.ix_(kept, ours)],
        [float(distance[i, j]) for i, j in counted], names, (len(staff), named),
    )  # fmt: skip


def _identity(matches: Sequence[_Match]) -> tuple[dict[str, float], tuple[int, int, int, int]]:
    """TrackEval's identity figures, and how many positions, people's moments, identities and people there are."""
    people, true_ids = _numbered([match.people for match in matches])
    identities, ids = _numbered([match.identities for match in matches])
    sizes = (sum(map(len, ids)), sum(map(len, true_ids)), identities, people)
    data = {
        "num_timesteps": len(matches), "num_gt_ids": people, "num_tracker_ids": identities,
        "gt_ids": true_ids, "tracker_ids": ids,
        "num_gt_dets": sizes[1], "num_tracker_dets": sizes[0], "similarity_scores": [match.near for match in matches],
    }  # fmt: skip
    return Identity({"THRESHOLD": 0.5, "PRINT_CONFIG": False}).eval_sequence(data), sizes


def _numbered(names: Sequence[Sequence[str]]) -> tuple[int, list[Ints]]:
    numbers: dict[str, int] = {}
    rows = [np.array([numbers.setdefault(name, len(numbers)) for name in row], np.int64) for row in names]
    return len(numbers), rows
