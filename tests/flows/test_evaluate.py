"""An evaluation notes down what it stands on, in the ledger and in the record of its run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.datasets.dataset import StoredDataset
from components.evaluation.comparison import basis_of
from components.ledger.mlflow import Mlflow
from flows import _basis, _launch, _run, _wiring, compare, evaluate, ingest, prepare, track
from tests.flows.ward import SMALL

FLEET = [*SMALL, "only=[bay_a]", "runner=local"]


def test_a_detector_and_a_track_run_say_what_they_stand_on(runs: Path) -> None:
    assert ingest.ingest(FLEET).ok
    dataset = prepare.prepare(FLEET)
    quick = ["timing.seconds=0.01", "timing.warm_up=0", "slices.timezone=Asia/Kolkata"]
    measured = evaluate.evaluate(["detector=hog", "split=train", *quick])
    _is_whole(measured, runs)
    basis = basis_of(measured.details["basis"])
    assert basis.dataset == dataset.digests["dataset"] and basis.chain_digest == dataset.digests["preprocessing"]
    (use,) = basis.cameras
    assert use.camera == "bay_a" and use.frames == measured.figures["frames"] and use.valid_from is not None
    assert len(basis.steps) == len(basis.chain) > 0
    kept = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow").evaluation("latest", artifact=_basis.ARTIFACT)
    assert (
        kept.run == measured.details["ledger_run"] and basis_of(json.loads(json.dumps(kept.basis))).digests() == basis.digests()
    )

    followed = [*FLEET, "detector=hog", "tracker=byte", "sampling=fixed_5fps"]
    assert _run.start(track.track, followed, runs / "track").code == 0
    seen = evaluate.evaluate(["of=tracks"])
    assert seen.ok, seen.failures
    kept = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")._client.get_run(seen.details["ledger_run"])
    assert {"people.camera.bay_a", "people.hour.06-12", "hota", "frames_left_out"} <= set(kept.data.metrics)
    folder = Path(kept.info.artifact_uri.removeprefix("file://"))
    assert pq.read_table(folder / "judged_tracks.parquet").column_names == ["camera", "metric", "value"]
    assert (folder / "plots/position_error.png").is_file() or seen.figures["recall"] == 0
    basis = basis_of(seen.details["basis"])
    assert basis.protocol["of"] == "tracks" and list(basis.chain) == []
    (use,) = basis.cameras
    assert (use.camera, use.frames) == ("bay_a", 20) and use.version == measured.details["basis"]["cameras"][0]["version"]
    again = evaluate.evaluate(["of=tracks", "min_visibility=0.5"])
    assert again.details["basis"]["dataset"] != basis.dataset  # other people count as true
    with pytest.raises(InputError, match=r"protocol: min_visibility is 0.25 in a, 0.5 in b"):
        compare.compare([])


def _is_whole(measured: Any, runs: Path) -> None:
    """Tables, plots and latency of an evaluation are in the ledger, and fit each other."""
    kept = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")._client.get_run(measured.details["ledger_run"])
    folder = Path(kept.info.artifact_uri.removeprefix("file://"))
    images, rows = (pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("images", "judged"))
    assert len(images) == measured.figures["frames"]
    assert sum(row["crowd"] for row in images) == measured.figures["people"]
    assert {row["image"] for row in rows} <= {row["image"] for row in images}
    assert len(list(runs.rglob(images[0]["path"]))) == 1  # the shard is in the store
    stored = StoredDataset(
        measured.digests["dataset"], storage=_wiring.make(_launch.compose("evaluate", ["detector=hog"])["storage"])
    )
    assert stored.by_key(images[0]["image"])["time"] == images[0]["time"]
    names = set(kept.data.metrics)
    assert {"people.camera.bay_a", "people.hour.12-18", "latency_ms.median", "latency_ms.p95", "memory_mb"} <= names  # 10:00 UTC
    assert any(name.startswith("people.role.") for name in names) and any(name.startswith("people.crowd.") for name in names)
    tables = [entry["path"] for entry in json.loads(kept.data.tags["mlflow.loggedArtifacts"])]
    assert "tables/slices.json" in tables and all(json.loads((folder / path).read_text())["data"] for path in tables)
    assert {"precision_recall.png", "score.png", "latency.png"} <= {path.name for path in (folder / "plots").iterdir()}
    assert measured.details["ledger_run"] in measured.note and measured.figures["latency_ms.median"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["split=exam"], "split"),
        (["slices.hours=[6,12]"], r"slices.hours is \[6, 12\]"),
        (["slices.timezone=Mars"], "slices.timezone is 'Mars'"),
        (["timing.seconds=-1"], "timing.seconds"),
        (["slices.rooms=[0]"], "rooms"),
        (["score=-1"], "score is -1.*from 0 to 1"),
        (["min_visibility=1.5"], "min_visibility is 1.5"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str, runs: Path) -> None:
    with pytest.raises(InputError, match=said):
        evaluate.evaluate(words)
