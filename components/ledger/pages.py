"""Pages and pictures in the ledger that show people: which frames they show, and taking them out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.contracts import InputError
from components.ledger.connection import SQLITE, MlflowClient, MlflowException, connect
from components.ledger.record import text

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # isort: skip  # after the switches

SHOWN = "shown.json"  # of a run's artifacts: {files, frames: [{camera, time, dataset, key}], copies}
TAG = "shows_people"  # yes, or erased
LEARNED = "training/pictures.png"  # what a training shows of its dataset
PAGE = 1000  # runs of one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one run shows."""

    run: str
    files: tuple[str, ...]  # artifacts: a file, or a folder
    frames: tuple[Mapping[str, Any], ...]  # camera, time (fleet, ns); of a dataset also its digest and the frame's key
    copies: tuple[str, ...] = ()  # files with the same pictures on the machine that made the run
    dataset: str = ""  # digest, where nobody has noted down which of its frames are shown


class Pages:
    """Those in one experiment of the ledger at `uri`."""

    def __init__(self, uri: str, *, experiment: str) -> None:
        self._nothing = uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists()
        if not self._nothing:
            self._client: MlflowClient = connect(uri)
            known = self._client.get_experiment_by_name(experiment)
            self._experiments = [known.experiment_id] if known is not None else []

    def showing(self) -> list[Shown]:
        """The runs that have noted down which frames they show. Raises InputError where one cannot be read."""
        return [self._noted(run) for run in self._search(f"tags.{TAG} = 'yes'")]

    def learning(self, datasets: Collection[str]) -> list[Shown]:
        """The trainings that show pictures of one of these datasets (digests)."""
        found = (
            (run, digest)
            for digest in datasets
            for run in self._search(f"tags.flow = 'train' and tags.dataset_digest = '{digest}'")
        )
        return [
            Shown(run=run.info.run_id, files=(LEARNED,), frames=(), dataset=digest)
            for run, digest in found
            if self._there(run.info.run_id, LEARNED)
        ]

    def remove(self, shown: Shown) -> None:
        """Take its files out, those of this machine too. Raises InputError where one is still there afterwards."""
        repository = get_artifact_repository(self._client.get_run(shown.run).info.artifact_uri)
        try:
            for file in shown.files:
                repository.delete_artifacts(file)  # type: ignore[no-untyped-call]
            left = [file for file in shown.files if self._there(shown.run, file)]
        except (MlflowException, OSError, NotImplementedError) as error:
            raise InputError(_stays(shown, shown.files, " ".join(str(error).split()))) from error
        if left:
            raise InputError(_stays(shown, left, "the store of MLflow has not deleted them"))
        for copy in shown.copies:
            Path(copy).unlink(missing_ok=True)
        if not shown.dataset:
            self._client.set_tag(shown.run, TAG, "erased")

    def _noted(self, run: Any) -> Shown:
        try:
            known = json.loads(text(self._client, run.info.run_id, SHOWN))
            return Shown(
                run=run.info.run_id, files=tuple(known["files"]), frames=tuple(known["frames"]), copies=tuple(known["copies"])
            )
        except (MlflowException, OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"run {run.info.run_id[:8]} shows people, and nobody can read whom ({SHOWN}: {' '.join(str(error).split())}); "
                "delete that run in MLflow, and try again"
            ) from None

    def _there(self, run: str, file: str) -> bool:
        folder = file.rpartition("/")[0]
        return file in {each.path for each in self._client.list_artifacts(run, folder or None)}

    def _search(self, condition: str) -> Iterator[Any]:
        token, more = None, not self._nothing and bool(self._experiments)
        while more:
            try:
                found = self._client.search_runs(self._experiments, condition, max_results=PAGE, page_token=token)
            except MlflowException as error:
                raise InputError(f"ledger: MLflow does not answer ({error.message}); see that it is up") from None
            yield from found
            token, more = found.token, bool(found.token)


def _stays(shown: Shown, files: Sequence[str], why: str) -> str:
    return f"run {shown.run[:8]}: {', '.join(files)} of its artifacts show the person and are still there ({why})"
