"""Prefect, where a server is configured: the same functions become flows and tasks; without one nothing of it is imported."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


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


def call(function: Callable[[Sequence[str]], Any], name: str, overrides: Sequence[str]) -> Any:
    """Run `function` as the Prefect flow `name` on the configured server."""
    import prefect
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # The heartbeat thread of a synchronous flow is joined in steps of a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        return prefect.flow(name=name, validate_parameters=False)(function)(list(overrides))


def exported(function: Callable[..., Any]) -> Callable[[str], Any]:
    """A module's `__getattr__` that offers its function as `<name>_flow`, for deployments; Prefect is imported when it is asked for."""

    def getter(attribute: str) -> Any:
        if attribute != f"{function.__name__}_flow":
            raise AttributeError(f"module {function.__module__!r} has no attribute {attribute!r}")
        import prefect

        from flows import _run

        def run(overrides: list[str] | None = None) -> dict[str, Any]:
            return _run.deployed(function, overrides or [])

        return prefect.flow(name=function.__name__)(run)

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
    futures = [task(run, name=name, task_run_name=job.name).submit(job) for job in jobs]
    return [future.result() for future in futures]
