"""Runs of flows, and finished pieces of work that need not be done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select, update

from components.database.database import Database
from components.database.schema import RunRow, StepRow

LOST = 60_000_000_000  # ns without a beat after which the process of a run is gone
BEAT = 5.0  # s between two beats


def at_work(row: RunRow) -> bool:
    """Whether a run is running, as far as one can know: it says so, and its process was there lately."""
    return row.status == "running" and row.alive >= time.time_ns() - LOST


class Runs:
    """What was run, when, with which words, and how it ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, run: str, flow: str, overrides: Sequence[str], config_digest: str, *, published: bool) -> None:
        """Enter a run, and end those whose process is gone."""
        now = time.time_ns()
        row = RunRow(
            id=run, flow=flow, status="running", overrides=list(overrides), config_digest=config_digest,
            started=now, finished=None, summary={}, published=published, alive=now,
        )  # fmt: skip
        with self._database.session() as session:
            for gone in session.scalars(select(RunRow).where(RunRow.status == "running", RunRow.alive < now - LOST)):
                reason = "its process ended without a word (killed, or the machine went down)"
                gone.status, gone.finished = "failed", gone.alive
                gone.summary = {**gone.summary, "failures": {gone.flow: reason}}
            session.add(row)

    def beat(self, run: str) -> None:
        """Say that the process of `run` is there. Called every few seconds; a run that somebody took for lost is back."""
        here = {"alive": time.time_ns(), "status": "running", "finished": None}
        taken_for_lost = RunRow.finished == RunRow.alive  # as `begin` leaves it
        with self._database.session() as session:
            unended = (RunRow.id == run) & (RunRow.finished.is_(None) | taken_for_lost)
            session.execute(update(RunRow).where(unended).values(**here))

    def say(self, run: str, facts: dict[str, Any]) -> None:
        """Add to what is known of a run before it ends, such as the key of its sightings."""
        with self._database.session() as session:
            row = session.get_one(RunRow, run)
            row.summary = {**row.summary, **facts}

    def end(self, run: str, status: str, summary: dict[str, Any]) -> None:
        with self._database.session() as session:
            row = session.get_one(RunRow, run)
            row.status, row.summary, row.finished = status, summary, time.time_ns()

    def flow(self, run: str) -> str:
        """Of which flow it is a run; empty where there is no such run."""
        with self._database.session() as session:
            return session.scalar(select(RunRow.flow).where(RunRow.id == run)) or ""

    def newest(self, flow: str, words: Sequence[str] = (), *, key: str | None = None) -> dict[str, Any] | None:
        """The summary of the newest completed run of `flow` whose overrides contain all `words`, and whose run key is `key`."""
        query = select(RunRow).where(RunRow.flow == flow, RunRow.status == "completed").order_by(RunRow.started.desc())
        with self._database.session() as session:
            for row in session.scalars(query):
                if set(words) <= set(row.overrides) and key in (None, row.summary.get("run_key")):
                    return {**row.summary, "overrides": list(row.overrides), "config_digest": row.config_digest}
        return None

    def words(self, flow: str, **facts: str) -> list[str] | None:
        """The overrides of the newest completed run of `flow` whose summary has these facts; None where there is none."""
        query = select(RunRow).where(RunRow.flow == flow, RunRow.status == "completed").order_by(RunRow.started.desc())
        with self._database.session() as session:
            for row in session.scalars(query):
                if all(row.summary.get(key) == value for key, value in facts.items()):
                    return list(row.overrides)
        return None

    def keyed(self, flow: str, key: str) -> dict[str, Any] | None:
        """What is known of the newest run of `flow` whose run key is `key`, ended or not."""
        query = select(RunRow).where(RunRow.flow == flow).order_by(RunRow.started.desc())
        with self._database.session() as session:
            found = [row for row in session.scalars(query) if row.summary.get("run_key") == key]
            whole = next((row for row in found if row.status == "completed"), next(iter(found), None))
            return {**whole.summary, "overrides": list(whole.overrides), "started": whole.started} if whole else None

    def keys(self, flow: str) -> list[str]:
        """The run keys of the runs of `flow`, the newest first."""
        query = select(RunRow.summary).where(RunRow.flow == flow).order_by(RunRow.started.desc())
        with self._database.session() as session:
            return list(dict.fromkeys(str(summary["run_key"]) for summary in session.scalars(query) if "run_key" in summary))

    def unpublished(self, limit: int) -> list[dict[str, Any]]:
        """Finished runs that no Prefect server has seen, oldest first."""
        query = select(RunRow).where(~RunRow.published, RunRow.finished.is_not(None)).order_by(RunRow.started).limit(limit)
        fields = ("id", "flow", "status", "overrides", "started", "finished", "summary")
        with self._database.session() as session:
            return [{name: getattr(row, name) for name in fields} for row in session.scalars(query)]

    def mark_published(self, run: str) -> None:
        with self._database.session() as session:
            session.get_one(RunRow, run).published = True


class Steps:
    """Finished pieces of work, each under a key that says everything which determined it."""

    def __init__(self, database: Database, flow: str) -> None:
        self._database, self._flow = database, flow

    def result(self, key: str) -> dict[str, Any] | None:
        """What the step `key` gave, or None where it has not been finished."""
        with self._database.session() as session:
            row = session.get(StepRow, key)
            return dict(row.result) if row else None

    def finish(self, key: str, name: str, result: dict[str, Any]) -> None:
        fields = {"flow": self._flow, "name": name[:255], "result": result, "finished": time.time_ns()}
        self._database.apply(lambda session: session.merge(StepRow(key=key, **fields)))

    def once(
        self, key: str, name: str, work: Callable[[], dict[str, Any]], *, still: Callable[[], bool] = lambda: True
    ) -> dict[str, Any]:
        """`work()`, or the result it gave before with `unchanged` set, as long as what it made is `still` there."""
        known = self.result(key)
        if known is not None and still():
            return {**known, "unchanged": True}
        result = work()
        self.finish(key, name, result)
        return {**result, "unchanged": False}
