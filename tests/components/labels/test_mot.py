import numpy as np
import pytest

from components.contracts import InputError
from components.labels.mot import read_mot

ROWS = """\
1,3,10,20,30,60,1,-1.5,2.25,0
1,7,100,20,30,60,0,-1,-1,0
3,3,12.5,20,30,60,1,-1.4,2.25,0
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "seq" / "gt" / "gt.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_frames_count_from_0_and_none_is_left_out(file):
    truth = read_mot(file(ROWS), frames=5)
    assert list(truth) == [0, 1, 2, 3, 4]
    assert [len(truth[i].people) for i in range(5)] == [2, 0, 1, 0, 0]
    assert list(read_mot(file(ROWS))) == [0, 1, 2]


def test_columns_mean_what_they_say(file):
    truth = read_mot(file(ROWS))[0]
    assert truth.people == ("3", "7")
    assert truth.boxes.tolist() == [[10, 20, 40, 80], [100, 20, 130, 80]]
    assert truth.floor[0].tolist() == [-1.5, 2.25] and np.isnan(truth.floor[1]).all()
    assert truth.visibility.tolist() == [1, 0], "flag 0 need not be found"


def test_boxes_are_clipped_to_the_picture(file):
    truth = read_mot(file("1,1,-10,-20,50,60,1,-1,-1,-1\n1,2,600,440,100,100,1,-1,-1,-1\n"), size=(640, 480))
    assert truth[0].boxes.tolist() == [[0, 0, 40, 40], [600, 440, 640, 480]]


def test_later_formats_have_classes_and_visibility(file):
    rows = "1,1,0,0,9,9,1,1,0.5\n1,2,20,0,9,9,1,7,1\n1,3,40,0,9,9,1,3,1\n1,4,60,0,9,9,1,1,0\n1,5,80,0,9,9,0,1,1\n"
    truth = read_mot(file(rows))[0]
    assert truth.people == ("1", "2", "4", "5"), "a car is nobody"
    assert truth.visibility == pytest.approx([0.5, 0, 0.01, 0]), "a hidden pedestrian counts, a sitting one need not be found"
    assert np.isnan(truth.floor).all()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "0 rows of 0 numbers; expected rows of frame,id,left"),
        ("once upon a time\n", "not a MOT file .*expected rows of frame,id,left"),
        (b"RIFF\xff\xfe\x00AVI LIST", "not a MOT file"),
        ("1,1,0,0,9,9,1,3,1\n", "none of its 1 boxes is of a person; expected class 1"),
        ("1,2,3,4,5\n", "1 rows of 5 numbers; expected"),
        ("1,1,0,0,9,9,1,-1,-1,-1\n2,1,0,0,9\n", "not a MOT file"),
        ("0,1,0,0,9,9,1,-1,-1,-1\n", r"row 1: .*frames count from 1"),
        ("1,1,0,0,9,9,1,-1,-1,-1\n2,1,0,0,0,9,1,-1,-1,-1\n", r"row 2: .*boxes have a size"),
        ("1,-1,0,0,9,9,0.9,-1,-1,-1\n1,-1,20,0,9,9,0.8,-1,-1,-1\n", r"-1 is twice in frame 1; is this a file of detections\?"),
    ],
)
def test_a_file_that_is_no_ground_truth_is_described(file, text, complaint):
    with pytest.raises(InputError, match=rf"ground truth .*gt\.txt.*{complaint}"):
        read_mot(file(text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.txt: no such file"):
        read_mot(tmp_path / "nowhere.txt")


@pytest.mark.parametrize(
    ("frames", "size", "complaint"),
    [
        (2, None, r"it ends at frame 3, the footage has 2"),
        (100, None, r"it ends at frame 3, the footage has 100"),
        (3, (90, 480), r"1 of 3 boxes lie outside its 90x480 px, such as that of 7 in frame 1"),
        (3, (640, 15), r"3 of 3 boxes lie outside"),
    ],
)
def test_the_truth_of_other_footage_is_refused(file, frames, size, complaint):
    with pytest.raises(InputError, match=f"does not match this footage: {complaint}.*same sequence"):
        read_mot(file(ROWS), frames=frames, size=size)


def test_what_stands_beside_a_sequence_counts(file):
    path = file(ROWS)
    info = path.parent.parent / "seqinfo.ini"
    info.write_text("[Sequence]\nseqLength=3\nimWidth=640\nimHeight=480\n")
    assert read_mot(path, frames=3, size=(640, 480))
    with pytest.raises(InputError, match=r"seqinfo.ini says imWidth=640, the footage has 800"):
        read_mot(path, size=(800, 480))
    info.write_text("no section\n")
    with pytest.raises(InputError, match=r"seqinfo.ini cannot be read"):
        read_mot(path, frames=3)


def test_real_truth_is_read_and_fits_its_own_footage_only(pets):
    path = pets / "gt" / "gt.txt"
    truth = read_mot(path, frames=795, size=(768, 576))
    assert len(truth) == 795
    assert sum(len(each.people) for each in truth.values()) == 4650
    assert sum((each.visibility == 0).sum() for each in truth.values()) == 174
    with pytest.raises(InputError, match="seqLength=795, the footage has 71"):
        read_mot(path, frames=71, size=(640, 480))
