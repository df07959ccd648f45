from dataclasses import replace

import numpy as np
import pytest

from components.contracts import UNKNOWN, Position, Truth
from components.evaluation.site import REACH, SEEN, Somebody, evaluate_site, moments_of

SECOND = 1_000_000_000
STEP = SECOND // 5
START = 1_772_445_600 * SECOND
MOMENTS = 50
PLACES = {"nurse_1": 1.0, "nurse_2": 6.0, "visitor_1": 12.0}


def there(**hidden):
    """Three people who walk side by side, seen as `hidden` says or wholly."""
    return {START // STEP + moment: {person: _somebody(person, moment, hidden) for person in PLACES} for moment in range(MOMENTS)}


def _somebody(person, moment, hidden):
    return Somebody((PLACES[person] + moment / 20, 2.0), hidden.get(person, 1.0), person.startswith("nurse"))


def said(moment, person, identity="", name=UNKNOWN, confidence=0.0, off=0.0):
    x, y = PLACES[person] + moment / 20 + off, 2.0
    return Position(
        START + moment * STEP, identity or person[-8:], name, UNKNOWN, confidence, x, y, 0.1, "", ("a",), ("a/1",), ""
    )


def perfect(**what):
    return [said(moment, person, **what) for moment in range(MOMENTS) for person in PLACES]


def evaluated(positions, truth=None):
    return evaluate_site(positions, there() if truth is None else truth, step=STEP)


def test_who_is_always_where_they_are_said_to_be_is_perfect():
    figures = evaluated(perfect())
    assert (figures.site_idf1, figures.site_precision, figures.site_recall) == (1.0, 1.0, 1.0)
    assert figures.site_position_error_m_median == pytest.approx(0, abs=1e-9)
    assert (figures.identities, figures.site_people, figures.site_moments) == (3, 3, MOMENTS)
    assert figures.named_right is figures.calibration_error is None and figures.named == 0
    assert "named_right" not in figures.metrics() and figures.metrics()["site_idf1"] == 1.0


def test_identities_that_swap_half_way_count_half():
    swapped = {"nurse_1": "nurse_2", "nurse_2": "nurse_1"}
    positions = [
        said(moment, person, identity=swapped.get(person, person) if moment >= MOMENTS // 2 else person)
        for moment in range(MOMENTS)
        for person in PLACES
    ]
    figures = evaluated(positions)
    assert figures.site_idf1 == pytest.approx(2 / 3)  # of two people the half, of the third everything
    assert figures.site_recall == figures.site_precision == 1.0


def test_nobody_found_is_no_figure_of_places_and_nobody_there_is_no_error():
    figures = evaluated([])
    assert (figures.site_idf1, figures.site_recall, figures.site_position_error_m_median) == (0, 0, None)
    nobody = evaluate_site([], {}, step=STEP)
    assert (nobody.site_idf1, nobody.site_moments, nobody.named) == (0, 0, None)
    ghosts = evaluated(perfect(), {moment: {} for moment in there()})
    assert (ghosts.site_precision, ghosts.named) == (0, None)


def test_too_far_away_is_missed_and_wrong():
    assert evaluated(perfect(off=REACH * 0.9)).site_idf1 == 1.0
    figures = evaluated(perfect(off=REACH * 1.1))
    assert (figures.site_idf1, figures.site_recall, figures.site_precision) == (0, 0, 0)
    assert evaluated(perfect(off=0.25)).site_position_error_m_median == pytest.approx(0.25)


def test_names_are_right_wrong_or_missing():
    positions = [said(m, p, name=p, confidence=0.9) for m in range(MOMENTS) for p in PLACES if p != "visitor_1"]
    figures = evaluated(positions)
    assert (figures.named_right, figures.named) == (1.0, 1.0)
    wrong = [replace(position, person="nurse_2") for position in positions]
    assert (evaluated(wrong).named_right, evaluated(wrong).named) == (0.5, 1.0)
    half = [replace(p, person=UNKNOWN) if (p.time - START) // STEP < MOMENTS // 2 else p for p in positions]
    assert (evaluated(half).named_right, evaluated(half).named) == (1.0, 0.5)
    visitor = [said(moment, "visitor_1", name="nurse_1", confidence=0.9) for moment in range(MOMENTS)]
    assert evaluated(visitor).named_right == 0.0, "a visitor's name is never right"


def test_who_is_hardly_visible_need_not_be_found_and_may_be():
    truth = there(nurse_2=SEEN)
    for found in (perfect(), [position for position in perfect() if position.identity != "nurse_2"]):
        figures = evaluated(found, truth)
        assert (figures.site_idf1, figures.site_recall, figures.site_precision) == (1.0, 1.0, 1.0)
        assert (figures.identities, figures.site_people) == (2, 2)
    assert evaluated([p for p in perfect() if p.identity != "nurse_2"], there(nurse_2=SEEN + 0.01)).site_recall == pytest.approx(
        2 / 3
    )


def test_confidence_is_compared_with_how_often_it_is_right():
    positions = [
        said(moment, "nurse_1", name="nurse_1" if moment % 5 else "nurse_2", confidence=0.75) for moment in range(MOMENTS)
    ]
    assert evaluated(positions).calibration_error == pytest.approx(0.05)  # four of five are right
    assert evaluated([replace(position, confidence=1.0) for position in positions]).calibration_error == pytest.approx(0.2)
    mixed = [replace(p, confidence=1.0 if p.person == "nurse_1" else 0.0) for p in positions]
    assert evaluated(mixed).calibration_error == 0


def test_moments_without_truth_do_not_count():
    assert evaluated([*perfect(), said(MOMENTS + 10, "nurse_1", identity="ghost")]).site_precision == 1.0


def test_of_several_cameras_the_one_that_sees_somebody_best_says_where_they_are():
    def truth(time, x, visibility, *people):
        n = len(people)
        floor = np.array([[x, 1.0]] * n).reshape(n, 2)
        seen = np.full(n, visibility, np.float32)
        return Truth(time, np.zeros((n, 4), np.float32), people, ("nurse",) * n, floor, seen)

    time = START + STEP // 2
    found = moments_of(
        [{START: truth(START, 1, 0.5, "nurse_1", "visitor_1")}, {time: truth(time, 2, 0.75, "nurse_1")}, {0: truth(0, 3, 1.0)}],
        step=STEP,
        staff={"nurse_1"},
    )
    assert found == {
        START // STEP: {"nurse_1": Somebody((2, 1), 0.75, True), "visitor_1": Somebody((1, 1), 0.5, False)},
        0: {},
    }
