"""Figures of sequences drawn again are those of TrackEval for the sequences that were drawn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.evaluation.contrast import Drawing
from components.evaluation.sequences import FEW, JUDGED_TRACKS, SCHEMA, Sequences, contrasts, drawn, sequences, together
from components.evaluation.track_slices import sequences as rows_of
from components.evaluation.tracks import Boxes, Scene, evaluate_tracks

CAMERAS = ("bay_a", "bay_b", "desk", "lobby")
EXACT = ("mota", "idf1", "precision", "recall", "id_switches", "false_positives", "false_negatives")


def scene(seed: int, share: float) -> Scene:
    """Three people who walk for 30 frames, found now and then, with ids that change, and a ghost."""
    random = np.random.default_rng(seed)
    rows = [(frame, person) for frame in range(30) for person in range(3)]
    boxes = np.array([[40 * p + f, 10, 40 * p + f + 20, 60] for f, p in rows], np.float64)
    floor = np.full((len(rows), 2), 1.0)
    frames, ids = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    truth = Boxes(frames, ids, boxes, floor, np.zeros(len(rows), np.bool_))
    seen = random.random(len(rows)) < share
    tracks = ids[seen] + 10 * (random.random(int(seen.sum())) < 0.1)
    ghosts = np.arange(0, 30, 3)
    tracked = Boxes(
        np.concatenate([frames[seen], ghosts]), np.concatenate([tracks, np.full(len(ghosts), 99)]),
        np.concatenate([boxes[seen], np.tile([300.0, 300, 320, 350], (len(ghosts), 1))]),
        np.concatenate([floor[seen] + 0.1, np.zeros((len(ghosts), 2))]), np.zeros(int(seen.sum()) + len(ghosts), np.bool_),
    )  # fmt: skip
    return Scene(tracked, truth, list(range(30)))


def written(path, scenes):
    rows = rows_of(evaluate_tracks(scenes))
    pq.write_table(pa.table(dict(zip(SCHEMA.names, map(list, zip(*rows, strict=True)), strict=True)), schema=SCHEMA), path)
    return sequences(path)


@pytest.fixture(scope="module")
def scenes():
    return {camera: scene(i, 0.5 + i / 10) for i, camera in enumerate(CAMERAS)}


def test_draws_are_combined_as_trackeval_does(tmp_path, scenes) -> None:
    run = written(tmp_path / JUDGED_TRACKS, scenes)
    weights = np.array([[1, 1, 1, 1], [2, 0, 1, 1]], np.float32)
    found = drawn(run, weights)
    again = {"a": scenes["bay_a"], "b": scenes["bay_a"], "desk": scenes["desk"], "lobby": scenes["lobby"]}
    for number, chosen in enumerate((scenes, again)):
        report = evaluate_tracks(chosen)
        for name in EXACT:
            assert found[name][number] == pytest.approx(getattr(report.overall, name)), (name, number)
        each = [figures.hota for figures in report.cameras.values()]  # all have as many people
        assert found["mean_hota"][number] == pytest.approx(np.mean(each))
    assert found["mean_position_error_m_median"] == pytest.approx([2**0.5 / 10] * 2)


def test_better_at_every_camera(tmp_path) -> None:
    names = [f"camera {i}" for i in range(FEW + 1)]
    one = written(tmp_path / "a.parquet", {name: scene(i, 0.5) for i, name in enumerate(names)})
    two = written(tmp_path / "b.parquet", {name: scene(i + 90, 0.97) for i, name in enumerate(names[1:])})
    rows = {each.metric: each for each in contrasts(together([one, two]), how=Drawing(count=200))}
    assert rows["mota"].n == FEW and rows["mota"].changes[1].word == rows["false_negatives"].changes[1].word == "better"
    assert rows["false_negatives"].changes[1].value < 0 and rows["mean_position_error_m_p95"].values[0].low is not None
    few = [Sequences(run.cameras[:3], {name: column[:3] for name, column in run.figures.items()}) for run in (one, two)]
    few = together([few[0], Sequences(few[0].cameras, few[1].figures)])
    words = [change.word for each in contrasts(few, how=Drawing(count=50)) for change in each.changes[1:] if change]
    assert words and not any(words)


def test_one_sequence_cannot_be_drawn_from(tmp_path, scenes) -> None:
    one = written(tmp_path / "a.parquet", {"desk": scenes["desk"]})
    assert contrasts(together([one, one]), how=Drawing(count=10)) == []


def test_what_is_no_such_table(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(InputError, match="no table of sequences that can be read"):
        sequences(tmp_path / "a")
    pq.write_table(pa.table({"camera": ["a"], "metric": ["hota"], "value": [1.0]}, schema=SCHEMA), tmp_path / "b")
    with pytest.raises(InputError, match=r"has no people, false_negatives, false_positives, id_switches, idf1; evaluate again"):
        sequences(tmp_path / "b")
