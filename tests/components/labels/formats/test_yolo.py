from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.formats.yolo import read

NAMES = [("classes.txt", "person\n"), ("obj.names", "person\n"), ("data.yaml", "names: [person]")]


def written(folder, text: str, names: str = "person\n", file: str = "classes.txt"):
    (folder / "labels").mkdir()
    (folder / "labels" / "cam-5.txt").write_text(text)
    (folder / file).write_text(names)
    return folder


@pytest.mark.parametrize(("file", "names"), NAMES)
def test_wherever_the_names_of_classes_stand(file, names, tmp_path) -> None:
    (picture,) = read(written(tmp_path, "0 0.5 0.5 0.2 0.4 0.75\n", names, file), classes=["person"]).pictures
    (box,) = picture.boxes
    assert picture.shares and picture.name == "cam-5" and box.score == 0.75
    assert box.xyxy == pytest.approx((0.4, 0.3, 0.6, 0.7))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("0 0.5 0.5 0.2", "line 1: 4 values; expected class, centre x"),
        ("3 0.5 0.5 0.2 0.2", "line 1: class 3 has no name; expected one of 0"),
        ("0 50 50 20 20", "line 1: 50 50 20 20 reaches out of the picture"),
        ("0 0.5 0.5 -0.2 0.2", "line 1: the box is .*expected x2 > x1"),
        ("0 0.5 x 0.2 0.2", "line 1: value 3 is 'x'|line 1: y is 'x'"),
        ("0.5 0.5 0.5 0.2 0.2", "line 1: the class is '0.5'; expected a whole number"),
    ],
)
def test_a_wrong_line_is_named(line, says, tmp_path) -> None:
    with pytest.raises(InputError, match=f"labels .*cam-5.txt, ({says})"):
        read(written(tmp_path, line), classes=["person"])


def test_a_folder_that_does_not_say_what_its_classes_are(tmp_path) -> None:
    written(tmp_path, "")
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(InputError, match=r"nothing says what the classes are; expected .*data.yaml"):
        read(tmp_path, classes=["person"])
