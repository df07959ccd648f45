"""What an evaluation measures: a detector on a split of a dataset, or what a track run has seen; files go to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from components.contracts import Progress
from flows import _basis, _wiring


def model(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the detector on one split of a dataset."""
    from components.datasets.dataset import StoredDataset
    from components.evaluation.detection import evaluate_detector
    from components.evaluation.findings import write_detection
    from components.evaluation.slices import Slices
    from components.evaluation.timing import Timing
    from flows._serving import measured, native_frames

    config, database, folder = spec["config"], _wiring.make(spec["config"]["database"]), Path(spec["folder"])
    dataset = StoredDataset(spec["dataset"], storage=_wiring.make(config["storage"]))
    _basis.same_chain(spec, dataset)
    slices = _wiring.make(config["slices"], Slices)
    samples, timing = dataset.split(config["split"]), _wiring.make(config["timing"], Timing)
    frames = native_frames(samples, database) if len(samples) and timing.seconds else []
    detector, latency, without = measured(
        timing if frames else Timing(seconds=0), config["detector"], frames, dataset.chain, config["batch_size"]
    )
    report = evaluate_detector(
        detector, dataset=dataset, folder=folder, split=config["split"], score=config["score"],
        min_visibility=config["min_visibility"], batch_size=config["batch_size"],
        slices=slices, where=samples.where, progress=progress,
    )  # fmt: skip
    about = (
        f"{spec['model'] or 'detector'} on {config['split']} of dataset {dataset.digest[:12]}: {report.overall.frames:,} pictures"
    )
    tables = write_detection(folder, report, score=config["score"], latency=latency, clocks=slices.timezone, about=about)
    worst, figures = report.worst(), report.metrics() | (latency.metrics() if latency else {})
    return {
        "metrics": figures,
        "digests": {"dataset": dataset.digest, "preprocessing": dataset.chain_digest},
        "basis": _basis.of_model(spec, dataset, database),
        "tables": tables,
        "worst": f"{worst.name}: map50 {worst.figures.map50:.3f}" if worst else "",
        "without": without,
    }


def tracks(spec: dict[str, Any], _: Progress) -> dict[str, Any]:
    """Task: a track run against ground truth, on every frame that it looked at and its model was not trained on."""
    from components.evaluation.findings import write_tracks
    from components.evaluation.slices import Slices
    from components.evaluation.track_slices import parts_of
    from components.evaluation.tracks import evaluate_tracks
    from flows._truths import judged, site

    known = judged(spec)
    everywhere = site(spec, known)
    report = evaluate_tracks(known.scenes)
    slices = _wiring.make(spec["config"]["slices"], Slices)
    parts = list(parts_of(known.scenes, known.footage, report, slices))
    storage, database = _wiring.make(spec["config"]["storage"]), _wiring.make(spec["config"]["database"])
    about = f"track run {spec['run_key']}: {report.overall.frames:,} frames"
    tables = write_tracks(Path(spec["folder"]), report, parts, everywhere, clocks=slices.timezone, about=about)
    sliced = {name: value for part in parts for name, value in part.metrics().items()}
    worst = min((part for part in parts if part.enough and "mota" in part.figures), key=lambda p: p.figures["mota"], default=None)
    return {
        "metrics": {
            **report.metrics(), **(everywhere.metrics() if everywhere else {}), "frames_left_out": known.left_out, **sliced,
        },
        "digests": {},
        "basis": _basis.of_tracks(spec, known.scenes, storage, database),
        "tables": tables,
        "worst": f"{worst.name}: mota {worst.figures['mota']:.3f}" if worst else "",
        "without": "",
    }  # fmt: skip
