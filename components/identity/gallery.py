"""Recognises people by their appearance, against a gallery of people who were enrolled."""

from __future__ import annotations

import difflib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats32, Frame, InputError, Observation, Pace, Person, Tracks

PACE = Pace(unknown=0.5, known=5.0, alike=5.0)
ENROL = "enrol people again with components.identity.gallery.enrol and save what it gives"
LEAST = 0.02  # standard deviation of similarities: a gallery of copies is not as sure as it looks


@dataclass(frozen=True, slots=True)
class Gallery:
    """Features of known people, and what a similarity to them means."""

    features: Floats32  # (n, d) unit length
    people: tuple[str, ...]  # whose each is
    middle: float  # cosine that speaks neither for a person nor against
    slope: float  # nats per unit of cosine

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.people)))

    def ratios(self, features: Floats32) -> NDArray[np.float64]:
        """(n, names) log-likelihood ratio of each of `features` (n, d) being each person's, against a stranger's."""
        return self.slope * (_nearest(features @ self.features.T, self._owner()) - self.middle)

    def save(self, path: Path) -> None:
        """Write an .npz, whole or not at all."""
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            meaning = np.array([self.middle, self.slope])
            np.savez(file, features=self.features, people=np.array(self.people, np.str_), meaning=meaning)
        part.replace(path)

    @classmethod
    def load(cls, path: Path, roster: Sequence[Person]) -> Gallery:
        """Raises InputError where the file is no gallery, or has people who are not on the `roster`; nothing in it is run."""
        try:
            with np.load(path, allow_pickle=False) as file:
                features, people, meaning = (file[name] for name in ("features", "people", "meaning"))
        except FileNotFoundError:
            raise InputError(f"gallery {path}: no such file; {ENROL}") from None
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise InputError(f"gallery {path}: cannot be read ({str(error).splitlines()[0]}); {ENROL}") from None
        if features.ndim != 2 or len(features) != len(people) or meaning.shape != (2,) or not np.isfinite(features).all():
            raise InputError(
                f"gallery {path}: {features.shape} features of {people.shape} people; expected (n, d) of (n,); {ENROL}"
            )
        _check_names(path, set(people.tolist()), [person.id for person in roster])
        return cls(features.astype(np.float32), tuple(people.tolist()), float(meaning[0]), float(meaning[1]))

    def _owner(self) -> NDArray[np.int64]:
        return np.searchsorted(self.names, self.people)


def enrol(features: Floats32, people: Sequence[str]) -> Gallery:
    """A gallery of `features` (n, d), row i of them of `people[i]`: several looks at each of at least two people.

    Similarities to other pictures of the same person and to the most similar picture of another one are taken as two normal
    distributions of one width (linear discriminant analysis, Fisher 1936), which says what any similarity is worth.
    """
    counts = {name: list(people).count(name) for name in set(people)}
    if len(features) != len(people) or len(counts) < 2 or min(counts.values()) < 2:
        raise InputError(f"enrolment: {len(features)} features of {counts}; expected at least two people and two looks at each")
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    names = sorted(counts)
    owner = np.searchsorted(names, list(people))
    alike = unit @ unit.T
    np.fill_diagonal(alike, -1.0)  # nobody is recognised by the very same picture
    nearest = _nearest(alike, owner)
    own = np.arange(len(names)) == owner[:, None]
    same, other = nearest[own], nearest[~own]
    deviation = max(LEAST, float(np.sqrt((same.var() + other.var()) / 2)))
    gap = float(same.mean() - other.mean())
    if gap <= 0:
        raise InputError(f"enrolment: people look no more like themselves than like others ({gap:.3f}); use another reid network")
    return Gallery(unit.astype(np.float32), tuple(people), float(same.mean() + other.mean()) / 2, gap / deviation**2)


class Appearance:
    """The features of tracked people (`reid`) against the gallery in the file `path`, as Evidence; one instance per camera.

    A track may be nobody who was enrolled: a similarity below the gallery's middle speaks against everybody. One look counts
    for at most `limit` nats. Choose a `reid` network, the same that the gallery was made with. Raises InputError for a file
    that is no gallery, and for features of another length.
    """

    def __init__(self, path: str, *, roster: tuple[Person, ...], limit: float = 3.0, pace: Pace = PACE) -> None:
        if limit <= 0:
            raise InputError(f"gallery: limit is {limit}, expected more than 0 nats")
        self.pace, self._limit = pace, limit
        self._gallery, self._path = Gallery.load(Path(path), roster), path

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]:  # noqa: ARG002 - the contract's argument
        """One observation for each row of `due` that has features."""
        length = self._gallery.features.shape[1]
        if tracks.features.shape[1] not in (0, length):
            raise InputError(
                f"gallery {self._path}: features of {length} numbers, the reid network gives {tracks.features.shape[1]}; {ENROL}"
            )
        rows = [row for row in due if tracks.features[row].any()]
        if not rows:
            return []
        ratios = np.clip(self._gallery.ratios(tracks.features[rows]), -self._limit, self._limit)
        return [self._said(row, ratio) for row, ratio in zip(rows, ratios, strict=True)]

    def _said(self, row: int, ratios: NDArray[np.float64]) -> Observation:
        names, best = self._gallery.names, int(ratios.argmax())
        says = f"looks like {names[best]}" if ratios[best] > 0 else "looks like nobody who was enrolled"
        return Observation(row, says, dict(zip(names, ratios.tolist(), strict=True)))


def _nearest(alike: NDArray[np.floating], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, people) the greatest similarity of each row to a picture of each person, of (n, pictures)."""
    return np.stack([alike[:, owner == number].max(axis=1) for number in range(owner.max() + 1)], axis=1).astype(np.float64)


def _check_names(path: Path, people: set[str], roster: list[str]) -> None:
    for name in sorted(people - set(roster)):
        near = difflib.get_close_matches(name, roster, n=1)
        hint = f"did you mean {near[0]}?" if near else "take it out of the gallery, or put it into fleet.staff"
        raise InputError(f"gallery {path}: {name} is not on the roster; {hint}")
