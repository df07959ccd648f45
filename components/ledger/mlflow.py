"""Runs and model versions in MLflow: who trained what, with which config, on which data, and what is in charge."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from components.contracts import InputError, Run, digest_of, file_digest
from components.ledger.connection import SQLITE, MlflowClient, MlflowException, connect, home
from components.ledger.delivery import away, deliver, perform
from components.ledger.evaluations import Evaluation, Evaluations
from components.ledger.journal import Journal, Op, fresh, waiting
from components.ledger.record import Record, record
from components.ledger.registry import Lineage, Promotion, Registry, Resolved
from components.ledger.run import LONGEST, MlflowRun
from components.secrets import hidden

_LOG = logging.getLogger(__name__)

PARENT = "mlflow.parentRunId"  # the tag by which MLflow shows a run below another one
SERVERS = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What a model version is made of."""

    cameras: str  # of the versions of the cameras whose pictures it saw
    chain: str  # of the preprocessing chain
    dataset: str
    config: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that came to its end, and the model version that it registered."""

    run: str
    version: str
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A finished run of a sweep."""

    run: str
    tags: dict[str, str]
    metrics: dict[str, float]


class Mlflow:
    """The ledger at `uri`, in `experiment`; `artifacts` is a folder or URL, or None for the place beside a SQLite file."""

    def __init__(self, uri: str, *, experiment: str, artifacts: str | None = None, spool: str | None = None) -> None:
        self.uri, self.experiment, self.location = uri, experiment, home(uri, artifacts)
        self._spool = Path(spool, digest_of(uri)[:12]) if spool and uri.startswith(SERVERS) else None

    @contextmanager
    def open(
        self, name: str, diff: Sequence[str], config: dict[str, Any], *, dataset: str = "", tags: Mapping[str, str] | None = None,
        parent: str = "", again: str = "", title: str = "",
    ) -> Iterator[MlflowRun]:  # fmt: skip
        """A run that is finished when the block ends, failed when it raises, killed when it is interrupted.

        `diff` are the overrides, `config` the resolved config as plain data. With `dataset` (a digest) an unfinished run of
        the same config and dataset, whose process died, is taken up again instead of opening another one; so is the run
        `again`, if it is still there. `parent` is the run of the sweep that this one belongs to. `title` is its name; without
        one it has the words of the diff.
        What a server that is away, or goes away, cannot take waits on this machine, and is delivered when it is back.
        Raises InputError where the ledger is no server, and cannot be read or written.
        """
        marks, run = _marks(config, dataset), None
        title = title or _title(name, hidden(list(diff)))
        try:
            run = self._begun(marks if dataset else {}, again, title)
            family = {PARENT: parent} if parent else {}
            run.describe(diff, config, marks | dict(tags or {}) | family)
            yield run
            run.end("FINISHED")
        except BaseException as error:
            self._give_up(run, error)
            raise
        finally:
            if run is not None:
                run.release()
        if run.waits and not self.deliver():
            _LOG.warning(
                "ledger.uri %s is away: this run waits in %s; the next run delivers it, or python -m flows.ledger do=deliver",
                self.uri, self._spool,
            )  # fmt: skip

    def _begun(self, marks: Mapping[str, str], again: str, title: str) -> MlflowRun:
        """A run that the ledger knows, or one that waits where the ledger is away."""
        try:
            self.deliver()
            run = self._there(again) or (self._unfinished(marks) if marks else None)
            if run is None:
                run = str(self._client.create_run(self._experiment, run_name=title).info.run_id)
            self._client.update_run(run, status="RUNNING")
        except (InputError, MlflowException) as error:
            if self._spool is None or (isinstance(error, MlflowException) and not away(error)):
                raise
            journal = fresh(self._spool, "run")
            journal.append({"do": "begin", "title": title, "at": time.time_ns() // 10**6})
            _LOG.warning("ledger.uri %s is away; what this run has to say waits here until it is back", self.uri)
            return MlflowRun(journal.append, journal.folder.name, journal)
        journal = fresh(self._spool or Path(os.devnull), run)
        return MlflowRun(lambda op, files: self._say(run, journal, op, files), run, journal)

    def _say(self, run: str, journal: Journal, op: Op, files: Path | None) -> Any:
        """At once, or into the journal where the server is away, or was when something before had to wait."""
        if self._spool is None or not journal.waits:
            try:
                return perform(self._client, lambda: self._registry, run, op)
            except MlflowException as error:
                if self._spool is None or not away(error):
                    raise
                _LOG.warning("ledger.uri %s is away; what this run has to say waits here until it is back", self.uri)
                journal.append({"do": "known", "run": run})
        journal.append(op, files)
        return None

    def waiting(self) -> list[str]:
        """The runs that have not been delivered whole, the oldest first."""
        return [journal.folder.name for journal in waiting(self._spool)] if self._spool else []

    def deliver(self) -> list[str]:
        """Deliver what waits, as far as nobody else is at it; the ids of the runs. Nothing where the server is away still."""
        if self._spool is None or not self._spool.is_dir() or not waiting(self._spool):
            return []
        done: list[str] = []
        for journal in waiting(self._spool):
            if not journal.held():  # its run goes on, or somebody else is delivering it
                continue
            try:
                done.append(deliver(self._client, lambda: self._registry, self._experiment, journal))
            except (InputError, MlflowException) as error:
                _LOG.info("%s: not delivered: %s", journal.folder.name, error)
                break
            finally:
                journal.release()
        return done

    def abandon(self, parent: str) -> int:
        """Note that the children of `parent` which still say that they are running were killed; how many there were."""
        left = self._search({PARENT: parent}, "attributes.status = 'RUNNING'")
        for run in left:
            self._client.set_terminated(run.info.run_id, "KILLED")
        return len(left)

    def children(self, parent: str) -> list[Child]:
        """The finished runs that belong to `parent`, the newest first."""
        found = self._search({PARENT: parent}, "attributes.status = 'FINISHED'")
        return [Child(run=str(run.info.run_id), tags=dict(run.data.tags), metrics=dict(run.data.metrics)) for run in found]

    def find(self, config: dict[str, Any], *, dataset: str) -> Finished | None:
        """A finished run of this very config and dataset, whose model version is still registered; none where MLflow is away."""
        if self._spool is not None and self._is_away():
            return None
        for run in self._search(_marks(config, dataset), "attributes.status = 'FINISHED'"):
            version = self._registry.version_of(run.info.run_id)
            if version is not None:
                return Finished(run=run.info.run_id, version=version, metrics=dict(run.data.metrics))
        return None

    def register(self, run: Run, *, name: str, folder: Path, digests: Digests) -> str:
        """The version under which the model in `folder` (already among the run's artifacts under `model`) is known as `name`.

        The same run registers once. Checksums of the files go with it, and are checked whenever the version is fetched.
        WAITING where the ledger is away.
        """
        sums = {f"sha256.{path.name}": file_digest(path) for path in sorted(folder.iterdir())}
        about = folder / "README.md"
        description = about.read_text() if about.is_file() else ""
        tags = {f"digest.{key}": value for key, value in asdict(digests).items()} | sums
        assert isinstance(run, MlflowRun), "a run of this ledger"
        return run.register(name, tags, description)

    def attach(self, name: str, *, version: str, folder: Path, names: Sequence[str]) -> None:
        """Files of `folder` become files of a version, the first of `names` last, and are checked whenever it is fetched.

        Raises InputError where the version has one of them already, with other content.
        """
        self._registry.attach(name, version, folder, names)

    def number(self, name: str, version: str) -> str:
        """`version` where there is such a version of `name`, the newest for `latest`. Raises InputError where there is none."""
        return self._registry.number(name, version)

    def means(self, name: str, alias: str) -> str:
        """The version that an alias means now; empty where it means none. Raises InputError where `name` is not registered."""
        return self._registry.means(name, alias)

    def digests(self, model: str) -> dict[str, str]:
        """What a version (name and number) was registered with: the digests of cameras, chain, dataset and config."""
        return self._registry.digests(*model.rsplit("/", 1))

    def anchor(self, name: str, number: int, digest: str) -> None:
        """Note down how far the ledger of what was in charge went, so that rows which are cut off at its end are missed."""
        self._registry.anchor(name, f"{number} {digest}")

    def anchors(self) -> dict[str, tuple[int, str]]:
        """Number and digest of the row that was noted down last, by model."""
        if self.uri.startswith(SQLITE) and not Path(self.uri.removeprefix(SQLITE)).exists():
            return {}
        found = {name: head.partition(" ") for name, head in self._registry.anchors().items()}
        return {name: (int(number), digest) for name, (number, _, digest) in found.items()}

    def promote(self, name: str, *, version: str, alias: str) -> Promotion:
        """Let `alias` mean `version` of `name`. Raises InputError where there is no such version."""
        return self._registry.promote(name, version, alias)

    def resolve(self, uri: str, *, folder: Path) -> Resolved:
        """Fetch `models:/name@alias` or `models:/name/3` below `folder`, checked against its checksums.

        Raises InputError where there is no such model, or its files are missing or changed.
        """
        return self._registry.fetch(uri, folder)

    def lineages(self) -> list[Lineage]:
        """What every registered model version was made of; none where there is no ledger. Raises InputError where it is away."""
        if self.uri.startswith(SQLITE) and not Path(self.uri.removeprefix(SQLITE)).exists():
            return []
        try:
            return self._registry.lineages()
        except MlflowException as error:
            raise InputError(f"ledger.uri {self.uri}: MLflow does not answer ({error.message}); see that it is up") from None

    def record(self, run: str) -> Record:
        """What was written down of a run. Raises InputError where there is no such run, or its config is gone or damaged."""
        return record(self._client, run)

    def evaluation(self, word: str, *, artifact: str, dataset: str = "") -> Evaluation:
        """The finished run that `word` names: latest, latest-1 (the evaluation before), an id or its beginning, a title, or a
        model version such as staff_detector/3 or staff_detector@champion for its newest evaluation, on `dataset` (a digest)
        where one is given.

        `artifact` is the file that says what its figures stand on. Raises InputError where no run, or several, have that name.
        """
        return self._evaluations.named(word, artifact, dataset=dataset)

    def files(self, run: str, names: Sequence[str], *, folder: Path) -> dict[str, Path]:
        """Those of `names` that `run` has among its artifacts, fetched below `folder`. Raises InputError where one is damaged."""
        return self._evaluations.files(run, names, folder)

    def training_of(self, model: str) -> str | None:
        """The run that made a model version, such as staff_detector/3; None where nobody knows any more."""
        return self._evaluations.training(model)

    def _is_away(self) -> bool:
        try:
            self._client.search_experiments(max_results=1)
        except (InputError, MlflowException):
            return True
        return False

    def _give_up(self, run: MlflowRun | None, error: BaseException) -> None:
        """Note how `run` ended, if that is still possible. Raises InputError where the ledger itself is what failed."""
        if run is not None:
            with suppress(MlflowException):
                run.end("FAILED" if isinstance(error, Exception) else "KILLED")
        if isinstance(error, MlflowException):
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"ledger.uri {self.uri}: MLflow cannot write any more ({reason}); "
                "see that it is up and has space, then run this again."
            ) from None

    @cached_property
    def _client(self) -> MlflowClient:
        return connect(self.uri)

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._client, uri=self.uri)

    @cached_property
    def _evaluations(self) -> Evaluations:
        return Evaluations(self._client, [self._experiment])

    @cached_property
    def _experiment(self) -> str:
        """The experiment's id; it is made by whoever comes first."""
        known = self._client.get_experiment_by_name(self.experiment)
        if known is not None:
            return str(known.experiment_id)
        try:
            return str(self._client.create_experiment(self.experiment, artifact_location=self.location))
        except MlflowException:  # another process was faster
            known = self._client.get_experiment_by_name(self.experiment)
            if known is None:
                raise
            return str(known.experiment_id)

    def _search(self, marks: Mapping[str, str], condition: str) -> list[Any]:
        words = [f"tags.`{name}` = '{value}'" for name, value in marks.items()]
        return list(
            self._client.search_runs(
                [self._experiment], " and ".join([*words, condition]), order_by=["attributes.start_time DESC"]
            )
        )

    def _there(self, run: str) -> str | None:
        """`run`, as long as the ledger knows it."""
        try:
            return str(self._client.get_run(run).info.run_id) if run else None
        except MlflowException:
            return None

    def _unfinished(self, marks: Mapping[str, str]) -> str | None:
        runs = self._search(marks, "attributes.status != 'FINISHED'")
        return str(runs[0].info.run_id) if runs else None


def _marks(config: dict[str, Any], dataset: str) -> dict[str, str]:
    """The tags by which a run is found again."""
    return {"config_digest": digest_of(config), "dataset_digest": dataset}


def _title(name: str, diff: Sequence[str]) -> str:
    """A name that reads like the diff."""
    return " ".join([name, *diff])[:LONGEST]
