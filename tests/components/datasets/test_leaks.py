from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.contracts import InputError
from components.datasets.leaks import ALIKE, TRACK, Leaks, Seen, apart, refuse, tracks_of

SECOND = 1_000_000_000
TRAIN, VAL, TEST = 0, 1, 2


def scene(frames: list[dict[str, tuple[float, float]]], hashes: list[int] | None = None, step: float = 0.2) -> Seen:
    """Frames `step` seconds apart: who is at which x and y, 20 px wide and 40 px high."""
    boxes = [np.array([[x, y, x + 20, y + 40] for x, y in people.values()], np.float32).reshape(-1, 4) for people in frames]
    times = np.arange(len(frames)) * round(step * SECOND)
    different = [i * 0x0101_0101_0101_0101 * 7 % 2**62 for i in range(len(frames))]
    names = [[name.rstrip("'") for name in people] for people in frames]
    return Seen("a", times, np.array(hashes or different, np.int64), names, boxes)


def codes(*values: int) -> Any:
    return np.array(values, np.int8)


def test_a_track_lasts_as_long_as_its_person_is_in_view() -> None:
    ann, both = {"ann": (0.0, 0.0)}, {"ann": (0.0, 0.0), "bob": (90.0, 0.0)}
    seen = scene([ann, both, {}, both, ann, *[{}] * 6, ann])
    found = sorted((name, frames.tolist()) for name, frames in tracks_of(seen, 1.0))
    assert found == [("ann", [0, 1, 3, 4]), ("ann", [11]), ("bob", [1, 3])]
    assert len(list(tracks_of(seen, 0.0))) == 7


@pytest.mark.parametrize("name", ["", "unknown"])
def test_somebody_without_a_name_is_followed_by_overlap(name: str) -> None:
    """Two of them, one walks, one stands; a third comes from elsewhere."""
    frames = [{name: (4.0 * i, 0.0), f"{name}'": (200.0, 0.0)} for i in range(5)] + [{name: (400.0, 0.0)}]
    found = sorted(frames.tolist() for _, frames in tracks_of(scene(frames), 1.0))
    assert found == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [5]]


def test_a_track_stays_where_most_of_it_is() -> None:
    walk = scene([{"ann": (30.0 * i, 0.0)} for i in range(6)])
    assert apart(walk, codes(0, 0, 0, 0, 2, 2), Leaks()).tolist() == [0, 0, 0, 0, TRACK, TRACK]
    assert apart(walk, codes(0, 1, 2, 2, 2, 2), Leaks()).tolist() == [TRACK, TRACK, 2, 2, 2, 2]
    assert apart(walk, codes(1, 1, 1, 1, 1, 1), Leaks()).tolist() == [1] * 6


def test_a_picture_stays_in_the_smallest_split() -> None:
    empty = scene([{}] * 6, hashes=[0b0, 0b1, 0b111000, 0b111001, 0b111011, 1 << 40 | 0b11111])
    found = apart(empty, codes(TRAIN, TEST, TRAIN, VAL, TEST, TRAIN), Leaks(bits=1))
    assert found.tolist() == [ALIKE, TEST, TRAIN, ALIKE, TEST, TRAIN]
    refuse(empty, found, Leaks(bits=1))
    with pytest.raises(InputError, match="3 pictures are nearly the same as one in another split"):
        refuse(empty, codes(TRAIN, TEST, TRAIN, VAL, TEST, TRAIN), Leaks(bits=1))


def test_pictures_of_people_who_stand_elsewhere_are_not_alike() -> None:
    """A camera that hangs still sees the same walls: people are the difference."""
    hashes = [5, 5, 5, 5]
    seen = scene([{"ann": (0.0, 0.0)}, {"bob": (1.0, 1.0)}, {"cat": (9.0, 0.0)}, {}], hashes, step=60)
    assert apart(seen, codes(TRAIN, TEST, TRAIN, TRAIN), Leaks()).tolist() == [ALIKE, TEST, TRAIN, TRAIN]
    two = scene([{"ann": (0.0, 0.0), "bob": (90.0, 0.0)}, {"cat": (91.0, 0.0), "dan": (0.0, 1.0)}], [5, 5], step=60)
    assert apart(two, codes(TRAIN, VAL), Leaks()).tolist() == [ALIKE, VAL]


def test_hashes_are_compared_with_their_sign() -> None:
    assert apart(scene([{}, {}], [-1, -2]), codes(TRAIN, VAL), Leaks()).tolist() == [ALIKE, VAL]
    assert apart(scene([{}, {}], [-1, 1]), codes(TRAIN, VAL), Leaks()).tolist() == [TRAIN, VAL]


def test_what_is_refused_names_people_times_counts_and_what_to_do() -> None:
    walk = scene([{"ann": (30.0 * i, 0.0), "bob": (0.0, 90.0 + 30 * i)} for i in range(6)])
    with pytest.raises(InputError) as caught:
        apart(walk, codes(0, 0, 0, 0, 2, 2), Leaks(straddling="refuse"))
    assert (
        "2 leaks of camera a: ann from 1970-01-01 00:00:00 to 1970-01-01 00:00:01 (4 frames in train, 2 frames in test)"
        in str(caught.value)
    )
    assert "splits.leaks.straddling=leave_out" in str(caught.value) and "splits=by_camera" in str(caught.value)


def test_no_leak_survives_whatever_people_do() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        frames = [
            {
                name: (float(x), 0.0)
                for name, x in zip("abcde", random.integers(0, 9, 5) * 40, strict=True)
                if random.random() < 0.3
            }
            for _ in range(60)
        ]
        seen = scene(frames, random.integers(0, 8, 60).tolist(), step=0.5)
        wanted = np.repeat(random.permutation(3), 20).astype(np.int8)
        found = apart(seen, wanted, Leaks(bits=0))
        refuse(seen, found, Leaks(bits=0))
        assert all(code in (wanted[i], TRACK, ALIKE) for i, code in enumerate(found.tolist()))
