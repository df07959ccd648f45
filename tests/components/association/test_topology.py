from math import log

import pytest

from components.association.topology import FASTEST, Topology


def test_nobody_is_faster_than_people_walk_or_arrives_before_leaving():
    topology = Topology()
    assert topology.density("a", "b", 10, 0) == topology.density("a", "b", 10, -1) == 0
    assert topology.density("a", "b", FASTEST * 4 + 2, 4) == 0 < topology.density("a", "b", FASTEST * 4, 4)


def test_before_anybody_walked_the_nearer_and_the_usual_is_more_probable():
    topology = Topology()
    assert topology.density("a", "b", 6, 5) > topology.density("a", "c", 12, 10)
    assert topology.density("a", "b", 6, 5) > topology.density("a", "b", 6, 40) > topology.density("a", "b", 6, 400)


def test_what_certainly_happened_becomes_more_probable():
    topology = Topology()
    before = topology.density("a", "b", 20, 60), topology.density("a", "c", 20, 60)
    for _ in range(20):
        topology.learn("a", "b", 60)
    after = topology.density("a", "b", 20, 60), topology.density("a", "c", 20, 60)
    assert after[0] > 3 * before[0] and after[1] < before[1]
    assert topology.density("a", "b", 20, 60) > topology.density("b", "a", 20, 60), "a way has a direction"


def test_the_newest_passages_count_and_nothing_grows_with_them():
    topology = Topology()
    for seconds in (*[10.0] * 500, *[100.0] * 500):
        topology.learn("a", "b", seconds)
    assert topology.durations == {("a", "b"): pytest.approx(log(100), abs=0.01)}
    assert topology.passages == {("a", "b"): 1000}
    topology.learn("b", "b", 0)
    assert topology.durations["b", "b"] == log(0.1)
