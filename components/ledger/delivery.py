"""Carries the words of a run to MLflow. Each counts once, however often it is carried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ledger.connection import MlflowClient, MlflowException
from components.ledger.journal import Journal, Op
from components.ledger.registry import Registry

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag  # isort: skip  # after the switches

MARK = "journal"  # the tag of a run that was begun while the ledger was away
TROUBLE = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED")


def away(error: MlflowException) -> bool:
    """Whether an error is one of a server that does not answer, or cannot write, rather than one of what it was asked."""
    return str(error.error_code) in TROUBLE


def perform(client: MlflowClient, registry: Callable[[], Registry], run: str, op: Op) -> Any:
    """Carry out one word for `run`. Raises MlflowException."""
    match op["do"]:
        case "batch":
            client.log_batch(
                run, metrics=[Metric(*row) for row in op.get("metrics", ())],
                params=[Param(*row) for row in op.get("params", ())], tags=[RunTag(*row) for row in op.get("tags", ())],
            )  # fmt: skip
        case "artifacts":
            client.log_artifacts(run, op["files"], op["path"] or None)
        case "text":
            client.log_text(run, op["content"], op["name"])
        case "dataset":
            data = Dataset(op["name"], op["digest"], "wardflow", op["source"])
            client.log_inputs(run, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
        case "end":
            client.set_terminated(run, op["status"], op["at"])
        case "register":
            source = f"{client.get_run(run).info.artifact_uri}/model"
            return registry().add(op["name"], run, source, op["tags"], op["description"])
        case "evaluated":
            registry().describe(op["model"], op["heading"], op["text"])
        case _:
            raise ValueError(f"{op['do']}: no such word")
    return None


def deliver(client: MlflowClient, registry: Callable[[], Registry], experiment: str, journal: Journal) -> str:
    """Carry everything of `journal`, and end it; the run's id. Raises MlflowException, and can be called again then."""
    first, *rest = journal.ops()
    run = first["run"] if first["do"] == "known" else _begun(client, experiment, journal.folder.name, first)
    for op in rest:
        perform(client, registry, run, op)
    journal.done()
    return run


def _begun(client: MlflowClient, experiment: str, mark: str, op: Op) -> str:
    """The run that was begun while the ledger was away: found by its mark, if an earlier attempt has made it."""
    found = client.search_runs([experiment], f"tags.{MARK} = '{mark}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    made = client.create_run(experiment, start_time=op["at"], tags={MARK: mark}, run_name=op["title"])
    return str(made.info.run_id)
