from __future__ import annotations

import numpy as np
import pytest

from components.sources.optics import Pose
from components.sources.stage import Shot, Stage
from components.sources.ward import HOUR, SECOND, Moment, Ward

MORNING = 1_772_445_600 * SECOND  # 2026-03-02T10:00:00+00:00
CORRIDOR = Pose((0.25, 6.5, 2.7), (6.5, 6.5, 0.5), 70.0, 960, 540)


class Posed(Ward):
    """The ward, with people where the test wants them."""

    places: tuple[tuple[float, float], ...] = ()

    def at(self, time: int, wing: int = 0) -> Moment:
        n = len(self.places)
        row = np.zeros(n)
        return Moment(np.arange(n), np.array(self.places).reshape(n, 2), row + np.pi, row, row, row)


@pytest.fixture(scope="module")
def posed(ward: Ward) -> Posed:
    return Posed(ward.seed, staff=ward.staff, visitors=ward.visitors)


@pytest.fixture(scope="module")
def stage(posed: Posed) -> Stage:
    return Stage(posed, CORRIDOR)


def _shoot(stage: Stage, posed: Posed, *places: tuple[float, float]) -> Shot:
    posed.places = places
    return stage.shoot(MORNING)


def test_somebody_in_the_open_is_wholly_visible_and_the_box_is_tight(stage: Stage, posed: Posed) -> None:
    shot = _shoot(stage, posed, (5.0, 6.5))
    assert shot.visibility.tolist() == [1.0]
    changed = np.abs(shot.image.astype(int) - stage.backdrop(MORNING)).max(-1) > 12
    x0, y0, x1, y1 = shot.boxes[0].astype(int)
    assert changed[y0:y1, x0:x1].mean() > 0.3
    for edge in (changed[y0, x0:x1], changed[y1 - 1, x0:x1], changed[y0:y1, x0], changed[y0:y1, x1 - 1]):
        assert edge.any()
    changed[max(y0, 0) : y1, x0:x1] = False
    assert changed[: y1 - 20].sum() == 0  # outside of the box there is only a shadow, at the feet


def test_the_box_stands_on_the_floor_position(stage: Stage, posed: Posed) -> None:
    places = [(4.0, 6.0), (6.0, 7.0), (9.0, 6.4)]
    shot = _shoot(stage, posed, *places)
    foot = np.column_stack([(shot.boxes[:, 0] + shot.boxes[:, 2]) / 2, shot.boxes[:, 3], np.ones(3)])
    back = foot @ np.array(CORRIDOR.to_floor).T
    assert np.hypot(*(back[:, :2] / back[:, 2:] - places).T).max() < 0.35
    assert shot.floor == pytest.approx(np.array(places))


def test_the_nearer_one_hides_the_farther_one(stage: Stage, posed: Posed) -> None:
    alone = _shoot(stage, posed, (8.0, 6.5))
    both = _shoot(stage, posed, (8.0, 6.5), (5.0, 6.5))
    assert both.actors == (0, 1)
    assert both.visibility[0] < 0.75 and both.visibility[1] == 1.0
    assert both.boxes[0] == pytest.approx(alone.boxes[0])  # the box is of the whole figure


def test_furniture_hides_legs_and_walls_hide_everything(stage: Stage, posed: Posed) -> None:
    shot = _shoot(stage, posed, (12.5, 11.0), (7.0, 9.3), (5.0, 6.5))
    assert 0 not in shot.actors  # in the office
    assert shot.visibility[shot.actors.index(2)] == 1.0
    behind_counter = shot.visibility[shot.actors.index(1)] if 1 in shot.actors else 0.0
    assert behind_counter < 0.8


def test_who_stands_half_outside_of_the_picture_is_clipped(stage: Stage, posed: Posed) -> None:
    shot = _shoot(stage, posed, (2.3, 6.5))
    x0, y0, x1, y1 = shot.boxes[0]
    assert 0 <= x0 < x1 <= 960 and 0 <= y0 < y1 == 540
    assert 0.2 < shot.visibility[0] < 0.95


def test_an_empty_ward_is_the_backdrop_and_light_changes_in_steps(stage: Stage, posed: Posed) -> None:
    posed.places = ()
    noon, later, evening = (stage.shoot(MORNING + offset) for offset in (0, 60 * SECOND, 10 * HOUR))
    assert noon.actors == () and noon.boxes.shape == (0, 4) and noon.floor.shape == (0, 2)
    assert np.array_equal(noon.image, later.image)
    assert noon.image.mean() > evening.image.mean() + 5
    assert noon.image is not stage.backdrop(MORNING)


def test_people_are_lit_like_their_surroundings(stage: Stage, posed: Posed) -> None:
    posed.places = ((5.0, 6.5),)
    day, night = stage.shoot(MORNING), stage.shoot(MORNING + 17 * HOUR)
    x0, y0, x1, y1 = day.boxes[0].astype(int)
    assert day.image[y0:y1, x0:x1].mean() > night.image[y0:y1, x0:x1].mean() + 30
