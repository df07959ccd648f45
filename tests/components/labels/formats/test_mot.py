from __future__ import annotations

import pytest

from components.contracts import InputError
from components.labels.formats.mot import read


def written(folder, rows: str, times: str = ""):
    home = folder / "bay_a-0003"
    (home / "gt").mkdir(parents=True)
    (home / "gt" / "gt.txt").write_text(rows)
    if times:
        (home / "frames.csv").write_text(times)
    return folder


def test_without_times_frames_are_counted_from_0(tmp_path) -> None:
    pictures = read(written(tmp_path, "1,4,1,2,10,20,1,1,0.5\n3,4,1,2,10,20,0,1,1\n"), classes=[]).pictures
    assert [(picture.number, picture.name, len(picture.boxes)) for picture in pictures] == [(0, "", 1), (1, "", 0), (2, "", 1)]
    assert (pictures[0].boxes[0].person, pictures[0].boxes[0].visibility, pictures[2].boxes[0].visibility) == ("4", 0.5, 0.0)


def test_our_own_exports_say_the_time_of_every_frame_also_where_nobody_ever_is(tmp_path) -> None:
    pictures = read(written(tmp_path, "", "frame,time\n1,100\n2,200\n"), classes=[]).pictures
    assert [(picture.name, picture.boxes) for picture in pictures] == [("bay_a-100", ()), ("bay_a-200", ())]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ("frame,time\n1,100\n", "it has frame 2; expected at most 1"),
        ("frame,time\n1,100\n3,300\n", "frames.csv, line 3: 3,300; expected frame,time"),
        ("frame,time\n1,soon\n2,200\n", "frames.csv, line 2: 1,soon"),
    ],
)
def test_times_that_do_not_fit(times, says, tmp_path) -> None:
    with pytest.raises(InputError, match=says):
        read(written(tmp_path, "2,4,1,2,10,20,1,1,1\n", times), classes=[])
