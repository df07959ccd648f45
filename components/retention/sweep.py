"""Carries a policy out: what is due goes, file by file, each entered before and proven after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from components.contracts import InputError, Progress
from components.database.database import Database
from components.retention import removal
from components.retention.certificates import export
from components.retention.chain import Event
from components.retention.inventory import items
from components.retention.marks import holds_on, item_of, marks
from components.retention.plan import Report, Users, Verdict, judge
from components.retention.policy import Policy
from components.retention.removal import Remover
from components.retention.work import Intent, Work
from components.storage.storage import Storage

AT_ONCE = 100  # files between two transactions: what a hold that comes in the middle of a sweep may be late for


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has done."""

    sweep: str
    resumed: bool
    files: int
    bytes: int
    report: Report
    problems: dict[str, str]  # by path: it is not gone, and is tried again next time
    withdrawn: list[str]  # held while the sweep was at work
    certificate: str  # in the store


def look(
    storage: Storage, database: Database, policy: Policy, *, users: Users, now: int, seen: list[Verdict] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Report:  # fmt: skip
    """What a sweep would do at `now` (ns); nothing is touched. Every verdict is appended to `seen`."""
    report, marked = Report(), marks(database)
    found = judge(items(storage, database), policy, marked, users=users, now=now)
    for done, verdict in enumerate(found):
        report.see(verdict, marked)
        if seen is not None:
            seen.append(verdict)
        progress(done, 0)
    return report


def sweep(
    storage: Storage, database: Database, policy: Policy, *, users: Users, now: int, run: str = "",
    progress: Progress = lambda _done, _total: None,
) -> Swept:  # fmt: skip
    """Delete what is due at `now` (ns). One that was killed, or left something behind, goes on under its name.

    What cannot be removed is named in `problems`, and the sweep counts as failed; the rest is done all the same.
    """
    work, report, sum_ = Work(database, "sweep", policy.plain() | {"now": now}, run=run), Report(), Sum()
    try:
        remover, marked = Remover(storage), marks(database)
        carry_out(work, remover, work.pending(), sum_)
        verdicts = judge(items(storage, database), policy, marked, users=users, now=now)
        for group in _batches(_due(verdicts, report, marked)):
            intents = [intent for verdict in group for intent in _intents(verdict, storage) if intent.path not in sum_.problems]
            work.intend(intents)
            carry_out(work, remover, intents, sum_)
            progress(sum_.files, 0)
    except Exception as error:
        with suppress(InputError):  # the database itself may be what is away
            work.finish(str(error) or type(error).__name__, {})
        raise
    problem = "; ".join(f"{path}: {reason}" for path, reason in list(sum_.problems.items())[:5])
    work.finish(problem, {"report": report.plain(), "idle": report.idle(policy), "withdrawn": sum_.withdrawn})
    proof = export(storage, database, work.id)
    return Swept(work.id, work.resumed, sum_.files, sum_.bytes, report, sum_.problems, sum_.withdrawn, proof)


class Sum:
    """What this process has done of a sweep."""

    def __init__(self) -> None:
        self.files, self.bytes = 0, 0
        self.problems: dict[str, str] = {}
        self.withdrawn: list[str] = []


def _due(verdicts: Iterable[Verdict], report: Report, marked: Sequence[Any]) -> Iterator[Verdict]:
    """Those that are due; all are counted."""
    for verdict in verdicts:
        report.see(verdict, marked)
        if verdict.outcome == "due":
            yield verdict


def _batches(verdicts: Iterable[Verdict]) -> Iterator[list[Verdict]]:
    """Some files at a time; an item stays whole."""
    group: list[Verdict] = []
    for verdict in verdicts:
        group.append(verdict)
        if sum(len(each.item.files) for each in group) >= AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _intents(verdict: Verdict, storage: Storage) -> Iterator[Intent]:
    """One for each file, with its digest: the database's where that knows it, else of what is there now."""
    item, rule = verdict.item, verdict.rule
    assert rule is not None, "only a rule makes something due"
    spans = [[span.camera, span.start, span.end] for span in item.spans]
    detail: dict[str, Any] = {"item": item.path, "spans": spans, "keep_days": rule.keep_days}
    detail |= {"used_by": list(verdict.because)} if verdict.because else {}
    for path in item.files:
        known = bool(item.sha256)
        if not known and not storage.exists(path):
            continue  # a list may show for a while what is gone
        sha256, size = (item.sha256, item.bytes) if known else removal.digest(storage, path)
        yield Intent(
            path=path, bytes=size, sha256=sha256, rule=rule.name, detail={**detail, "digest_of": "database" if known else "file"}
        )


def carry_out(work: Work, remover: Remover, intents: Sequence[Intent], sum_: Sum) -> None:
    """Remove what was entered, unless a hold has come in the meantime; prove what is gone."""
    done: list[tuple[Intent, Event]] = []
    marked = marks(work.database)
    for intent in intents:
        if holds := holds_on(item_of(intent.path, intent.detail), marked):
            done.append((intent, work.event("withdrawn", intent, holds=list(holds))))
            sum_.withdrawn.append(intent.path)
        elif left := _left(remover, intent.path):
            sum_.problems[intent.path] = left
        else:
            done.append((intent, work.event("deleted", intent)))
            sum_.files, sum_.bytes = sum_.files + 1, sum_.bytes + intent.bytes
    remover.forget([intent.path for intent, event in done if event.kind == "deleted"])
    work.prove(done)


def _left(remover: Remover, path: str) -> str:
    """Remove a file; why it is not gone, empty where it is."""
    try:
        remover.remove(path)
        return remover.remains(path)
    except InputError as error:
        return str(error)
