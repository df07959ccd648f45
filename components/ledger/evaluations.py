"""Runs in the ledger that can be compared: found by what people call them, with their figures and what these stand on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.contracts import InputError
from components.ledger.connection import MlflowClient, MlflowException
from components.ledger.record import text

from mlflow.utils.search_utils import SearchUtils  # isort: skip  # after the switches

NEWEST = re.compile(r"latest(?:-(?P<back>\d{1,4}))?")
RUN = re.compile(r"[0-9a-f]{6,32}")  # an id, or enough of its beginning
MODEL = re.compile(r"(?:models:/)?(?P<name>[^/@\s]+)(?:@(?P<alias>[^/@\s]+)|/(?P<version>\d+))")
SHOWN = 5  # evaluations that an error names
PAGE = 1000  # runs of one answer, where several are asked for
EVALUATED = "tags.flow = 'evaluate'"
FINISHED = "attributes.status = 'FINISHED'"
ORDER = ["attributes.start_time DESC"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One finished run: an evaluation as a rule, or a training, whose figures are of its own validation."""

    run: str
    title: str
    metrics: dict[str, float]
    basis: dict[str, Any] | None  # what the figures stand on; None: it does not say
    flow: str = "evaluate"
    started: int = 0  # ms since 1970
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Name and number of the registered model that was evaluated, such as staff_detector/3; empty: none."""
        return self.tags.get("model", "")


class Evaluations:
    """The finished runs in some experiments. MLflow is asked for those that are needed, never for all."""

    def __init__(self, client: MlflowClient, experiments: Sequence[str]) -> None:
        self._client, self._experiments = client, list(experiments)

    def named(self, word: str, artifact: str, *, dataset: str = "") -> Evaluation:
        """The one that `word` names: latest or latest-2 of the evaluations, an id or its beginning, a title, or a model version
        (staff_detector/3, staff_detector@champion) for its newest evaluation. `dataset` (a digest) is what latest and models
        were evaluated on; empty: on any.

        Raises InputError where not just one run has that name, or it is an evaluation that says nothing of its basis.
        """
        found = self._found(word, f"tags.`digest.dataset` = '{dataset}'" if dataset else "")
        if len(found) != 1:
            raise InputError(self._unknown(word, found))
        run = found[0]
        flow = run.data.tags.get("flow", "")
        basis = self._basis(run, artifact) if flow == "evaluate" else None
        return Evaluation(
            run=run.info.run_id, title=str(run.info.run_name), metrics=dict(run.data.metrics), basis=basis, flow=flow,
            started=int(run.info.start_time or 0), tags=dict(run.data.tags),
        )  # fmt: skip

    def files(self, run: str, names: Sequence[str], folder: Path) -> dict[str, Path]:
        """Those of `names` that `run` has among its artifacts, in `folder`. Raises InputError where one cannot be read."""
        try:
            there = {each.path for each in self._client.list_artifacts(run)}
            folder.mkdir(parents=True, exist_ok=True)
            return {
                name: Path(self._client.download_artifacts(run, name, str(folder))) for name in names if name in there
            }  # fmt: skip
        except (MlflowException, OSError) as error:
            raise InputError(
                f"run {run[:8]}: its files cannot be read from the ledger ({' '.join(str(error).split())})"
            ) from None

    def training(self, model: str) -> str | None:
        """The run that made a model version, such as staff_detector/3; None where that is not in the registry any more."""
        name, _, version = model.rpartition("/")
        try:
            return self._client.get_model_version(name, version).run_id or None
        except MlflowException:
            return None

    def _found(self, word: str, condition: str) -> list[Any]:
        """The runs that `word` may mean; two are enough to say that there are several."""
        if match := NEWEST.fullmatch(word):
            return self._newest(int(match["back"] or 0), EVALUATED, condition)
        if RUN.fullmatch(word) and (found := self._search(2, f"attributes.run_id LIKE '{word}%'")):
            return found
        if found := self._titled(word):
            return found
        if match := MODEL.fullmatch(word):
            return self._newest(
                0, f"tags.model = {_quoted(self._version(**match.groupdict()))} and tags.of != 'tracks'", EVALUATED, condition
            )
        return []

    def _titled(self, word: str) -> list[Any]:
        """Evaluations come before other runs of the same title."""
        titled = f"attributes.run_name = {_quoted(word)}"
        return self._search(2, titled, EVALUATED) or self._search(2, titled)

    def _newest(self, back: int, *conditions: str) -> list[Any]:
        """The one that is `back` runs before the newest, without reading those in between where MLflow itself serves."""
        words = " and ".join(filter(None, [*conditions, FINISHED]))
        try:
            token = SearchUtils.create_page_token(back) if back else None  # type: ignore[no-untyped-call]
            return list(self._client.search_runs(self._experiments, words, order_by=ORDER, max_results=1, page_token=token))
        except MlflowException:  # a service that looks like MLflow, with other tokens
            return self._search(back + 1, *conditions)[back : back + 1]

    def _version(self, name: str, alias: str | None, version: str | None) -> str:
        """Name and number. Raises InputError where nothing has that alias."""
        if version is not None:
            return f"{name}/{int(version)}"
        try:
            return f"{name}/{self._client.get_model_version_by_alias(name, str(alias)).version}"
        except MlflowException:
            raise InputError(
                f"runs: there is no model {name!r} with the alias {alias!r}; "
                f"python -m flows.promote name={name} alias={alias} sets it"
            ) from None

    def _search(self, most: int, *conditions: str) -> list[Any]:
        return list(self._pages(most, *conditions))

    def _pages(self, most: int, *conditions: str) -> Iterator[Any]:
        words, token = " and ".join(filter(None, [*conditions, FINISHED])), None
        while most > 0:
            page = self._client.search_runs(
                self._experiments, words, order_by=ORDER, max_results=min(most, PAGE), page_token=token
            )  # fmt: skip
            yield from page
            most, token = most - len(page), page.token
            if not token:
                return

    def _unknown(self, word: str, found: Sequence[Any]) -> str:
        known = "; ".join(f"{run.info.run_id[:8]} {run.info.run_name}" for run in found or self._search(SHOWN, EVALUATED))
        count = "several" if found else "no"
        hint = f"there are: {known}" if known else "make one with python -m flows.evaluate"
        if not found and (match := MODEL.fullmatch(word)):
            which = self._version(**match.groupdict())
            hint = f"evaluate it: python -m flows.evaluate detector.weights=models:/{which}; {hint}"
        return (
            f"runs: {count} evaluations are called {word!r}; expected latest, latest-1, an id, a title, or a model version "
            f"such as staff_detector/3; {hint}"
        )

    def _basis(self, run: Any, artifact: str) -> dict[str, Any]:
        try:
            return dict(json.loads(text(self._client, run.info.run_id, artifact)))
        except (MlflowException, OSError, ValueError):
            raise InputError(
                f"runs: {run.info.run_id[:8]} ({run.info.run_name}) does not say what its figures stand on: it has no {artifact} "
                "that can be read; evaluate it again"
            ) from None


def _quoted(text: str) -> str:
    """`text` for MLflow's language of conditions, which knows two kinds of quotes and no way to write both."""
    if "'" in text and '"' in text:
        raise InputError(f"runs: {text!r} has both kinds of quotes, which MLflow cannot search for; give the run's id")
    return f'"{text}"' if "'" in text else f"'{text}'"
