"""Tables that MLflow shows and plots that people look at, from the figures of a detector."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.evaluation import plots
from components.evaluation.findings import JUDGED_TRACKS, write_detection, write_tracks
from components.evaluation.slices import Slices
from components.evaluation.timing import Latency
from components.evaluation.track_slices import Footage, parts_of
from components.evaluation.tracks import Scene, evaluate_tracks
from tests.components.evaluation import test_site
from tests.components.evaluation.test_detection import NOBODY, RIGHT, evaluate, found, sample
from tests.components.evaluation.test_tracks import FRAMES, rows

LATENCY = Latency(np.array([10.0, 12.0, 30.0]), np.array([40.0, 42.0]), 4, 55.0)


def test_tables_and_plots_of_a_detector(tmp_path):
    samples = [sample("a"), sample("b"), sample("b", boxes=np.zeros((0, 4), np.float32))]
    report = evaluate(tmp_path, samples, RIGHT, found((10, 10, 30, 45, 0.7)), NOBODY, slices=Slices(people=1))
    names = write_detection(tmp_path, report, score=0.25, latency=LATENCY, clocks="UTC", about="three pictures")
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
    assert pictures == ["calibration", "latency", "precision_recall", "score", "slices"]
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (tmp_path / "plots").iterdir())


def test_the_same_figures_make_the_same_picture(tmp_path):
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        folder.mkdir()
        write_detection(folder, evaluate(folder, [sample()], RIGHT), score=0.25, latency=None, clocks="UTC", about="one")
    for path in (once / "plots").iterdir():
        assert path.read_bytes() == (again / "plots" / path.name).read_bytes()


def test_pictures_of_nobody_have_tables_and_no_curves(tmp_path):
    report = evaluate(tmp_path, [sample(boxes=np.zeros((0, 4), np.float32))], NOBODY)
    assert "latency" not in write_detection(tmp_path, report, score=0.25, latency=None, clocks="UTC", about="nobody")
    assert not (tmp_path / "plots").exists()
    json.loads((tmp_path / "tables/slices.json").read_text(), parse_constant=pytest.fail)  # no NaN


def test_tables_and_plots_of_tracks(tmp_path):
    scenes = {"a": Scene(rows([1, 2], shift=(2.0, 0.0)), rows([1, 2]), FRAMES), "b": Scene(rows([1]), rows([1, 2]), FRAMES)}
    footage = dict.fromkeys(scenes, Footage(dict.fromkeys(FRAMES, 0), ("", "nurse", "doctor")))
    report = evaluate_tracks(scenes)
    parts = list(parts_of(scenes, footage, report, Slices(people=1)))
    named = test_site.evaluated(test_site.perfect(name="nurse_1", confidence=0.7))
    assert write_tracks(tmp_path, report, parts, named, clocks="UTC", about="two cameras") == ["slices", "calibration"]
    assert sorted(path.stem for path in (tmp_path / "plots").iterdir()) == ["calibration", "position_error", "slices"]
    sequences = pq.read_table(tmp_path / JUDGED_TRACKS).to_pylist()
    assert {"camera": "b", "metric": "recall", "value": 0.5} in sequences
    table = json.loads((tmp_path / "tables/slices.json").read_text())
    by_name = {row[0]: dict(zip(table["columns"], row, strict=True)) for row in table["data"]}
    assert by_name["all"]["mota"] == pytest.approx(report.overall.mota) and by_name["role.nurse"]["mota"] is None
    assert by_name["role.doctor"]["recall"] == 0.5


def test_many_slices_are_drawn_as_the_worst_ones(tmp_path):
    slices = [(f"camera.c{i}", 10, (i / 100, float("nan"))) for i in range(60)]
    plots.slices(tmp_path, slices, ("map50", "recall"), "UTC", "sixty cameras")
    plots.slices(tmp_path / "none", [], ("map50",), "UTC", "no camera")
    assert (tmp_path / "plots/slices.png").stat().st_size > 10_000 and not (tmp_path / "none").exists()
