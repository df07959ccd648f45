"""Videos of what was seen can be read, and say who, where and when; times without footage are a page."""

from __future__ import annotations

import av
import numpy as np

from components.contracts import UNKNOWN, Camera, Frame, Sighting
from components.overlay import Overlay, Pause, drawn, said

SECOND, BEGUN = 1_000_000_000, 1_772_445_600 * 1_000_000_000
CAMERA = Camera("hall", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def frame(second: float, *, scale: float = 1.0, gray: bool = False) -> Frame:
    image = np.full((121, 161) if gray else (121, 161, 3), 128, np.uint8)
    return Frame(CAMERA, BEGUN + round(second * SECOND), 0, "s", 0, image, np.diag([scale, scale, 1.0]))


def sighting(second: float, person: str = UNKNOWN, role: str = UNKNOWN) -> Sighting:
    where = (1.0, 2.0, 0.1, "hall", (40.0, 60.0, 80.0, 110.0), 0.9)
    return Sighting("hall", "v", 7, BEGUN + round(second * SECOND), 0, "s", 0, person, 0.93, role, *where)


def test_a_video_has_every_frame_at_its_time_and_a_page_for_what_is_missing(tmp_path):
    told = []
    overlay = Overlay(
        tmp_path, since=BEGUN, name="x", pauses={"hall": [Pause(BEGUN + SECOND, BEGUN + 3 * SECOND, "the stream ended")]},
        seen=lambda camera, time: told.append((camera, time)),
    )  # fmt: skip
    for number in (0, 0.5, 3, 3.5):
        overlay.write(frame(number), [sighting(number, "anna", "nurse")] if number else [])
    assert not list(tmp_path.glob("*.mp4")), "a video that is not whole has no name"
    overlay.close()
    reel = overlay.reels["hall"]
    assert (reel.frames, reel.sightings, reel.people, len(told)) == (4, 3, {"anna"}, 4)
    with av.open(str(reel.path)) as container:
        stream = container.streams.video[0]
        found = [
            (round(float(picture.pts * picture.time_base), 3), picture.to_ndarray(format="bgr24"))
            for picture in container.decode(stream)
        ]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 160, 120)
    assert [time for time, _ in found] == [0.0, 0.5, 1.0, 3.0, 3.5]
    assert np.median(found[2][1]) < 60 < 100 < np.median(found[1][1])


def test_boxes_of_native_pixels_are_where_they_are_in_the_picture():
    whole, half = (drawn(frame(0, scale=scale), [sighting(0)]) for scale in (1.0, 2.0))
    assert (whole[85, 40] != 128).any() and (whole[85, 60] == 128).all()
    assert (half[43, 20] != 128).any() and (half[43, 60] == 128).all()
    assert drawn(frame(0, gray=True), []).shape == (121, 161, 3)


def test_people_in_few_words():
    assert said(sighting(0)) == "#7 unknown"
    assert said(sighting(0, "anna", "nurse")) == "#7 anna 0.93 nurse"
    assert said(sighting(0, UNKNOWN, "nurse")) == "#7 unknown nurse"
