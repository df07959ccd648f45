"""Face recognition without consent does not start; the networks themselves are not in this repository."""

from datetime import date, timedelta

import numpy as np
import pytest

from components.contracts import InputError, Person
from components.identity.face import Face, check_consent, heads, owner
from components.identity.gallery import enrol

ROSTER = (Person("ann", "nurse", "", "", 1), Person("bob", "nurse", "", "", 2))
CONSENT = "works council of the hospital, 2026-03-01"


@pytest.fixture
def gallery(tmp_path):
    features = np.repeat(np.eye(2, 128, dtype=np.float32), 3, axis=0)
    enrol(features, ["ann"] * 3 + ["bob"] * 3).save(tmp_path / "faces.npz")
    return str(tmp_path / "faces.npz")


def face(**words):
    return Face(
        **{"roster": ROSTER, "consent": CONSENT, "detector": "d.onnx", "recognizer": "r.onnx", "gallery": "g.npz", **words}
    )


TOMORROW = (date.today() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    "consent", ["", "yes", "true", "2026-03-01", "the council", "the council, 2026-02-30", f"me too, {TOMORROW}"]
)
def test_without_consent_it_does_not_start(consent):
    """Before any file is touched: none of those named exists."""
    with pytest.raises(InputError, match=r"face recognition does not start: consent is .* expected who gave it and when"):
        face(consent=consent)


def test_consent_needs_to_be_said():
    with pytest.raises(TypeError, match="consent"):
        Face(roster=ROSTER, detector="d", recognizer="r", gallery="g")


def test_who_and_when_is_consent():
    check_consent(CONSENT)


def test_a_gallery_is_needed():
    with pytest.raises(InputError, match=r"gallery g.npz: no such file"):
        face()


def test_networks_that_are_not_there_are_named(gallery):
    with pytest.raises(InputError, match=r"d.onnx, r.onnx: no such file; .*yunet"):
        face(gallery=gallery)


def test_files_that_are_no_networks_are_refused(gallery, tmp_path):
    (tmp_path / "d.onnx").write_bytes(b"no network")
    path = str(tmp_path / "d.onnx")
    with pytest.raises(InputError, match="are not YuNet and SFace"):
        face(gallery=gallery, detector=path, recognizer=path)


@pytest.mark.parametrize("wrong", [{"score": 1.0}, {"limit": 0.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="0 < score < 1"):
        face(**wrong)


BOXES = np.array([[0, 0, 100, 300], [60, 20, 160, 320], [400, 0, 500, 300]], np.float32)


def test_a_head_is_the_upper_third():
    assert heads(BOXES)[0].tolist() == pytest.approx([0, 0, 100, 105])


@pytest.mark.parametrize(("point", "row"), [((30, 50), 0), ((130, 60), 1), ((80, 60), -1), ((450, 250), -1), ((300, 50), -1)])
def test_a_face_belongs_to_the_only_head_that_it_lies_on(point, row):
    assert owner(np.array(point, float), BOXES) == row
