"""A clock of whole seconds is known to the time that an answer takes, after a few questions."""

from __future__ import annotations

import numpy as np
import pytest

from components.clocks.ticks import SECOND, Answer, bounds, due

NOW = 1_800_000_000 * SECOND


def said(offset: int, asked: int, there: int, back: int) -> Answer:
    return Answer(asked, asked + there + back, (asked + there + offset) // SECOND * SECOND)


@pytest.mark.parametrize("seed", range(20))
def test_every_question_halves_what_is_possible(seed: int) -> None:
    rng, answers = np.random.default_rng(seed), list[Answer]()
    offset, now = round(rng.uniform(-40, 40) * SECOND), NOW
    for _ in range(12):
        there, back = (round(rng.uniform(0.5e6, 4e6)) for _ in range(2))
        if answers:
            now = due(bounds(answers), 4_000_000, now)
        answers.append(said(offset, now, there, back))
        now = answers[-1].answered
    known = bounds(answers)
    assert known.least <= offset <= known.most and known.agree == len(answers)
    assert known.most - known.least < 10_000_000 and known.uncertainty < 3_000_000


def test_an_answer_that_does_not_fit_is_outvoted() -> None:
    answers = [said(7 * SECOND, NOW + i * 1_130_000_000, 1_000_000, 1_000_000) for i in range(9)]
    odd = Answer(answers[4].asked, answers[4].answered, answers[4].said + 5 * SECOND)
    known = bounds([*answers[:4], odd, *answers[5:]])
    assert known.least <= 7 * SECOND <= known.most and known.agree == 8
