"""Whether real cameras agree where people are; `benchmarks/lab4.py` has the whole."""

from importlib import util
from pathlib import Path

import cv2
import numpy as np
import pytest

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "lab4.py"


@pytest.fixture
def benchmark(monkeypatch):
    spec = util.spec_from_file_location("lab4_benchmark", BENCHMARK)
    module = util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_two_cameras_put_one_person_in_one_place(lab4, benchmark):
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    seen = benchmark.sightings(seconds=5.0, every=3)
    cv2.setNumThreads(threads)
    apart = benchmark.by_moment(seen).all
    assert len(apart) > 40 and len({each.camera for each in seen}) == 4
    assert np.median(apart) < benchmark.BOUND
    assert all(each.uncertainty > 0 for each in seen)


def test_who_is_matched_and_who_is_not(benchmark):
    near = np.array([[0.3, 2.0], [2.0, 0.9]])
    assert list(benchmark.matched(near)) == [(0, 0), (1, 1)]
    assert list(benchmark.matched(np.array([[0.3, 1.1], [2.0, 0.9]]))) == [], "a second one within 1.2 m: nobody knows"
    assert list(benchmark.matched(np.array([[1.1]]))) == list(benchmark.matched(np.zeros((1, 0)))) == []
