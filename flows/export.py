"""Make a trained model ready for other runtimes: `python -m flows.export formats=[onnx,openvino] precision=int8`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from components.contracts import InputError, SplitName, digest_of
from components.evaluation.parity import Tolerance
from flows import _described, _launch, _prefect, _wiring
from flows._summary import Status, Summary
from flows._workers import Job, Runner, each, failures_of

Format = Literal["onnx", "openvino", "tensorrt"]
Chance = Annotated[float, Ge(0), Le(1)]
Some = Annotated[int, Ge(1)]


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("export", overrides, calls)
    if config["precision"] not in config["tolerances"]:
        raise InputError(f"tolerances has nothing for precision={config['precision']}; say there how far an export may be off")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    weights: str, formats: list[Format], precision: Literal["f32", "f16", "int8"], calibration: Some, split: SplitName,
    frames: Some, rounds: Some, score: Chance, iou: Chance, threads: Some, min_visibility: Chance,
    tolerances: dict[str, Tolerance], storage: Any, database: Any, ledger: Any, model_cache: str,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def export(overrides: Sequence[str] = ()) -> Summary:
    """Write the files, compare them with the network as PyTorch runs it, and add those that see the same to the version."""
    from components.evaluation.tables import tag as shown_as_tables
    from flows import _code, _exported

    config = plan(overrides)
    ledger, commit = _wiring.make(config["ledger"]), _code.commit()
    with TemporaryDirectory(prefix="wardflow-") as folder:
        found = ledger.resolve(config["weights"], folder=Path(config["model_cache"]))
        model = f"{found.name}/{found.version}"
        spec = {"config": config, "folder": folder, "model": model, "weights": str(found.folder / "model.onnx")}
        job = Job(f"export {model}", {**spec, "sums": dict(found.sums)})
        outcomes = each(_exported.work, [job], Runner("local"))
        if failures := failures_of(outcomes):
            return Summary("failed", failures=failures)
        result = outcomes[0].result
        tags = {"flow": "export", "model": model, "git_commit": commit.name, "git_dirty": str(commit.dirty).lower()}
        tags |= {"dataset_digest": result["dataset"], "refused": ", ".join(result["refused"]), **shown_as_tables(["runtimes"])}
        recorded = {"spec": digest_of([model, config]), **config}
        with _described.opened(ledger, "export", overrides, recorded, effective=config, tags=tags) as run:
            run.text("export.json", json.dumps(result, indent=2))
            run.artifacts(Path(folder) / "report")
            run.metrics(result["metrics"], 0)
            for names in result["made"].values():
                ledger.attach(found.name, version=found.version, folder=Path(folder) / "files", names=names)
    return _summed(config, model, result, run.id)


def _summed(config: Mapping[str, Any], model: str, result: Mapping[str, Any], run: str) -> Summary:
    figures = {"model": model, "precision": config["precision"], **result["shown"]}
    made = [name for names in result["made"].values() for name in names]
    note = f"{', '.join(made) or 'no new file'} of {model}; table and plots: run {run} in MLflow"
    usable = [name for name in config["formats"] if name not in result["refused"]]
    following = f"python -m flows.track detector.runtime={usable[-1]} detector.precision={config['precision']}" if usable else ""
    status: Status = "failed" if result["refused"] else "completed" if made else "unchanged"
    return Summary(
        status, figures, {"dataset": result["dataset"]}, result["refused"], note=note, next=following,
        details={**result, "ledger_run": run},
    )  # fmt: skip


__getattr__ = _prefect.exported(export)
main = _launch.command(export)

if __name__ == "__main__":
    main()
