"""Contact sheets in the ledger."""

import pytest

from components.datasets.contact_sheet import ContactSheet, sheet_path
from components.ledger.mlflow import Mlflow
from components.storage import layout
from components.storage.storage import Storage
from flows import _contact

DATASET = "ab" * 32
COUNTS = {"bay_a": {"train": 8, "dark": 2}, "bay_b": {"test": 5}}


@pytest.fixture
def config(tmp_path):
    storage = Storage(str(tmp_path / "store"))
    for camera in ("bay_a", "bay_b"):
        storage.write(f"{layout.dataset(DATASET)}/{sheet_path(camera)}", ContactSheet(camera).jpeg())
    ledger = {"_target_": "components.ledger.mlflow.Mlflow", "uri": f"sqlite:///{tmp_path}/mlflow.db", "experiment": "ward"}
    recipe = {"sampling": {"_target_": "x", "fps": 5.0}, "preprocessing": [], "labels": {}, "picture": {}, "splits": {}}
    store = {"_target_": "components.storage.storage.Storage", "url": str(tmp_path / "store")}
    return {**recipe, "storage": store, "ledger": ledger}


def test_a_run_has_the_sheets_and_the_frames_by_camera_and_reason(config):
    run = _contact.log(config, ["sampling=fixed_5fps"], dataset=DATASET, counts=COUNTS)
    client = Mlflow(config["ledger"]["uri"], experiment="ward")._client
    assert sorted(file.path for file in client.list_artifacts(run, "contact_sheets")) == [
        "contact_sheets/bay_a.jpg",
        "contact_sheets/bay_b.jpg",
    ]
    found = client.get_run(run)
    assert found.data.metrics == {"bay_a.train": 8.0, "bay_a.dark": 2.0, "bay_b.test": 5.0}
    assert found.data.tags["dataset_digest"] == DATASET and found.data.tags["diff"] == "sampling=fixed_5fps"
