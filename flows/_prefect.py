"""Prefect, where a server is configured: the same functions become flows and tasks; without one nothing of it is imported."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from components.contracts import InputError


def server() -> str:
    """The address of the configured Prefect server, or an empty string."""
    if address := os.environ.get("PREFECT_API_URL", ""):
        return address
    home = Path(os.environ.get("PREFECT_HOME", Path.home() / ".prefect"))
    profiles = Path(os.environ.get("PREFECT_PROFILES_PATH", home / "profiles.toml"))
    try:
        content = tomllib.loads(profiles.read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return ""
    active = os.environ.get("PREFECT_PROFILE", content.get("active", ""))
    return str(content.get("profiles", {}).get(active, {}).get("PREFECT_API_URL", ""))


def call(function: Callable[[list[str]], Any], name: str, overrides: Sequence[str]) -> Any:
    """Run `function` as the Prefect flow `name` on the configured server."""
    import prefect
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # The heartbeat thread of a synchronous flow is joined in steps of a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        return prefect.flow(name=name, validate_parameters=False)(function)(list(overrides))


def exported(function: Callable[..., Any]) -> Callable[[str], Any]:
    """A module's `__getattr__` that offers its function as `<name>_flow`, for deployments; only that imports Prefect."""

    def getter(attribute: str) -> Any:
        if attribute != f"{function.__name__}_flow":
            raise AttributeError(f"module {function.__module__!r} has no attribute {attribute!r}")
        import prefect

        from flows import _form, _run

        def run(**chosen: Any) -> Any:
            try:
                return _run.deployed(function, _form.words(function.__name__, chosen))
            except InputError as error:
                raise InputError(str(error)) from None  # its words are the whole story; Prefect shows all that is behind it

        name = function.__name__
        run.__name__, run.__module__, run.__doc__ = name, function.__module__, _form.about(name, function.__doc__ or "")
        vars(run)["__signature__"] = _form.signature(name)
        return prefect.flow(name=name)(run)

    return getter


def mapped(run: Callable[[Any], Any], jobs: Sequence[Any], name: str) -> list[Any]:
    """Each job as a Prefect task of the flow that is running; an empty list where no flow is."""
    import sys

    if "prefect" not in sys.modules:
        return []
    from prefect import task
    from prefect.context import FlowRunContext

    if FlowRunContext.get() is None:
        return []
    futures = [task(name=name, task_run_name=job.name)(run).submit(job) for job in jobs]
    return [future.result() for future in futures]


def publish(runs: Sequence[dict[str, Any]], done: Callable[[str], None]) -> None:
    """Enter runs that happened without a server into the configured one; `done` is told the id of each that is there.

    The server stamps its own clock on states, so the times at which a run began and ended stand in its name and message.
    """
    import asyncio

    asyncio.run(_publish(runs, done))


async def _publish(runs: Sequence[dict[str, Any]], done: Callable[[str], None]) -> None:
    import prefect
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        for run in runs:
            entry = prefect.flow(name=run["flow"])(_nothing)
            parameters = {"overrides": run["overrides"]}
            name = f"{run['flow']} of {_clock(run['started'])}"
            created = await client.create_flow_run(entry, name=name, parameters=parameters, tags=["ran without a server"])
            await client.set_flow_run_state(created.id, _state(run), force=True)
            done(run["id"])


def _nothing(overrides: list[str]) -> None:
    """The parameters of every flow of ours; the run that is entered is over."""


def _state(run: dict[str, Any]) -> Any:
    from prefect.states import Completed, Failed

    seconds = (run["finished"] - run["started"]) / 1e9
    message = f"ran from {_clock(run['started'])} for {seconds:.1f} s; {run['summary']}"
    return (Completed if run["status"] == "completed" else Failed)(message=message)


def _clock(time: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(time / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
