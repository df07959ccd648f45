"""Deployments of a schedule on a Prefect server: what is there, what is wanted, and the way from one to the other."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from components.contracts import InputError
from flows import _form, _prefect
from flows._scheduled import Deployment, Schedule

TAG = "wardflow"
FAILED = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
LOGGED = "flows,components,plugins"
ANSWER = 5.0  # s in which a server answers that is there
START = (
    "start one with `prefect server start`, set PREFECT_API_URL to its address, such as http://127.0.0.1:4200/api, and run "
    "this again"
)
PAGE = 200  # of what the server gives at once

State = Literal["new", "changed", "unchanged", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one deployment."""

    name: str
    state: State  # gone: the server has it, the schedule does not
    what: tuple[str, ...] = ()  # key: before -> after


@contextmanager
def server() -> Iterator[Any]:
    """A client of the configured server. Raises InputError where there is none, or none answers."""
    address = _prefect.server()
    if not address:
        raise InputError(f"no Prefect server is configured: PREFECT_API_URL is not set; {START}")
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_KEY

    login = {"auth_string": PREFECT_API_AUTH_STRING.value(), "api_key": PREFECT_API_KEY.value()}
    with SyncPrefectClient(address, **login, httpx_settings={"timeout": ANSWER}) as client:
        if problem := client.api_healthcheck():
            reason = str(problem) or type(problem).__name__
            raise InputError(f"no Prefect server answers at PREFECT_API_URL={address} ({reason}); {START}")
        yield client


def tag(schedule: Schedule) -> str:
    """What every deployment of a schedule carries on the server."""
    return f"{TAG}:{schedule.name}"


def title(schedule: Schedule, name: str) -> str:
    return f"{schedule.name}-{name}"


def wanted(schedule: Schedule) -> dict[str, dict[str, Any]]:
    """Every deployment of the schedule as plain data."""
    return {title(schedule, name): _plain(schedule, one) for name, one in schedule.deployments.items()}


def _plain(schedule: Schedule, deployment: Deployment) -> dict[str, Any]:
    flow = flow_of(deployment.flow)
    env = {"PREFECT_LOGGING_EXTRA_LOGGERS": LOGGED}
    if deployment.retries:  # a deployment has no retries of its own; its runs read them where they are started
        seconds = str(round(deployment.retry_minutes * 60))  # a server takes whole ones only
        env |= {"PREFECT_FLOWS_DEFAULT_RETRIES": str(deployment.retries), "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": seconds}
    return {
        "flow": deployment.flow, "entrypoint": f"flows.{deployment.flow}.{deployment.flow}_flow", "pool": schedule.pool,
        "times": _times(deployment), "parameters": _form.filled(deployment.flow, deployment.overrides),
        "concurrency": deployment.concurrency, "when_busy": {"skip": "CANCEL_NEW", "wait": "ENQUEUE"}[deployment.when_busy],
        "form": flow.parameters.model_dump_for_openapi(), "about": flow.description or "",
        "variables": {"working_dir": ".", "env": env}, "tags": sorted([TAG, tag(schedule)]),
    }  # fmt: skip


def flow_of(name: str) -> Any:
    """The Prefect flow of a flow of ours."""
    return getattr(importlib.import_module(f"flows.{name}"), f"{name}_flow")


def _times(deployment: Deployment) -> str:
    if deployment.cron:
        return f"cron {deployment.cron} {deployment.timezone}"
    return f"every {deployment.interval_minutes:g} minutes" if deployment.interval_minutes else "by hand"


def found(client: Any, schedule: Schedule) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Every deployment of the schedule that the server has: as it gives it, and as plain data."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

    of = DeploymentFilter(tags=DeploymentFilterTags(all_=[tag(schedule)]))
    known = list(pages(client.read_deployments, deployment_filter=of))
    return {one.name: (one, _read(one)) for one in known}


def pages(read: Any, **named: Any) -> Iterator[Any]:
    """Everything that the server has, page by page."""
    offset = 0
    while page := read(**named, limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _read(one: Any) -> dict[str, Any]:
    limit = one.global_concurrency_limit
    return {
        "flow": (one.entrypoint or "..").split(".")[1], "entrypoint": one.entrypoint, "pool": one.work_pool_name,
        "times": ", ".join(_said(each.schedule) for each in one.schedules) or "by hand", "parameters": one.parameters,
        "concurrency": limit.limit if limit else None,
        "when_busy": one.concurrency_options.collision_strategy.value if one.concurrency_options else None,
        "form": one.parameter_openapi_schema, "about": one.description or "", "variables": one.job_variables,
        "tags": sorted(one.tags),
    }  # fmt: skip


def _said(times: Any) -> str:
    if hasattr(times, "cron"):
        return f"cron {times.cron} {times.timezone}"
    return f"every {times.interval.total_seconds() / 60:g} minutes"


def changes(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> list[Change]:
    """From one to the other, in the order of the schedule."""
    known = [_change(name, before.get(name), plain) for name, plain in after.items()]
    return known + [Change(name, "gone") for name in sorted(before.keys() - after.keys())]


def _change(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Change:
    if before is None:
        return Change(name, "new")
    what = tuple(line for key in after if before[key] != after[key] for line in _differences(key, before[key], after[key]))
    return Change(name, "changed" if what else "unchanged", what)


def _differences(key: str, before: Any, after: Any) -> Iterator[str]:
    if key in ("form", "about"):
        yield f"{key}: as conf/ has it now"
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield from _differences(f"{key}.{name}", before.get(name), after.get(name))
    else:
        yield f"{key}: {_short(before)} -> {_short(after)}"


def _short(value: Any) -> str:
    return " ".join(map(str, value)) or "-" if isinstance(value, list) else "-" if value is None else str(value)


def pool(client: Any, schedule: Schedule) -> None:
    """Make the work pool, or bring its limit to what the schedule says."""
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    limit = schedule.pool_concurrency
    try:
        there = client.read_work_pool(schedule.pool)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(
            WorkPoolCreate(name=schedule.pool, type="process", concurrency_limit=limit, base_job_template=template)
        )
        return
    if there.type != "process":
        raise InputError(
            f"schedule.pool={schedule.pool} is a work pool of type {there.type} on the server; expected one of type process, "
            "so take another name"
        )
    if there.concurrency_limit != limit:
        client.update_work_pool(schedule.pool, WorkPoolUpdate(concurrency_limit=limit))


def enter(client: Any, name: str, plain: Mapping[str, Any], deployment: Deployment, there: Any | None) -> Any:
    """Make a deployment, or bring it to what the schedule says; its id. One that was paused stays so."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyOptions
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

    times: list[Any] = []
    if deployment.cron:
        times = [CronSchedule(cron=deployment.cron, timezone=deployment.timezone)]
    elif deployment.interval_minutes:
        times = [IntervalSchedule(interval=timedelta(minutes=deployment.interval_minutes))]
    return client.create_deployment(
        flow_id=client.create_flow_from_name(plain["flow"]), name=name, entrypoint=plain["entrypoint"],
        schedules=[DeploymentScheduleCreate(schedule=one, active=True) for one in times],
        concurrency_limit=plain["concurrency"], concurrency_options=ConcurrencyOptions(collision_strategy=plain["when_busy"]),
        parameters=plain["parameters"], description=plain["about"], work_pool_name=plain["pool"], tags=plain["tags"],
        parameter_openapi_schema=plain["form"], enforce_parameter_schema=True, job_variables=plain["variables"],
        paused=there.paused if there else False, version=None,
    )  # fmt: skip
