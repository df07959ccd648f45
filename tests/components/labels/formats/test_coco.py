from __future__ import annotations

import json

import pytest

from components.contracts import InputError
from components.labels.formats.coco import read

IMAGE = {"id": 1, "file_name": "a/b/cam-5.jpg", "width": 100, "height": 80}
PERSON = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30]}


def written(folder, *annotations, images=(IMAGE,), **more):
    whole = {"images": list(images), "annotations": list(annotations), "categories": [{"id": 1, "name": "person"}], **more}
    (folder / "labels.json").write_text(json.dumps(whole))
    return folder / "labels.json"


def test_what_others_and_our_own_exports_say_of_a_box(tmp_path) -> None:
    cvat = {**PERSON, "attributes": {"occluded": True, "track_id": 7}}
    own = {**PERSON, "person": "ann", "role": "nurse", "visibility": 0.25, "score": 0.5}
    crowd = {**PERSON, "iscrowd": 1}
    export = read(written(tmp_path, cvat, own, crowd), classes=["person"])
    (picture,) = export.pictures
    assert picture.name == "cam-5" and picture.size == (100, 80) and export.left_out == {"crowd": 1}
    first, second = picture.boxes
    assert (first.person, first.role, first.visibility, first.xyxy) == ("7", "unknown", 0.5, (10, 10, 30, 40))
    assert (second.person, second.role, second.visibility, second.score) == ("ann", "nurse", 0.25, 0.5)


def test_a_folder_with_a_file_for_each_split(tmp_path) -> None:
    for split, name in (("train", "cam-1"), ("val", "cam-2")):
        (tmp_path / split).mkdir()
        written(tmp_path / split, images=[{**IMAGE, "file_name": f"{name}.jpg"}])
    assert [picture.name for picture in read(tmp_path, classes=["person"]).pictures] == ["cam-1", "cam-2"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bbox": [1, 2, 3]}, r"annotations\[0\]: bbox is \[1, 2, 3\]; expected \[x, y, width, height\]"),
        ({"bbox": [1, 2, 0, 5]}, r"annotations\[0\]: the box is \(1, 2, 1, 7\).*expected x2 > x1"),
        ({"bbox": [200, 2, 5, 5]}, r"annotations\[0\]: the box .* lies outside of its picture of 100x80"),
        ({"bbox": [1, 2, "x", 5]}, r"bbox\[2\] is 'x'; expected a finite number"),
        ({"image_id": 9}, r"annotations\[0\]: image_id is 9; expected an id of one of the 1 images"),
        ({"category_id": 9}, "category_id is 9; expected an id of one of the 1 categories"),
        ({"score": 1.5}, "score is 1.5; expected a number from 0 to 1"),
    ],
)
def test_a_wrong_entry_is_named_with_its_value(change, says, tmp_path) -> None:
    with pytest.raises(InputError, match=f"labels .*labels.json, {says}" if says.startswith("ann") else says):
        read(written(tmp_path, {**PERSON, **change}), classes=["person"])


def test_two_pictures_with_one_id(tmp_path) -> None:
    with pytest.raises(InputError, match=r"images\[1\]: id is 1, as in .*images\[0\]; expected an id of its own"):
        read(written(tmp_path, images=[IMAGE, IMAGE]), classes=["person"])
