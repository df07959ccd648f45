from __future__ import annotations

from components.database.database import Database
from components.retention.inventory import items
from components.retention.items import HOUR, SECOND, Span
from components.storage.storage import Storage
from tests.components.retention.conftest import DATASET, TEN, make_dataset, record


def test_everything_is_there_once_and_certificates_are_not(filled: Storage, database: Database) -> None:
    filled.write("certificates/one.json", b"{}")
    found = {item.path: item for item in items(filled, database)}
    listed = {path for path in filled.list("") if not path.startswith(("datasets/", "certificates/"))}
    assert set(found) == listed | {f"datasets/{DATASET}"}
    assert {path for item in found.values() for path in item.files} == set(filled.list("")) - {"certificates/one.json"}
    assert all(item.bytes == sum(map(filled.size, item.files)) for item in found.values())
    assert {path for path, item in found.items() if not item.spans} == {
        "lake/dim_camera/dim_camera.parquet",
        "parts/half/bay-00000.tar",
    }


def test_footage_ends_when_the_database_says_and_so_does_its_truth(storage: Storage, database: Database) -> None:
    path = record(storage, database, "bay_a", TEN + HOUR - SECOND, seconds=30)  # into the next hour
    film, truth = items(storage, database, prefix="raw")
    assert film.path == path and film.sha256 and not truth.sha256
    assert film.spans == truth.spans == (Span("bay_a", TEN + HOUR - SECOND, TEN + HOUR + 29 * SECOND),)


def test_a_file_that_is_not_what_the_database_knows_gets_a_digest_of_its_own(storage: Storage, database: Database) -> None:
    path = record(storage, database, "bay_a", TEN)
    storage.write(path, b"somebody has cut it")
    assert next(item for item in items(storage, database) if item.path == path).sha256 == ""


def test_a_dataset_is_one_item_of_its_frames_time_with_its_manifest_first(storage: Storage, database: Database) -> None:
    make_dataset(storage, database, {"desk": [TEN + 5, TEN], "bay_a": [TEN + 7]})
    (item,) = items(storage, database)
    assert item.spans == (Span("bay_a", TEN + 7, TEN + 8), Span("desk", TEN, TEN + 6))
    assert item.dataset == DATASET and item.files[0].endswith("/manifest.parquet") and len(item.files) == 3


def test_half_a_dataset_has_no_time(storage: Storage, database: Database) -> None:
    storage.write(f"datasets/{DATASET}/bay-00000.tar", b"pictures")
    (item,) = items(storage, database)
    assert item.spans == () and item.dataset == DATASET
