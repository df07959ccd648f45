"""An evaluation notes down what it stands on, in the ledger and in the record of its run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.contracts import InputError
from components.evaluation.comparison import basis_of
from components.ledger.mlflow import Mlflow
from flows import _basis, _run, compare, evaluate, ingest, prepare, track
from tests.flows.ward import SMALL

FLEET = [*SMALL, "only=[bay_a]", "runner=sequential"]


def test_a_detector_and_a_track_run_say_what_they_stand_on(runs: Path) -> None:
    assert ingest.ingest(FLEET).ok
    dataset = prepare.prepare(FLEET)
    measured = evaluate.evaluate(["detector=hog", "split=train"])
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
    basis = basis_of(seen.details["basis"])
    assert basis.protocol["of"] == "tracks" and list(basis.chain) == []
    (use,) = basis.cameras
    assert (use.camera, use.frames) == ("bay_a", 20) and use.version == measured.details["basis"]["cameras"][0]["version"]
    again = evaluate.evaluate(["of=tracks", "min_visibility=0.5"])
    assert again.details["basis"]["dataset"] != basis.dataset  # other people count as true
    with pytest.raises(InputError, match=r"protocol: min_visibility is 0.25 in a, 0.5 in b"):
        compare.compare([])
