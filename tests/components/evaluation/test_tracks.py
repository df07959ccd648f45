import math

import numpy as np
import pytest

from components.contracts import Sighting, Truth
from components.evaluation.tracks import Boxes, Scene, TrackFigures, evaluate_tracks

FRAMES = range(20)
METRE = 100.0  # px


def rows(people, *, ignored=(), shift=(0.0, 0.0), rename=lambda person, frame: person, skip=lambda person, frame: False):
    """Boxes of 40x100 px of people who stand 100 px apart, in every frame; their floor is their foot point at 1 cm a pixel."""
    columns = {name: [] for name in ("frames", "ids", "boxes", "floor", "ignored")}
    for frame in FRAMES:
        for person in people:
            if skip(person, frame):
                continue
            x, y = 100.0 * person + shift[0], 50.0 + shift[1]
            columns["frames"].append(frame)
            columns["ids"].append(rename(person, frame))
            columns["boxes"].append((x, y, x + 40, y + 100))
            columns["floor"].append(((x + 20) / METRE, (y + 100) / METRE))
            columns["ignored"].append(person in ignored)
    return Boxes(
        np.array(columns["frames"], np.int64),
        np.array(columns["ids"], np.int64),
        np.array(columns["boxes"], np.float64).reshape(-1, 4),
        np.array(columns["floor"], np.float64).reshape(-1, 2),
        np.array(columns["ignored"], np.bool_),
    )


def figures(tracked, truth, frames=FRAMES) -> TrackFigures:
    return evaluate_tracks({"cam": Scene(tracked, truth, frames)}).overall


def test_perfect_tracks_are_perfect():
    found = figures(rows([1, 2, 3], rename=lambda person, _: person + 70), rows([1, 2, 3]))
    assert (found.hota, found.mota, found.idf1, found.precision, found.recall) == pytest.approx((1, 1, 1, 1, 1))
    assert (found.id_switches, found.false_positives, found.false_negatives) == (0, 0, 0)
    assert (found.position_error_m_median, found.position_error_m_p95) == (0, 0)
    assert (found.frames, found.people) == (20, 60)


def test_somebody_never_found_is_missed_in_every_frame():
    found = figures(rows([1, 2]), rows([1, 2, 3, 4]))
    assert (found.false_negatives, found.false_positives, found.recall, found.mota) == (40, 0, 0.5, 0.5)


def test_a_track_of_nobody_is_false_in_every_frame():
    found = figures(rows([1, 2, 9]), rows([1, 2]))
    assert (found.false_positives, found.mota, found.precision) == (20, pytest.approx(0.5), pytest.approx(2 / 3))


def test_a_change_of_id_is_one_switch_and_half_an_identity():
    found = figures(rows([1], rename=lambda _, frame: 5 if frame < 10 else 6), rows([1]))
    assert (found.id_switches, found.mota) == (1, pytest.approx(19 / 20))
    assert found.idf1 == pytest.approx(0.5)


def test_position_errors_are_metres_on_the_floor():
    found = figures(rows([1, 2, 3], shift=(3.0, 4.0)), rows([1, 2, 3]))
    assert found.position_error_m_median == pytest.approx(0.05)
    assert found.position_error_m_p95 == pytest.approx(0.05)


def test_without_true_places_there_is_no_position_error():
    truth = rows([1])
    truth.floor[:] = np.nan
    found = evaluate_tracks({"cam": Scene(rows([1]), truth, FRAMES)})
    assert found.overall.position_error_m_median is None
    assert "position_error_m_median" not in found.metrics() and found.metrics()["mota"] == 1


def test_ignored_people_are_neither_missed_nor_false():
    truth = rows([1, 2, 3], ignored=(3,))
    for tracked in (rows([1, 2]), rows([1, 2, 3])):
        found = figures(tracked, truth)
        assert (found.mota, found.idf1, found.people, found.false_positives) == (1, 1, 40, 0)


def test_a_second_track_of_an_ignored_person_is_false():
    tracked = rows([3, 4], rename=lambda person, _: person)
    tracked.boxes[tracked.ids == 4] = tracked.boxes[tracked.ids == 3] + (2, 0, 2, 0)
    assert figures(tracked, rows([3], ignored=(3,))).false_positives == 20


def test_only_frames_that_were_processed_count():
    seen = rows([1, 2], skip=lambda _, frame: frame % 2 == 1)
    assert figures(seen, rows([1, 2])).recall == pytest.approx(0.5)
    found = figures(seen, rows([1, 2]), frames=range(0, 20, 2))
    assert (found.recall, found.mota, found.frames, found.people) == (1, 1, 10, 20)
    assert figures(seen, rows([1, 2]), frames=[0, 0, 2]).frames == 2


def test_a_box_must_overlap_by_half():
    narrow = figures(rows([1], shift=(13.0, 0.0)), rows([1]))
    wide = figures(rows([1], shift=(14.0, 0.0)), rows([1]))
    assert (narrow.recall, wide.recall) == (1, 0)


