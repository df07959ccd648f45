"""What `flows.retain` does, word by word of `do=`."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.contracts import InputError, Progress
from flows import _wiring
from flows._moments import shown
from flows._summary import Status, Summary
from flows._workers import Job, Runner, each, failures_of

DELETE = "python -m flows.retain do=delete"


def parts(config: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Storage, database and policy."""
    from components.retention.policy import Policy

    return _wiring.make(config["storage"]), _wiring.make(config["database"]), _wiring.make(config["retention"], Policy)


class Users:
    """What uses each dataset: registered models. The ledger is asked when the first dataset is due."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._ledger = config["ledger"]
        self._known: dict[str, list[str]] | None = None
        self.problem = ""

    def __call__(self, dataset: str) -> Sequence[str]:
        if self._known is None:
            self._known = self._asked()
        return (f"nobody knows what uses it: {self.problem}",) if self.problem else self._known.get(dataset, ())

    def _asked(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        try:
            lineages = _wiring.make(self._ledger).lineages()
        except InputError as error:
            self.problem = str(error)
            return {}
        for lineage in lineages:
            alias = f" ({', '.join(lineage.aliases)})" if lineage.aliases else ""
            found.setdefault(lineage.dataset, []).append(f"model {lineage.model}{alias}")
        return found


def look_around(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: what a sweep would do."""
    from components.retention.sweep import look

    config = spec["config"]
    rows: list[Any] | None = [] if config["list"] else None
    storage, database, policy = parts(config)
    users = Users(config)
    report = look(storage, database, policy, users=users, now=config["at"], seen=rows, progress=progress)
    if rows is not None:
        _write_list(Path(config["list"]), rows)
    return {"report": report, "policy": policy, "unanswered": bool(users.problem)}


