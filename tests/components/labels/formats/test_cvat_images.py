from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.formats.cvat_images import read

BOX = '<box label="person" occluded="{}" xtl="10" ytl="20" xbr="30" ybr="60" {}>{}</box>'


def written(folder, *shapes: str):
    image = f'<image id="4" name="cam-5.png" width="100" height="80">{"".join(shapes)}</image>'
    (folder / "annotations.xml").write_text(f"<annotations><version>1.1</version>{image}</annotations>")
    return folder


def test_attributes_occlusion_and_turned_boxes(tmp_path) -> None:
    said = '<attribute name="person">ann</attribute><attribute name="role">nurse</attribute>'
    export = read(written(
        tmp_path, BOX.format(1, "", said), BOX.format(0, 'rotation="90"', ""), '<polygon label="person" points="1,1;2,2;3,1"/>',
        '<box label="bed" occluded="0" xtl="1" ytl="1" xbr="2" ybr="2"/>',
    ), classes=["person"])  # fmt: skip
    ((first, second),) = (picture.boxes for picture in export.pictures)
    assert (first.person, first.role, first.visibility, first.xyxy) == ("ann", "nurse", 0.5, (10, 20, 30, 60))
    assert second.xyxy == pytest.approx((0, 30, 40, 50)) and second.visibility == 1
    assert export.left_out == {"bed, no person": 1, "polygon, no box": 1}


def test_a_wrong_box_is_named(tmp_path) -> None:
    bad = BOX.format(0, "", "").replace('xbr="30"', 'xbr="wide"')
    with pytest.raises(InputError, match=r"annotations.xml, image 4, box 0: xbr is 'wide'; expected a finite number"):
        read(written(tmp_path, bad), classes=["person"])


def test_the_other_kind_of_cvat_is_named(tmp_path) -> None:
    (tmp_path / "annotations.xml").write_text("<annotations><track id='0' label='person'/></annotations>")
    with pytest.raises(InputError, match="it has <track> and no <image>; give format=cvat_video"):
        read(tmp_path, classes=["person"])


def test_entities_are_refused(tmp_path) -> None:
    (tmp_path / "annotations.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>')
    with pytest.raises(InputError, match="declares a DOCTYPE"):
        read(tmp_path, classes=["person"])
