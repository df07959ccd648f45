"""Rates over the score against counting, and the best of them against trying all."""

import numpy as np
import pytest

from components.evaluation.precision import average_precisions, best, envelope, over_scores, rates, scored


@pytest.fixture
def found():
    rng = np.random.default_rng(8)
    score = np.round(rng.random(300), 2).astype(np.float32)
    score[::10] = np.nan  # people who were missed
    matches = (rng.random(300) < np.nan_to_num(score)).astype(np.uint16)
    matches[np.isnan(score)] = 0
    ignored = ((rng.random(300) < 0.1) & (matches == 0)).astype(np.uint16)
    return scored(score, matches, ignored, 200)


def counted(found, score):
    rows = found.score >= np.float32(score)
    hits = int((found.matches[rows] & 1).sum())
    alarms = int(rows.sum()) - hits - int((found.ignored[rows] & 1).sum())
    return hits, alarms


@pytest.mark.parametrize("score", [0.0, 0.25, 0.5, 0.73, 0.99])
def test_rates_are_those_of_counting(found, score):
    hits, alarms = counted(found, score)
    said = rates(found, score)
    assert said.recall == pytest.approx(hits / 200)
    assert said.precision == pytest.approx(hits / (hits + alarms))
    assert said.f1 == pytest.approx(2 * said.precision * said.recall / (said.precision + said.recall))


def test_the_best_score_is_the_best_of_all(found):
    tried = {score: rates(found, score).f1 for score in np.unique(found.score).tolist()}
    assert best(found).f1 == pytest.approx(max(tried.values()))
    assert tried[best(found).score] == pytest.approx(max(tried.values()))


def test_nothing_is_said_above_all_scores(found):
    (said,) = over_scores(found, np.array([1.5]))
    assert np.isnan(said.precision) and (said.recall, said.f1) == (0, 0)


def test_without_people_or_detections():
    none, one = np.zeros(0, np.uint16), np.zeros(1, np.uint16)
    nobody = scored(np.array([0.5], np.float32), one, one, 0)
    silent = scored(np.zeros(0, np.float32), none, none, 3)
    assert np.isnan(average_precisions(nobody)).all() and np.isnan(envelope(nobody, 0)).all()
    assert (average_precisions(silent) == 0).all() and best(silent).recall == 0