def delete_due(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: one sweep."""
    from components.retention.certificates import export, missing
    from components.retention.sweep import sweep

    config = spec["config"]
    storage, database, policy = parts(config)
    users = Users(config)
    for killed in missing(storage, database):
        export(storage, database, killed)
    done = sweep(storage, database, policy, users=users, now=config["at"], run=spec["run"], progress=progress)
    return {"done": done, "policy": policy, "unanswered": bool(users.problem)}


def dry(config: dict[str, Any]) -> Summary:
    """What would go, by rule, and what keeps the rest."""
    outcome = each(look_around, [Job("looking", {"config": config})], Runner("local"))
    if failures := failures_of(outcome):
        return Summary("failed", failures=failures)
    report, policy = outcome[0].result["report"], outcome[0].result["policy"]
    files, size = sum(s.files for s in report.due.values()), sum(s.bytes for s in report.due.values())
    figures: dict[str, Any] = {"would delete": f"{files:,} files, {size:,} bytes", "nothing is touched": "this is a dry run"}
    figures |= _by_rule(report, policy, config["at"])
    details = {"report": report.plain(), "idle": report.idle(policy), "due": {"files": files, "bytes": size}}
    note = _note(report, policy, unanswered=outcome[0].result["unanswered"])
    return Summary("completed", figures, {"policy": policy.digest}, note=note, next=DELETE if files else "", details=details)


def delete(config: dict[str, Any], run: str) -> Summary:
    """One sweep, with its certificate."""
    outcome = each(delete_due, [Job("sweep", {"config": config, "run": run})], Runner("local"))
    if failures := failures_of(outcome):
        return Summary("failed", failures=failures, note="the next do=delete goes on from here")
    done, policy = outcome[0].result["done"], outcome[0].result["policy"]
    figures: dict[str, Any] = {"deleted_files": done.files, "deleted_bytes": done.bytes, "held_meanwhile": len(done.withdrawn)}
    figures |= _by_rule(done.report, policy, config["at"]) | {"sweep": done.sweep, "certificate": done.certificate}
    note = _note(done.report, policy, unanswered=outcome[0].result["unanswered"])
    note = "; ".join(filter(None, ["it took up one that was interrupted" if done.resumed else "", note]))
    status: Status = "failed" if done.problems else "completed"
    failures = dict(list(done.problems.items())[:20])
    details = {"report": done.report.plain(), "idle": done.report.idle(policy), "withdrawn": done.withdrawn[:100]}
    return Summary(
        status, figures, {"policy": policy.digest}, failures, note=note, next="python -m flows.retain do=verify", details=details
    )


def check(config: dict[str, Any]) -> Summary:
    """Failed where there was no sweep in time, or the newest did not succeed."""
    from components.retention.alarm import overdue

    _, database, policy = parts(config)
    alarm = overdue(database, policy.interval, time.time_ns())
    figures = {"last_sweep": shown(alarm.last) if alarm.last else "never", "every_hours": policy.interval / 3.6e12}
    failures = {"retention": alarm.message} if alarm.message else {}
    return Summary("failed" if failures else "completed", figures, failures=failures, next=DELETE if failures else "")


def verify(config: dict[str, Any]) -> Summary:
    """Whether what was recorded is still what was recorded."""
    from components.retention.certificates import verify as problems_of
    from components.retention.chain import head

    storage, database, _ = parts(config)
    problems = problems_of(storage, database)
    number, digest = head(database)
    failures = {f"problem {i}": problem for i, problem in enumerate(problems[:20], 1)}
    note = "keep the digest where nobody can change it: the chain up to this row is proven by it"
    return Summary("failed" if problems else "completed", {"events": number}, {"chain": digest}, failures, note=note)


def lifecycle(config: dict[str, Any]) -> Summary:
    """The store's own rules, in a file."""
    import json

    from components.retention.lifecycle import rules_for
    from components.retention.marks import marks

    _, database, policy = parts(config)
    kind, storage = config["for"], config["storage"]
    if kind is None:
        raise InputError("do=lifecycle needs the kind of store: for=s3, for=gcs or for=azure")
    emitted = rules_for(kind, policy, str(storage["url"]), [each for each in marks(database) if each.kind == "hold"])
    folder = Path(os.environ.get("RUNS", "runs")) / "lifecycle"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.json"
    path.write_text(json.dumps(emitted.document, indent=2) + "\n")
    figures: dict[str, Any] = {"rules": emitted.rules, "file": str(path)}
    figures |= {f"not expressed {i}": reason for i, reason in enumerate(emitted.unexpressed, 1)}
    return Summary(
        "completed", figures, {"policy": policy.digest}, note=emitted.note, next=emitted.command.format(path=path),
        details={"document": emitted.document, "unexpressed": list(emitted.unexpressed)},
    )  # fmt: skip


def mark(config: dict[str, Any], run: str) -> Summary:
    """Enter or lift a hold, or what is of a class."""
    from components.retention.marks import Scope, known, lift_mark, set_mark

    do, database = config["do"], _wiring.make(config["database"])
    kind: Any = "hold" if do in ("hold", "lift") else "class"
    signed = {name: config[name] or "" for name in ("who", "why")}
    name = config["name"] or ""
    if do in ("lift", "declassify"):
        lift_mark(database, kind, name, **signed, run=run)
        return Summary("completed", {kind: name, "lifted_by": signed["who"]}, next="python -m flows.retain")
    if (do == "classify") != bool(config["category"]):
        raise InputError("category=... says the class, such as incident; it goes with do=classify, and do=classify needs it")
    scope = Scope(
        cameras=known(database, config["cameras"]), start=config["since"], end=config["until"],
        prefix=(config["prefix"] or "").strip("/"), dataset=config["dataset"] or "",
    )  # fmt: skip
    set_mark(database, kind, name, scope, category=config["category"] or "", run=run, **signed)
    return Summary(
        "completed", {kind: name, "entered_by": signed["who"]}, note=_gone(database, scope), next="python -m flows.retain"
    )


def show_marks(config: dict[str, Any]) -> Summary:
    """Holds and classes in force."""
    from components.retention.marks import marks, said

    found = marks(_wiring.make(config["database"]))
    figures = {f"{each.kind} {each.name}": _words(said(each)) for each in found}
    return Summary("completed", {"in_force": len(found), **figures}, details={"marks": [said(each) for each in found]})


def _words(said: Mapping[str, Any]) -> str:
    scope = ", ".join(f"{key}={shown(value) if key in ('start', 'end') else value}" for key, value in said["scope"].items())
    category = f"{said['category']}: " if said["category"] else ""
    return f"{category}{scope}; {said['who']}, {shown(said['at'])}: {said['why']}"


def _gone(database: Any, scope: Any) -> str:
    """What a new hold comes too late for."""
    from components.retention.marks import gone

    deleted, going = gone(database, scope)
    said = [f"{deleted:,} files of that were deleted before" if deleted else ""]
    said += [f"{going:,} are being deleted at this moment, or wait for a sweep to be taken up" if going else ""]
    return "; ".join(filter(None, said))


def _by_rule(report: Any, policy: Any, now: int) -> dict[str, str]:
    figures = {}
    for rule in policy.rules:
        until, due = rule.until(now), report.due.get(rule.name)
        limit = "kept for ever" if until is None else f"of before {shown(until)}"
        kept = report.kept.get(rule.name, 0)
        if due or kept:
            figures[f"rule {rule.name}"] = f"{due or '0 files'} {limit}; {kept:,} files stay"
    for hold, covered in report.covered.items():
        figures[f"hold {hold}"] = f"protects {covered:,} files, of which {report.held.get(hold, '0 files')} would go"
    for dataset, users in report.in_use.items():
        figures[f"in use {dataset[:12]}"] = ", ".join(users)
    return figures


def _note(report: Any, policy: Any, *, unanswered: bool) -> str:
    said = []
    if idle := report.idle(policy):
        said.append(f"these rules matched nothing: {', '.join(idle)}")
    if report.without_time:
        examples = ", ".join(report.examples.get("no time", [])[:3])
        said.append(f"{report.without_time:,} files of no known time are never deleted: {examples} ...")
    if report.without_rule:
        examples = ", ".join(report.examples.get("no rule", [])[:3])
        said.append(f"{report.without_rule:,} files stand under no rule and stay: {examples} ...")
    if unanswered:
        said.append("the ledger does not answer: datasets stay, because models may need them")
    return "; ".join(said)


def _write_list(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "files", "bytes", "fate", "rule", "because"])
        for verdict in rows:
            item, rule = verdict.item, verdict.rule.name if verdict.rule else ""
            table.writerow([item.path, len(item.files), item.bytes, verdict.outcome, rule, "; ".join(verdict.because)])
    partial.replace(path)
