"""What a Prefect server does where scheduled runs fail: its automations, one for each rule of conf/schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from components.contracts import InputError
from flows._deployments import FAILED, pages, title
from flows._scheduled import OnFailure, Schedule


def wanted(client: Any, schedule: Schedule, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Every automation of the schedule, by name; `ids` are those of its deployments."""
    return {
        f"{_prefix(schedule)}{name}: {rule.do}{f' {rule.target}' if rule.target else ''}": _automation(
            client, schedule, name, rule, ids
        )
        for name, deployment in schedule.deployments.items()
        for rule in deployment.on_failure
    }


def _prefix(schedule: Schedule) -> str:
    return f"wardflow:{schedule.name}: on failure of "


def _automation(client: Any, schedule: Schedule, name: str, rule: OnFailure, ids: Mapping[str, Any]) -> dict[str, Any]:
    deployment = f"prefect.deployment.{ids[title(schedule, name)]}"
    return {
        "trigger": {
            "type": "event", "posture": "Reactive", "expect": sorted(FAILED), "threshold": rule.failures,
            "within": timedelta(minutes=rule.minutes), "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {"prefect.resource.id": deployment, "prefect.resource.role": "deployment"},
        },
        "actions": [_action(client, schedule, name, rule, ids)],
    }  # fmt: skip


def _action(client: Any, schedule: Schedule, name: str, rule: OnFailure, ids: Mapping[str, Any]) -> dict[str, Any]:
    match rule.do:
        case "run":
            return {"type": "run-deployment", "source": "selected", "deployment_id": str(ids[title(schedule, rule.target or "")])}
        case "pause":
            return {"type": "pause-deployment", "source": "selected", "deployment_id": str(ids[title(schedule, name)])}
    body = (
        "{{ flow.name }} {{ flow_run.name }} of the schedule has ended as {{ flow_run.state.name }}: {{ flow_run.state.message }}"
    )
    subject = f"wardflow: {title(schedule, name)} failed"
    return {
        "type": "send-notification",
        "block_document_id": str(block(client, rule.target or "")),
        "subject": subject,
        "body": body,
    }


def block(client: Any, name: str) -> Any:
    """The id of a notification block of the server. Raises InputError where it has none of that name."""
    from prefect.exceptions import ObjectNotFound

    kind, _, own = name.partition("/")
    try:
        return client.read_block_document_by_name(own, kind, include_secrets=False).id
    except ObjectNotFound as error:
        raise InputError(
            f"on_failure.target={name}: the server has no such block; make it on its page under Blocks, or name one that is there"
        ) from error


def settle(client: Any, schedule: Schedule, wanted: Mapping[str, Any]) -> int:
    """Make the server's automations of the schedule those that are wanted; how many were made, changed or removed."""
    from prefect.events.schemas.automations import AutomationCore

    there = {one.name: one for one in pages(client.read_automations) if one.name.startswith(_prefix(schedule))}
    touched = 0
    for name, plain in wanted.items():
        core = AutomationCore(name=name, tags=["wardflow"], **plain)
        if name not in there:
            client.create_automation(core)
        elif _same(there[name], core):
            continue
        else:
            client.update_automation(there[name].id, core)
        touched += 1
    for name in there.keys() - wanted.keys():  # a rule goes with the line that said it
        client.delete_automation(there[name].id)
        touched += 1
    return touched


def _same(there: Any, core: Any) -> bool:
    def said(one: Any) -> Any:
        return one.model_dump(mode="json", include={"trigger", "actions", "tags"})

    return bool(_sorted(said(there)) == _sorted(said(core)))


def _sorted(value: Any) -> Any:
    """With the events of a trigger in one order: they are a set."""
    if isinstance(value, dict):
        return {key: sorted(item) if key == "expect" else _sorted(item) for key, item in value.items()}
    return value
