from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.formats.cvat_video import read

SHAPE = '<box frame="{}" outside="{}" occluded="0" keyframe="1" xtl="{}" ytl="20" xbr="{}" ybr="60"/>'


def written(folder, *shapes: str, about: str = ""):
    (folder / "annotations.xml").write_text(
        f'<annotations>{about}<track id="4" label="person">{"".join(shapes)}</track></annotations>'
    )
    return folder


def test_between_two_boxes_everybody_walks_straight_on(tmp_path) -> None:
    shapes = [SHAPE.format(2, 0, 10, 30), SHAPE.format(6, 0, 30, 50), SHAPE.format(7, 1, 30, 50), SHAPE.format(9, 0, 0, 20)]
    export = read(written(tmp_path, *shapes), classes=["person"])
    found = {picture.number: picture.boxes[0].xyxy[0] for picture in export.pictures}
    assert found == {2: 10, 3: 15, 4: 20, 5: 25, 6: 30, 9: 0}
    assert {box.person for picture in export.pictures for box in picture.boxes} == {"track 4"}


def test_frames_of_the_task_count_as_looked_at(tmp_path) -> None:
    about = "<meta><job><start_frame>10</start_frame><stop_frame>18</stop_frame><frame_filter>step=4</frame_filter></job></meta>"
    export = read(written(tmp_path, SHAPE.format(14, 0, 1, 5), about=about), classes=["person"])
    assert [(picture.number, len(picture.boxes)) for picture in export.pictures] == [(10, 0), (14, 1), (18, 0)]


def test_a_frame_that_is_twice_in_a_track(tmp_path) -> None:
    with pytest.raises(InputError, match="track 4: frame 2 is there twice"):
        read(written(tmp_path, SHAPE.format(2, 0, 1, 5), SHAPE.format(2, 0, 1, 5)), classes=["person"])
