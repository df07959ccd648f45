"""Brings a schedule onto a Prefect server, and says what became of each of its deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flows import _deployments, _failures, _tables
from flows._deployments import Change
from flows._scheduled import Schedule
from flows._summary import Summary

WORDS = {
    "apply": {"gone": "not in the schedule"},
    "prune": {"gone": "removed"},
    "show": {"new": "would be new", "changed": "would change", "gone": "not in the schedule"},
}


def brought(client: Any, schedule: Schedule, do: Literal["apply", "show", "prune"]) -> Summary:
    """What `do` says, with a line for each deployment."""
    there, wanted = _deployments.found(client, schedule), _deployments.wanted(schedule)
    changes = _deployments.changes({name: plain for name, (_, plain) in there.items()}, wanted)
    rules = 0
    if do != "show":
        _notified(client, schedule)
        ids = _entered(client, schedule, changes, there, wanted)
        if do == "prune":
            for change in changes:
                if change.state == "gone":
                    client.delete_deployment(there[change.name][0].id)
        rules = _failures.settle(client, schedule, _failures.wanted(client, schedule, ids))
    _shown(changes, there, wanted, WORDS[do])
    return _summed(schedule, changes, rules, do)


def _notified(client: Any, schedule: Schedule) -> None:
    """Raise InputError for a block that is not there, before anything is changed."""
    for deployment in schedule.deployments.values():
        for rule in deployment.on_failure:
            if rule.do == "notify":
                _failures.block(client, rule.target or "")


def _entered(
    client: Any, schedule: Schedule, changes: Sequence[Change], there: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """The id of every deployment of the schedule, once those that are new or changed are on the server."""
    _deployments.pool(client, schedule)
    own = {_deployments.title(schedule, name): deployment for name, deployment in schedule.deployments.items()}
    ids = {name: one.id for name, (one, _) in there.items()}
    for change in changes:
        if change.state in ("new", "changed"):
            known, _ = there.get(change.name, (None, None))
            ids[change.name] = _deployments.enter(client, change.name, wanted[change.name], own[change.name], known)
    return ids


def _shown(changes: Sequence[Change], there: Mapping[str, Any], wanted: Mapping[str, Any], words: Mapping[str, str]) -> None:
    rows: list[list[_tables.Cell]] = []
    for change in changes:
        plain = wanted.get(change.name) or there[change.name][1]
        paused = "paused" if change.name in there and there[change.name][0].paused else ""
        state = words.get(change.state, change.state)
        rows.append([change.name, plain["flow"], plain["times"], paused, state, change.what[0] if change.what else ""])
        rows += [["", "", "", "", "", line] for line in change.what[1:]]
    _tables.show("deployments", ("name", "flow", "starts", "", "", "what"), rows)


def _summed(schedule: Schedule, changes: Sequence[Change], rules: int, do: str) -> Summary:
    counts = {state: sum(change.state == state for change in changes) for state in ("new", "changed", "unchanged", "gone")}
    figures = {"deployments": len(schedule.deployments), **counts, "rules_on_failure_touched": rules}
    same = not (counts["new"] or counts["changed"] or rules or (do == "prune" and counts["gone"]))
    notes = []
    if counts["gone"] and do != "prune":
        notes.append(f"{counts['gone']} on the server are not in the schedule; do=prune removes them")
    following = "python -m flows.schedule" if do == "show" and not same else f"prefect worker start --pool {schedule.pool}"
    return Summary("unchanged" if same else "completed", figures, note="; ".join(notes), next=following)
