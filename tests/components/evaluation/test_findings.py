"""Tables that MLflow shows and plots that people look at, from the figures of a detector."""

import csv
import json

import numpy as np
import pytest

from components.evaluation.findings import write_detection
from components.evaluation.slices import Slices
from components.evaluation.timing import Latency
from tests.components.evaluation.test_detection import NOBODY, RIGHT, evaluate, found, sample

LATENCY = Latency(np.array([10.0, 12.0, 30.0]), np.array([40.0, 42.0]), 4, 55.0)


def test_tables_and_plots_of_a_detector(tmp_path):
    samples = [sample("a"), sample("b"), sample("b", boxes=np.zeros((0, 4), np.float32))]
    report = evaluate(tmp_path, samples, RIGHT, found((10, 10, 30, 45, 0.7)), NOBODY, slices=Slices(people=1))
    names = write_detection(tmp_path, report, score=0.25, latency=LATENCY, about="three pictures")
    for name in names:
        table = json.loads((tmp_path / "tables" / f"{name}.json").read_text())
        with (tmp_path / "tables" / f"{name}.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        assert header == table["columns"] and len(rows) == len(table["data"]) > 0
    slices = json.loads((tmp_path / "tables/slices.json").read_text())
    rows = {row[0]: dict(zip(slices["columns"], row, strict=True)) for row in slices["data"]}
    assert rows["all"]["map50"] == pytest.approx(report.overall.map50, abs=1e-6)
    assert rows["camera.a"]["recall"] == 1.0 and rows["camera.b"]["people"] == 2
    pictures = sorted(path.stem for path in (tmp_path / "plots").iterdir())
    assert pictures == ["calibration", "latency", "precision_recall", "score", "slices_map50", "slices_recall"]
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (tmp_path / "plots").iterdir())


def test_the_same_figures_make_the_same_picture(tmp_path):
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        folder.mkdir()
        write_detection(folder, evaluate(folder, [sample()], RIGHT), score=0.25, latency=None, about="one")
    for path in (once / "plots").iterdir():
        assert path.read_bytes() == (again / "plots" / path.name).read_bytes()


def test_pictures_of_nobody_have_tables_and_no_curves(tmp_path):
    report = evaluate(tmp_path, [sample(boxes=np.zeros((0, 4), np.float32))], NOBODY)
    assert "latency" not in write_detection(tmp_path, report, score=0.25, latency=None, about="nobody")
    assert not (tmp_path / "plots").exists()
    json.loads((tmp_path / "tables/slices.json").read_text(), parse_constant=pytest.fail)  # no NaN
