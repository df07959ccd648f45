"""Figures of draws against the same figures computed from scratch, by ours and by COCO's own program."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from components.evaluation import bootstrap, precision
from components.evaluation.judged import read
from components.evaluation.matching import BITS
from tests.judged_tables import Seeing, drawn_again, judge, samples

PICTURES = samples(60)


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    judge(folder, PICTURES, 0.7)
    return read(folder)


def weights(count=4, seed=3):
    return np.concatenate(list(bootstrap.draws(len(PICTURES), count=count, seed=seed)))


def test_the_pictures_themselves_are_the_first_draw_and_give_the_figures_of_the_evaluation(columns, tmp_path) -> None:
    report = judge(tmp_path, PICTURES, 0.7).overall
    found = bootstrap.figures(bootstrap.judged(columns, 0.25), weights())
    for name, values in found.items():
        assert values[0] == pytest.approx(getattr(report, name), abs=1e-6), name


def test_a_draw_is_what_its_pictures_give_when_they_are_sorted_anew(columns) -> None:
    drawn = weights()
    found = bootstrap.average_precisions(bootstrap.judged(columns, 0.25), drawn, BITS)
    for times, each in zip(drawn, found, strict=True):
        rows = np.concatenate([np.flatnonzero(columns.picture == i) for i in drawn_again(PICTURES, times)])
        people = int((columns.crowd * times).sum())
        scored = precision.scored(columns.score[rows], columns.matches[rows], columns.ignored[rows], people)
        assert each == pytest.approx(precision.average_precisions(scored), abs=1e-6)


def test_a_draw_is_what_coco_says_of_its_pictures(columns) -> None:
    times = weights()[2]
    found = bootstrap.average_precisions(bootstrap.judged(columns, 0.25), times[None], BITS)[0]
    assert found == pytest.approx(coco(drawn_again(PICTURES, times)), abs=1e-6)


def coco(chosen: list[int]) -> np.ndarray:
    """(10,) average precisions by pycocotools of pictures that may come several times."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth, said = COCO(), []
    detector = Seeing(PICTURES, 0.7)
    people = []
    for number, i in enumerate(chosen, 1):
        for box, seen in zip(PICTURES[i].boxes.tolist(), PICTURES[i].visibility.tolist(), strict=True):
            crowd = int(seen < 0.25)
            people.append({"image_id": number, "bbox": _xywh(box), "area": 1e3, "iscrowd": crowd, "category_id": 1})
        answer = detector._one(PICTURES[i], i)
        said += [
            {"image_id": number, "bbox": _xywh(box), "score": score, "category_id": 1}
            for box, score in zip(answer.boxes.tolist(), answer.scores.tolist(), strict=True)
        ]
    for number, person in enumerate(people, 1):
        person["id"] = number
    images = [{"id": n} for n in range(1, len(chosen) + 1)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.dataset = {"images": images, "annotations": people, "categories": [{"id": 1}]}
        truth.createIndex()
        judged = COCOeval(truth, truth.loadRes(said), "bbox")
        judged.evaluate()
        judged.accumulate()
    return judged.eval["precision"][:, :, 0, 0, -1].mean(axis=1)


def _xywh(box):
    x1, y1, x2, y2 = box
    return [x1, y1, x2 - x1, y2 - y1]


def test_draws_are_the_same_however_many_come_at_once() -> None:
    one = weights(count=50)
    assert one.shape == (51, 60) and (one.sum(axis=1) == 60).all() and (one[0] == 1).all()
    small = np.concatenate(list(bootstrap.draws(60, count=50, seed=3, width=bootstrap.ROOM // 7)))
    assert np.array_equal(one, small) and not np.array_equal(one, weights(count=50, seed=4))


def test_some_of_the_pictures(columns) -> None:
    found, chosen = bootstrap.judged(columns, 0.25), columns.camera == 1
    part = bootstrap.figures(bootstrap.of_some(found, chosen), np.ones((1, int(chosen.sum())), np.float32))
    whole = bootstrap.figures(found, chosen.astype(np.float32)[None])  # the others are drawn not once
    assert {name: values[0] for name, values in part.items()} == pytest.approx(
        {name: values[0] for name, values in whole.items()}
    )


def test_nobody_there_and_nothing_found(columns) -> None:
    found = bootstrap.judged(columns, 0.25)
    nobody = bootstrap.figures(found, np.zeros((1, 60), np.float32))
    assert all(np.isnan(values).all() for values in nobody.values())
    silent = bootstrap.of_some(found, np.zeros(60, np.bool_))
    assert bootstrap.average_precisions(silent, np.ones((2, 0), np.float32), BITS).shape == (2, 10)


def test_intervals_hold_what_they_promise(tmp_path) -> None:
    """Of 60 samples of 40 pictures, about 95 % have the true recall inside."""
    world = samples(2400, seed=9)
    judge(tmp_path, world, 0.7, ghosts=0)
    found = bootstrap.judged(read(tmp_path), 0.25)
    truth = bootstrap.rates(found, np.ones((1, 2400), np.float32))["recall"][0]
    inside = 0
    for start in range(0, 2400, 40):
        chosen = np.zeros(2400, np.bool_)
        chosen[start : start + 40] = True
        part = bootstrap.of_some(found, chosen)
        drawn = bootstrap.stacked([bootstrap.rates(part, each) for each in bootstrap.draws(40, count=300, seed=start)])
        low, high = np.quantile(drawn["recall"][1:], [0.025, 0.975])
        inside += low <= truth <= high
    assert 52 <= inside <= 60
