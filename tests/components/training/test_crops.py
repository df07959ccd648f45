import numpy as np
import pytest

from components.contracts import InputError, Sample
from components.training.crops import Crops

ROLES = ("nurse", "doctor")
BOXES = np.array([[0, 0, 20, 60], [30, 0, 50, 60], [60, 0, 80, 60]], np.float32)


def sample(roles=("nurse", "nurse", "doctor"), visibility=(1.0, 1.0, 1.0), boxes=BOXES):
    image = np.zeros((64, 128, 3), np.uint8)
    image[:, :30], image[:, 30:60], image[:, 60:] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    labels = np.zeros(len(boxes), np.int64)
    return Sample(image, boxes, labels, np.array(visibility, np.float32), "cam", 0, ("a", "b", "c")[: len(boxes)], roles)


def crops(samples, *, draw="as_is", **words):
    return Crops(samples, **{"classes": ROLES, "size": (16, 32), "min_visibility": 0.3, "cache_mb": 8, "draw": draw, **words})


def test_each_person_is_a_picture_with_a_role():
    found = crops([sample()])
    assert len(found) == 3
    first = found[0]
    assert (first.image.shape, first.labels.tolist(), first.ignored.tolist()) == ((3, 32, 16), [0], [False])
    assert first.boxes.tolist() == [[0, 0, 16, 32]]
    assert [found[i].image[:, 0, 0].tolist() for i in range(3)] == [[0, 0, 250], [0, 250, 0], [250, 0, 0]]  # RGB


def test_to_learn_from_roles_are_equally_frequent():
    found = crops([sample()] * 3, draw="equal")
    labels = [int(found[i].labels) for i in range(len(found))]
    assert (labels.count(0), labels.count(1)) == (6, 6)


def test_hidden_and_tiny_people_are_left_out():
    boxes = BOXES.copy()
    boxes[1, 2] = boxes[1, 0] + 5
    assert len(crops([sample(visibility=(0.1, 1.0, 1.0), boxes=boxes)])) == 1


def test_memory_is_bounded():
    assert len(crops([sample()] * 3000, cache_mb=1, size=(32, 32))) <= 3 * (2**20 // (3 * 32 * 32) // 4)


def test_labels_without_roles_are_refused():
    with pytest.raises(InputError, match="labels of camera cam say no roles"):
        crops([sample(roles=())])


def test_a_role_that_the_model_does_not_know_is_refused():
    with pytest.raises(
        InputError, match=r"role 'porter', the model knows nurse, doctor; add it with model.roles=\[nurse,doctor,porter\]"
    ):
        crops([sample(roles=("nurse", "porter", "doctor"))])


def test_without_classes_everybody_has_a_number():
    found = crops([sample(), sample()], classes=None)
    assert [int(found[i].labels) for i in range(6)] == [0, 1, 2] * 2


def test_nobody_is_refused():
    with pytest.raises(InputError, match="nobody in 1 pictures is large and visible enough"):
        crops([sample(visibility=(0.0, 0.0, 0.0))])


def test_one_role_alone_is_nothing_to_tell_apart():
    with pytest.raises(InputError, match=r"everybody in its train split is nurse, .* the model knows nurse, doctor: prepare"):
        crops([sample(roles=("nurse",) * 3)], draw="equal")
    assert len(crops([sample(roles=("nurse",) * 3)])) == 3  # to be judged by


def test_roles_that_nobody_has_are_said(caplog):
    crops([sample()], classes=(*ROLES, "porter"), draw="equal")
    assert "nobody is porter" in caplog.text
