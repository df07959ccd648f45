from __future__ import annotations

import pyarrow as pa

from components.database.database import Database
from components.retention.containing import datasets, label_sets, segments
from components.retention.items import SECOND
from components.storage.storage import Storage
from tests.components.retention.conftest import DATASET, TEN
from tests.components.retention.ward import REQUEST, WHO, fill, write

MOMENTS = {"bay_a": [TEN, TEN + 3 * SECOND]}


def test_frames_by_their_label_and_by_where_the_person_was_seen(storage: Storage, database: Database) -> None:
    fill(storage, database)
    (found,) = datasets(storage, REQUEST, MOMENTS)
    assert (found.dataset, found.frames, found.splits) == (DATASET, {"k0": "label", "k1": "sighting"}, {"train": 2})
    (found,) = datasets(storage, REQUEST, {})
    assert found.frames == {"k0": "label"}


def test_a_dataset_without_the_person_and_half_a_one_are_not_named(storage: Storage, database: Database) -> None:
    fill(storage, database)
    storage.remove(f"datasets/{DATASET}/manifest.parquet")
    assert list(datasets(storage, REQUEST, MOMENTS)) == []


def test_footage_that_was_recorded_while_the_person_was_seen(storage: Storage, database: Database) -> None:
    paths = fill(storage, database)
    assert [path for path, _, _ in segments(database, MOMENTS)] == [paths["film"]]
    assert segments(database, {"bay_a": [TEN - 1, TEN + 10 * SECOND]}) == []
    assert segments(database, {}) == []


def test_sets_of_labels_that_name_the_person_in_the_period(storage: Storage) -> None:
    for name, times in (("aa", [TEN, TEN - 1]), ("bb", [TEN - 1])):
        write(storage, f"labels/{name}/labels.parquet", pa.table({"time": times, "person": [WHO] * len(times)}))
    assert label_sets(storage, REQUEST) == {"aa": 1}
