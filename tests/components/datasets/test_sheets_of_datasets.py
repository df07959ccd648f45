"""The contact sheets that stand beside a dataset."""

import cv2
import numpy as np

from components.contracts import KEPT
from components.datasets.contact_sheet import ContactSheet, sheet_path
from components.storage import layout


class Hiding:
    """A step that hides people, by its own words."""

    hides = True

    def __call__(self, frame):
        return frame


def sheet_of(ward, digest, camera):
    content = ward.storage.read(f"{layout.dataset(digest)}/{sheet_path(camera)}")
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def test_every_camera_has_one_with_what_was_kept_and_what_was_not(ward, third):
    digest = ward.dataset(third)
    sheet = sheet_of(ward, digest, "a")
    plain = ContactSheet("a")
    assert sheet_of(ward, digest, "b").shape == sheet.shape and sheet.shape[1] == plain.picture().shape[1]
    assert sheet.std() > 50, "the noise that the cameras saw"


def test_what_a_hiding_chain_turns_away_is_not_shown(build, third):
    open_, closed = build("open"), build("closed")
    seen = sheet_of(open_, open_.dataset(third, cameras=("a",)), "a")
    hidden = sheet_of(closed, closed.dataset(third, Hiding(), cameras=("a",)), "a")
    assert hidden.shape[0] < seen.shape[0] - 80, "a row of pictures less"


def test_sheets_of_cameras_with_any_name_have_a_place_of_their_own():
    names = ["bay a/1", "bay a", "..", "Bucht ä", KEPT]
    assert len({sheet_path(name) for name in names}) == len(names)
    assert all(sheet_path(name).count("/") == 1 for name in names)
