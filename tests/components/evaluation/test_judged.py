"""The tables of what was judged: their schema is an interface, their rows are streamed, and they read back as they were."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.contracts import Detections, InputError
from components.evaluation import judged
from components.evaluation.judged import IMAGES, IMAGES_SCHEMA, JUDGED, JUDGED_SCHEMA, Picture, Writer, read
from components.evaluation.matching import match

HOUR = 3_600 * 10**9
PEOPLE = np.array([[10, 10, 30, 60], [50, 10, 70, 60], [80, 10, 95, 60]], np.float32)
VISIBLE = np.array([1.0, 1.0, 0.1], np.float32)


def picture(number, boxes, scores, people=PEOPLE):
    n = len(people)
    found = Detections(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.zeros(len(scores), np.int64))
    hidden = VISIBLE[:n] < 0.5
    roles, crowd = ("nurse", "doctor", "nurse")[:n], int((~hidden).sum())
    return Picture(
        f"key-{number}", "shard", f"cam_{number % 2}", number * HOUR, crowd, people, roles, match(found, people, hidden)
    )


def written(folder, *pictures):
    with Writer(folder) as writer:
        for each in pictures:
            writer.add(each)
    return pq.read_table(folder / JUDGED), pq.read_table(folder / IMAGES)


def test_one_row_for_each_detection_and_each_person_missed(tmp_path):
    loose = (10, 10, 30, 45)  # IoU 0.7 with the first
    rows, images = written(
        tmp_path, picture(27, [(80, 10, 95, 60), loose, (0, 62, 20, 80)], [0.9, 0.8, 0.3]), picture(28, [], [], PEOPLE[:0])
    )
    assert rows.schema.equals(JUDGED_SCHEMA) and rows.schema.metadata[b"pixels"] == b"dataset"
    assert images.schema.equals(IMAGES_SCHEMA)
    one = rows.to_pydict()
    assert one["kind"] == ["found", "found", "found", "missed"]
    assert one["score"][:3] == pytest.approx([0.9, 0.8, 0.3]) and np.isnan(one["score"][3])
    assert one["role"] == ["", "nurse", "", "doctor"]
    assert one["matches"] == [0, 0b11111, 0, 0]  # 0.50, 0.55, 0.60, 0.65, 0.70
    assert one["ignored"] == [0b1111111111, 0, 0, 0]  # the hidden nurse
    assert [one[side][1] for side in ("x1", "y1", "x2", "y2")] == list(loose)
    assert [one[side][3] for side in ("x1", "y1", "x2", "y2")] == [50, 10, 70, 60]
    assert set(one["image"]) == {"key-27"} and set(one["hour"]) == {3} and set(one["crowd"]) == {2}
    assert images.to_pylist() == [
        {"image": "key-27", "camera": "cam_1", "time": 27 * HOUR, "hour": 3, "crowd": 2, "path": "shard"},
        {"image": "key-28", "camera": "cam_0", "time": 28 * HOUR, "hour": 4, "crowd": 0, "path": "shard"},
    ]


def test_row_groups_are_written_as_they_fill_and_read_back_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(judged, "GROUP", 10)
    pictures = [picture(i, [(10, 10, 30, 60), (50, 10, 70, 60)], [0.5, 0.1 + i / 100]) for i in range(40)]
    rows, images = written(tmp_path, *pictures)
    assert pq.ParquetFile(tmp_path / JUDGED).metadata.num_row_groups == 8
    columns = read(tmp_path)
    assert columns.picture.tolist() == [i for i in range(40) for _ in range(2)]
    assert columns.score.tolist() == rows["score"].to_pylist()
    assert [columns.cameras[i] for i in columns.camera] == images["camera"].to_pylist()
    assert [columns.roles[i] for i in columns.role] == rows["role"].to_pylist()
    assert columns.time.tolist() == [i * HOUR for i in range(40)] and set(columns.crowd.tolist()) == {2}


def test_nothing_found_and_nobody_there_is_a_table_too(tmp_path):
    rows, images = written(tmp_path, picture(1, [], [], PEOPLE[:0]))
    assert (rows.num_rows, images.num_rows) == (0, 1)
    assert read(tmp_path).score.shape == (0,)


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match="no evaluation table that can be read"):
        read(tmp_path)
