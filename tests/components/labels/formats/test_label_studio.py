from __future__ import annotations

import json

import pytest

from components.contracts import InputError
from components.labels.formats.label_studio import read

VALUE = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["person"]}
REGION = {
    "id": "r",
    "type": "rectanglelabels",
    "original_width": 200,
    "original_height": 100,
    "from_name": "label",
    "value": VALUE,
}


def written(folder, *annotations, image="s3://bucket/cam-5.jpg"):
    tasks = [{"id": 3, "data": {"image": image}, "annotations": list(annotations)}]
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


def test_the_newest_annotation_that_was_not_cancelled_counts(tmp_path) -> None:
    old = {"result": [], "updated_at": "2026-03-01T10:00:00Z"}
    new = {"result": [REGION], "updated_at": "2026-03-02T10:00:00Z"}
    cancelled = {"result": [], "updated_at": "2026-03-03T10:00:00Z", "was_cancelled": True}
    (picture,) = read(written(tmp_path, new, old, cancelled), classes=["person"]).pictures
    assert picture.boxes[0].xyxy == pytest.approx((20, 20, 80, 60)) and picture.name == "cam-5" and picture.size == (200, 100)


def test_what_is_said_of_a_region_and_what_is_no_box(tmp_path) -> None:
    role = {"id": "r", "type": "choices", "from_name": "role", "value": {"choices": ["nurse"]}}
    person = {"id": "r", "type": "textarea", "from_name": "person", "value": {"text": ["ann"]}}
    brush = {"id": "b", "type": "brushlabels", "from_name": "label", "value": {}}
    turned = {**REGION, "id": "t", "value": {**VALUE, "rotation": 90, "x": 50}}
    export = read(written(tmp_path, {"result": [REGION, role, person, brush, turned]}), classes=["person"])
    first, second = export.pictures[0].boxes
    assert (first.person, first.role) == ("ann", "nurse") and export.left_out == {"brushlabels, no box": 1}
    assert second.xyxy == pytest.approx((60, 20, 100, 80))  # turned around its upper left corner


def test_a_task_that_nobody_has_labelled_is_left_out(tmp_path) -> None:
    export = read(written(tmp_path), classes=["person"])
    assert export.pictures == () and export.left_out == {"task without annotation": 1}


def test_a_wrong_region_is_named(tmp_path) -> None:
    bad = {**REGION, "value": {**VALUE, "x": None}}
    with pytest.raises(InputError, match=r"export.json, task 3, result\[0\]: x is None; expected x, y, width and height"):
        read(written(tmp_path, {"result": [bad]}), classes=["person"])
