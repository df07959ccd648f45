"""Evaluations in the ledger: found by name, with their figures and what these stand on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import InputError
from components.ledger.connection import MlflowClient, MlflowException

NEWEST = re.compile(r"latest(?:~(?P<back>\d+))?")
SHORTEST = 6  # digits of an id that are enough
SHOWN = 5  # evaluations that an error names


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One finished evaluation."""

    run: str
    title: str
    metrics: dict[str, float]
    basis: dict[str, Any]  # what the figures stand on


class Evaluations:
    """The finished runs of `evaluate` in some experiments, the newest first."""

    def __init__(self, client: MlflowClient, experiments: Sequence[str]) -> None:
        self._client, self._experiments = client, list(experiments)

    def named(self, word: str, artifact: str) -> Evaluation:
        """The one that `word` names. Raises InputError where not just one has that name, or it says nothing of its basis."""
        runs = self._all()
        if match := NEWEST.fullmatch(word):
            found = runs[int(match["back"] or 0) :][:1]
        else:
            found = [run for run in runs if len(word) >= SHORTEST and run.info.run_id.startswith(word)]
            found = found or [run for run in runs if run.info.run_name == word]
        if len(found) != 1:
            known = "; ".join(f"{run.info.run_id[:8]} {run.info.run_name}" for run in (found or runs)[:SHOWN])
            raise InputError(
                f"runs: {len(found) or 'no'} evaluations are called {word!r}; expected latest, latest~1, or an id; "
                + (f"there are: {known}" if known else "make one with python -m flows.evaluate")
            )
        run = found[0]
        basis = self._basis(run.info.run_id, run.info.run_name, artifact)
        return Evaluation(run=run.info.run_id, title=run.info.run_name, metrics=dict(run.data.metrics), basis=basis)

    def _all(self) -> list[Any]:
        runs: list[Any] = []
        condition, order = "tags.flow = 'evaluate' and attributes.status = 'FINISHED'", ["attributes.start_time DESC"]
        page = self._client.search_runs(self._experiments, condition, order_by=order)
        runs += page
        while page.token:
            page = self._client.search_runs(self._experiments, condition, order_by=order, page_token=page.token)
            runs += page
        return runs

    def _basis(self, run: str, title: str, artifact: str) -> dict[str, Any]:
        from mlflow.artifacts import load_text

        try:
            uri = f"{self._client.get_run(run).info.artifact_uri}/{artifact}"
            return dict(json.loads(load_text(uri)))
        except (MlflowException, OSError, ValueError):
            raise InputError(
                f"runs: {run[:8]} ({title}) does not say what its figures stand on: it has no {artifact} that can be read; "
                "evaluate it again"
            ) from None
