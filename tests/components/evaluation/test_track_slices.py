"""Slices of followed people, against counting by hand and against evaluating what is in a slice alone."""

from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Truth
from components.evaluation.slices import Slices
from components.evaluation.track_slices import Footage, parts_of, roles_of, sequences
from components.evaluation.tracks import Boxes, Scene, evaluate_tracks, known
from tests.components.evaluation.test_tracks import FRAMES, rows

HOUR = 3_600 * 10**9
ROLES = ("", "nurse", "nurse", "doctor")  # of people 0 to 3
SLICES = Slices(people=1)


def early_and_late(late=10):
    """The first frames at 5:00, those from `late` on at 6:00 UTC."""
    return Footage({frame: (5 if frame < late else 6) * HOUR for frame in FRAMES}, ROLES)


def parts(scenes, footage, slices=SLICES):
    report = evaluate_tracks(scenes)
    return {part.name: part for part in parts_of(scenes, footage, report, slices)}


@pytest.fixture
def scenes():
    """Camera a loses the doctor for good in frame 10, and sees a ghost; camera b has one nurse, whom it never finds."""
    seen = rows([1, 2, 3, 7], skip=lambda person, frame: person == 3 and frame >= 10, rename=lambda person, _: person + 50)
    return {
        "a": Scene(seen, rows([1, 2, 3]), FRAMES),
        "b": Scene(rows([]), rows([1], skip=lambda _, frame: frame % 2 == 0), FRAMES),
    }


def test_cameras_and_hours_are_what_they_are_alone(scenes):
    found = parts(scenes, {"a": early_and_late(), "b": early_and_late()})
    for camera, scene in scenes.items():
        assert found[f"camera.{camera}"].figures == known(evaluate_tracks({camera: scene}).overall)
    late = {camera: replace(scene, frames=range(10, 20)) for camera, scene in scenes.items()}
    assert found["hour.06-12"].figures == known(evaluate_tracks(late).overall)
    assert found["hour.00-06"].figures["recall"] == pytest.approx(30 / 35)
    assert found["hour.06-12"].metrics()["hota.hour.06-12"] == found["hour.06-12"].figures["hota"]


def test_crowds_and_roles_are_what_counting_says(scenes):
    found = parts(scenes, {"a": early_and_late(), "b": early_and_late()})
    few, many = found["crowd.0-2"].figures, found["crowd.3-5"].figures  # b with nobody or one, a with three
    assert (few["recall"], few["people"], few["frames"]) == (0, 10, 20) and "precision" not in few
    assert (many["recall"], many["precision"]) == (pytest.approx(50 / 60), pytest.approx(50 / 70))
    assert many["position_error_m_median"] == 0
    assert found["role.doctor"].figures == {"recall": 0.5, "position_error_m_median": 0.0, "people": 20.0}
    assert found["role.nurse"].figures["recall"] == pytest.approx(40 / 50)
    assert "role." not in found and "hota" not in many  # whose role nobody knows; identities do not live in a crowd level


def test_everything_in_one_block_is_the_whole(scenes):
    footage = early_and_late(late=99)
    assert parts(scenes, dict.fromkeys(scenes, footage))["hour.00-06"].figures == known(evaluate_tracks(scenes).overall)


def test_few_people_have_counts_only(scenes):
    found = parts(scenes, dict.fromkeys(scenes, early_and_late()), Slices(people=15))
    assert found["camera.b"].metrics() == {"frames.camera.b": 20, "people.camera.b": 10}
    assert found["role.doctor"].metrics()["recall.role.doctor"] == 0.5


def test_roles_belong_to_the_ids_of_the_same_truth():
    def truth(people, roles):
        n = len(people)
        return Truth(0, np.zeros((n, 4), np.float32), people, roles, np.zeros((n, 2)), np.ones(n, np.float32))

    frames = {0: truth(("zoe", "ann"), ("nurse", "doctor")), 5: truth(("bob",), ("porter",))}
    assert roles_of(frames) == ("doctor", "porter", "nurse")
    boxes = Boxes.of_truth(frames)
    assert [roles_of(frames)[i] for i in boxes.ids] == ["nurse", "doctor", "porter"]


def test_sequences_have_every_figure_of_every_camera(scenes):
    rows = sequences(evaluate_tracks(scenes))
    assert ("a", "id_switches", 0.0) in rows and ("b", "recall", 0.0) in rows
    assert ("b", "position_error_m_median") not in {row[:2] for row in rows}  # nobody was found
