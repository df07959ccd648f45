import numpy as np
import pytest

from components.contracts import UNKNOWN, Observation, Person
from components.identity.beliefs import PHRASES, Belief, Hypotheses, summed

SECOND = 10**9
ROSTER = (Person("ann", "nurse", "", "", 1), Person("bob", "porter", "", "", 2))
WHO = Hypotheses.of(ROSTER, ("visitor",), 0.4)


def believing(**options):
    return Belief(0, np.zeros((1, len(WHO.people))), **options)


def test_hypotheses_are_people_and_strangers_of_every_role():
    assert WHO.people == ("ann", "bob", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    assert WHO.roles == ("nurse", "porter", UNKNOWN, "visitor", "nurse", "porter")
    assert np.exp(WHO.prior).tolist() == pytest.approx([0.3, 0.3, 0.1, 0.1, 0.1, 0.1])


def test_without_a_roster_everybody_is_a_stranger():
    assert np.exp(Hypotheses.of((), (), 0.4).prior).sum() == pytest.approx(1)


def test_what_is_said_of_a_role_is_said_of_everybody_with_it():
    said = WHO.spread(Observation(0, "", {"bob": 2.0}, {"nurse": 1.0, "porter": -1.0}))
    assert said.tolist() == [1, 1, 0, 0, 1, -1]


def test_a_source_is_bounded_and_the_least_is_nothing():
    belief = believing()
    for second in range(100):
        belief.hear(0, WHO.spread(Observation(0, "", {"ann": 3.0})), second * SECOND, alike=1.0, bound=5.0)
    assert belief.logs[0].tolist() == [5, 0, 0, 0, 0, 0]


def test_a_track_may_have_changed_people_since():
    """The forward step of a hidden Markov model, computed by hand."""
    belief = believing()
    belief.hear(0, WHO.spread(Observation(0, "", {"ann": 3.0})), 0, alike=1.0, bound=5.0)
    belief.forget(10 * SECOND, memory=10.0)
    stayed = np.exp(-1)
    ann = stayed * np.exp(3) / (np.exp(3) + 5) + (1 - stayed) / 6
    other = stayed / (np.exp(3) + 5) + (1 - stayed) / 6
    assert belief.logs[0].tolist() == pytest.approx([np.log(ann / other), 0, 0, 0, 0, 0])
    belief.forget(5 * SECOND, memory=10.0)  # a clock that goes back is no reason to remember
    assert belief.logs[0, 0] == pytest.approx(np.log(ann / other))


def test_the_same_moment_twice_is_one_look():
    belief, said = believing(), WHO.spread(Observation(0, "", {"ann": 3.0}))
    belief.hear(0, said, 0, alike=1.0, bound=50.0)
    belief.hear(0, said, 0, alike=1.0, bound=50.0)
    assert belief.logs[0, 0] == 3


def test_odds_are_the_prior_where_nothing_was_heard():
    assert believing().odds(WHO.prior).tolist() == pytest.approx(np.exp(WHO.prior).tolist())


def test_reasons_are_bounded_and_sorted():
    belief = believing()
    for number in range(30):
        belief.remember(Observation(0, f"badge {number} read"), np.zeros(6), number)
    assert len(belief.phrases) == PHRASES
    belief.remember(Observation(0, "badge 29 read"), np.zeros(6), 31)
    assert belief.why(np.ones(6, bool)).startswith("badge 29 read 2 times; badge 18 read once; ")


def test_observations_of_one_source_and_row_are_one():
    one, two = Observation(0, "a", {"ann": 1.0}), Observation(0, "b", {"bob": 2.0})
    for order in ([(0, one), (0, two)], [(0, two), (0, one)]):
        ((key, said),) = summed(WHO, order).items()
        assert (key, said.tolist()) == ((0, 0), [1, 2, 0, 0, 0, 0])