def test_cameras_are_added_up_and_their_ids_are_their_own():
    report = evaluate_tracks({"a": Scene(rows([1, 2]), rows([1, 2]), FRAMES), "b": Scene(rows([1]), rows([1, 2]), FRAMES)})
    assert {camera: each.recall for camera, each in report.cameras.items()} == {"a": 1, "b": 0.5}
    assert (report.overall.recall, report.overall.people, report.overall.frames) == (0.75, 80, 40)
    assert report.overall.idf1 == pytest.approx(2 * 60 / (80 + 60))


@pytest.mark.parametrize(("tracked", "truth"), [([], []), ([1], []), ([], [1])])
def test_nothing_on_either_side_is_no_error(tracked, truth):
    found = figures(rows(tracked), rows(truth))
    assert (found.false_positives, found.false_negatives) == (20 * len(tracked), 20 * len(truth))
    assert all(math.isfinite(value) for value in (found.hota, found.mota, found.idf1))
    assert evaluate_tracks({"cam": Scene(rows(tracked), rows(truth), [])}).overall.frames == 0


def test_sightings_and_truth_become_boxes():
    sighting = Sighting("cam", "v", 7, 0, 3, "", 0, "unknown", 0, "unknown", 1.5, 2.5, 0.1, "unknown", (1.0, 2.0, 3.0, 4.0), 0.9)
    seen = Boxes.of_sightings([sighting])
    assert (seen.frames.tolist(), seen.ids.tolist()) == ([3], [7])
    assert (seen.boxes.tolist(), seen.floor.tolist()) == ([[1, 2, 3, 4]], [[1.5, 2.5]])
    boxes, visibility = np.array([[0, 0, 1, 1], [2, 2, 3, 3]], np.float32), np.array([0.2, 0.9], np.float32)
    there = Boxes.of_truth({5: Truth(0, boxes, ("b", "a"), ("", ""), np.zeros((2, 2)), visibility)}, min_visibility=0.25)
    assert (there.frames.tolist(), there.ids.tolist(), there.ignored.tolist()) == ([5, 5], [1, 0], [True, False])
    assert Boxes.of_sightings([]).boxes.shape == Boxes.of_truth({}).boxes.shape == (0, 4)


def test_the_figures_are_those_of_trackeval(tmp_path):
    """The same noisy tracks through TrackEval's own reader and preprocessing of MOT17 give the same figures."""
    import trackeval

    truth, tracked = _noisy(np.random.default_rng(3))
    flags = np.where(truth.ignored, "0,8,1", "1,1,1")  # class 8 is a distractor
    _write(tmp_path / "gt" / "X-train" / "s" / "gt" / "gt.txt", truth, flags)
    _write(tmp_path / "trackers" / "X-train" / "t" / "data" / "s.txt", tracked, np.full(len(tracked.ids), "1,-1,-1,-1"))
    quiet = {"PRINT_CONFIG": False}
    folders = {"GT_FOLDER": str(tmp_path / "gt"), "TRACKERS_FOLDER": str(tmp_path / "trackers")}
    dataset = trackeval.datasets.MotChallenge2DBox({**quiet, **folders, "BENCHMARK": "X", "SEQ_INFO": {"s": 20}})
    data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("t", "s"), "pedestrian")
    metrics = {"h": trackeval.metrics.HOTA(), "c": trackeval.metrics.CLEAR(quiet), "i": trackeval.metrics.Identity(quiet)}
    theirs = {name: metric.eval_sequence(data) for name, metric in metrics.items()}
    ours = figures(tracked, truth)
    assert 0.2 < ours.mota < 0.95 and ours.id_switches > 0
    assert (ours.mota, ours.id_switches) == (pytest.approx(theirs["c"]["MOTA"]), theirs["c"]["IDSW"])
    assert (ours.false_positives, ours.false_negatives) == (theirs["c"]["CLR_FP"], theirs["c"]["CLR_FN"])
    assert (ours.hota, ours.idf1) == (pytest.approx(theirs["h"]["HOTA"].mean()), pytest.approx(theirs["i"]["IDF1"]))


def _noisy(rng):
    truth = rows([1, 2, 3, 4, 5], ignored=(5,))
    kept = rng.random(len(truth.frames)) < 0.85
    ids = np.where(rng.random(len(truth.ids)) < 0.9, truth.ids, truth.ids + 10)
    boxes = truth.boxes + rng.normal(0, 4, truth.boxes.shape)
    tracked = Boxes(truth.frames[kept], ids[kept], boxes[kept], truth.floor[kept], np.zeros(kept.sum(), np.bool_))
    extra = rows([9], skip=lambda _, frame: frame % 3 > 0)
    return truth, Boxes(*(np.concatenate([getattr(tracked, name), getattr(extra, name)]) for name in Boxes.__dataclass_fields__))


def _write(path, boxes, tails):
    path.parent.mkdir(parents=True)
    sizes = np.hstack([boxes.boxes[:, :2], boxes.boxes[:, 2:] - boxes.boxes[:, :2]])
    places = [",".join(map(str, row)) for row in sizes.tolist()]
    rows = zip(boxes.frames + 1, boxes.ids, places, tails, strict=True)
    path.write_text("".join(f"{frame},{track},{place},{tail}\n" for frame, track, place, tail in rows))
