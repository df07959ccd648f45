import cv2
import numpy as np
import pytest

from components.contracts import KEPT, Camera, Frame, InputError
from components.datasets.contact_sheet import ContactSheet, Spread

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
SECOND = 10**9


def frame(i, shape=(90, 160)):
    return Frame(CAMERA, i * SECOND, i, "", 0, np.full((*shape, 3), i % 200, np.uint8), np.eye(3))


@pytest.mark.parametrize("length", [1, 5, 6, 7, 100, 1000])
def test_tiles_are_evenly_spread_over_a_stream_of_any_length(length):
    spread = Spread(6)
    for i in range(length):
        if spread.wants():
            spread.add(i, np.zeros((1, 1, 3), np.uint8))
        assert len(spread.tiles) < 12
    times = [time for time, _ in spread.shown()]
    assert spread.seen == length and len(times) == min(6, length) and times[0] == 0
    assert length < 6 or (max(np.diff(times)) <= 3 * min(np.diff(times)) and times[-1] >= 0.8 * (length - 1))


def test_every_reason_has_a_row_and_the_same_frames_give_the_same_picture():
    def sheet():
        made = ContactSheet("cam")
        for i in range(60):
            made.see(frame(i), "dark" if i % 10 == 0 else "blurred" if i % 7 == 0 else KEPT)
        return made

    assert sheet().jpeg() == sheet().jpeg()
    picture = sheet().picture()
    assert 1000 < picture.shape[1] < 1400
    one = ContactSheet("cam")
    one.see(frame(0))
    assert one.picture().shape[0] < picture.shape[0]
    assert cv2.imdecode(np.frombuffer(sheet().jpeg(), np.uint8), cv2.IMREAD_COLOR).shape == picture.shape


def test_what_it_remembers_does_not_grow_with_the_footage():
    sheet = ContactSheet("cam", reasons=3)
    for i in range(3000):
        sheet.see(frame(i, (8, 8)), KEPT if i % 2 else f"reason {i % 50}")
    assert sum(len(row.tiles) for row in sheet._rows.values()) < 36 + 4 * 12
    assert sum(row.seen for row in sheet._rows.values()) == 3000, "and everything is counted"
    assert len(sheet._rows) <= 4


def test_pictures_from_before_privacy_are_not_shown():
    sheet = ContactSheet("cam", shown="kept")
    sheet.see(frame(50))
    sheet.see(frame(199), "unmasked")
    picture = sheet.picture()
    assert (picture == 199).all(axis=2).sum() < 500 < 10_000 < (picture == 50).all(axis=2).sum()


@pytest.mark.parametrize("shape", [(1, 1), (500, 3), (3, 500), (2000, 1000)])
def test_pictures_of_any_shape(shape):
    sheet = ContactSheet("cam")
    sheet.see(frame(1, shape))
    assert sheet.picture().shape[0] < 500


def test_nothing_at_all_is_a_sheet_too():
    assert ContactSheet("Kamera Nürnberg").picture().size


@pytest.mark.parametrize("wrong", [{"kept": 0}, {"width": 5}, {"reasons": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected at least 1"):
        ContactSheet("cam", **wrong)


def test_sheets_of_stretches_become_one_of_the_whole():
    whole, joined = ContactSheet("cam"), ContactSheet("cam")
    for stretch in range(4):
        part = ContactSheet("cam")
        for i in range(stretch * 50, stretch * 50 + 10 * (stretch + 1)):
            for sheet in (whole, part):
                sheet.see(frame(i), "dark" if i % 5 == 0 else KEPT)
        joined.unpack(part.pack())
    assert [(reason, row.seen) for reason, row in joined._rows.items()] == [
        (reason, row.seen) for reason, row in whole._rows.items()
    ]
    assert joined.picture().shape == whole.picture().shape
    for row in joined._rows.values():
        times = [time for time, _ in row.shown()]
        assert times == sorted(times) and times[0] <= SECOND and times[-1] >= 170 * SECOND and len(row.tiles) < 2 * row.most


def test_a_sheet_of_nothing_adds_nothing():
    sheet = ContactSheet("cam")
    sheet.see(frame(3))
    before = sheet.jpeg()
    sheet.unpack(ContactSheet("cam").pack())
    assert sheet.jpeg() == before
