"""What a Prefect server is to start by itself: the schema of conf/schedule, checked before anything is registered."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import Ge, Gt

from components import secrets
from components.contracts import InputError
from flows import _launch, _wiring

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
NOT_DEPLOYED = ("schedule", "dashboard", "demo", "publish", "validate")  # they serve a person, or the server itself


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailure:
    """What the server does where runs of a deployment fail or crash."""

    do: Literal["run", "pause", "notify"]
    target: str | None = None  # run: the deployment to start; notify: <type>/<name> of a notification block of the server
    failures: Annotated[int, Ge(1)] = 1  # so many
    minutes: Annotated[float, Gt(0)] = 60.0  # within this time

    def __post_init__(self) -> None:
        if self.do == "pause" and self.target is not None:
            raise ValueError(f"target={self.target!r} is not needed: do=pause stops the deployment itself; leave it out")
        if self.do == "notify" and (self.target or "").count("/") != 1:
            raise ValueError(
                f"target={self.target!r} is no block; expected <type>/<name> of a notification block of the server, such as "
                "slack-webhook/ward"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One flow with its words, and when it is started."""

    flow: str
    overrides: list[str] = field(default_factory=list)
    cron: str | None = None  # minute hour day month weekday
    interval_minutes: Annotated[float, Gt(0)] | None = None
    timezone: str = "UTC"  # of cron
    concurrency: Annotated[int, Ge(1)] = 1  # runs of it at once
    when_busy: Literal["skip", "wait"] = "skip"  # what becomes of a run beyond that
    retries: Annotated[int, Ge(0)] = 0
    retry_minutes: Annotated[float, Ge(0)] = 1.0
    on_failure: list[OnFailure] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.cron is not None and self.interval_minutes is not None:
            raise ValueError("both cron and interval_minutes are given; expected one of them, or none for runs by hand")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"timezone={self.timezone!r} is none; expected one such as Europe/Paris") from error
        if self.cron is not None and not _is_cron(self.cron):
            raise ValueError(
                f"cron={self.cron!r} is none; expected minute hour day month weekday, such as '30 2 * * *' at half past two"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Deployments that belong together: those of one ward, of one machine."""

    name: str
    pool: str  # work pool of processes; workers of it run the deployments
    pool_concurrency: Annotated[int, Ge(1)] | None = None  # runs of all of them at once
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (self.name, self.pool, *self.deployments):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name; expected lower-case letters, digits, - and _")
        for name, deployment in self.deployments.items():
            for rule in deployment.on_failure:
                if rule.do == "run" and rule.target not in self.deployments:
                    known = ", ".join(self.deployments)
                    raise ValueError(
                        f"{name}: on_failure runs {rule.target!r}, which is none of its deployments; expected one of {known}"
                    )


def _is_cron(text: str) -> bool:
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=text)
    except ValueError:
        return False
    return True


def refuse_words(spec: Mapping[str, Any]) -> None:
    """Raise InputError for every deployment whose flow does not exist, or does not take its words."""
    given = spec.get("deployments")
    found = [
        f"schedule.deployments.{name}.{problem}"
        for name, one in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(one, Mapping) and (problem := _problem(one.get("flow"), one.get("overrides") or []))
    ]
    if found:
        raise InputError(
            "\n  ".join([f"{'1 problem' if len(found) == 1 else f'{len(found)} problems'} in the schedule:", *found])
        )


def _problem(flow: Any, overrides: Any) -> str:
    if flow not in flows():
        return f"flow: {flow!r} cannot be scheduled; expected one of {', '.join(flows())}"
    if not isinstance(overrides, list) or not all(isinstance(word, str) for word in overrides):
        return ""  # the signature says so
    try:
        secrets.refuse_words(overrides)
        module = importlib.import_module(f"flows.{flow}")
        _wiring.verify(_launch.compose(flow, overrides), module.calls, _wiring.Origins(flow, overrides))
    except InputError as error:
        return f"overrides: {' '.join(str(error).split())}"
    return ""


def flows() -> list[str]:
    """Every flow that a server can start."""
    return sorted(file.stem for file in Path(_launch.CONF).glob("*.yaml") if file.stem not in NOT_DEPLOYED)
