"""What the ledger has written down of one run, read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from components.contracts import InputError
from components.ledger.connection import MlflowClient, MlflowException

CONFIG = "config.yaml"  # of the run's artifacts: its resolved config, without secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run, as it stands in the ledger now."""

    run: str
    title: str
    status: str  # as MLflow says it, such as FINISHED
    started: int  # ms since 1970
    tags: dict[str, str]
    metrics: dict[str, float]
    config: dict[str, Any]


def text(client: MlflowClient, run: str, name: str) -> str:
    """A text file among the artifacts of `run`, fetched through `client`, which knows its server; MLflow's load_text does not.

    Raises MlflowException or OSError where it is not there.
    """
    with TemporaryDirectory(prefix="wardflow-") as folder:
        return Path(client.download_artifacts(run, name, folder)).read_text(encoding="utf-8")


def record(client: MlflowClient, run: str) -> Record:
    """Raises InputError where there is no such run, or its config is gone or damaged."""
    try:
        known = client.get_run(run)
        config = yaml.safe_load(text(client, run, CONFIG))
    except (MlflowException, OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"run {run}: its {CONFIG} cannot be read from the ledger any more ({reason})") from None
    if not isinstance(config, dict):
        raise InputError(f"run {run}: its {CONFIG} in the ledger is damaged: it holds {type(config).__name__}, expected keys")
    return Record(
        run=run, title=str(known.info.run_name), status=str(known.info.status), started=int(known.info.start_time or 0),
        tags=dict(known.data.tags), metrics=dict(known.data.metrics), config=config,
    )  # fmt: skip
