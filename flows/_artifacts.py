"""What a run shows in Prefect while it goes on and when it is over; nothing where no Prefect flow run is."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

EVERY = 2.0  # s between two updates of a progress bar
SHOWN = 20  # pieces of work that are named beside it
PATIENCE = 5.0  # s for the server to take something
QUIET = 60.0  # s in which it is not asked again once it did not: a run does not wait for its own display

_LOG = logging.getLogger(__name__)


def run_id() -> Any | None:
    """The flow run that goes on here; None outside of one, or where Prefect was never imported."""
    if "prefect" not in sys.modules:
        return None
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    return context.flow_run.id if context and context.flow_run else None


class Bar:
    """A progress artifact of one flow run: the mean of all pieces of work, with the share of each in words."""

    def __init__(self, run: Any, name: str, pieces: int) -> None:
        self._run, self._name, self._pieces = run, name, pieces
        self._shares: dict[str, float] = {}
        self._artifact: Any = None
        self._next = 0.0

    def update(self, name: str, done: int, total: int) -> None:
        if not total:  # work without an end
            return
        self._shares[name] = 100 * min(done / total, 1.0)
        if time.monotonic() >= self._next:
            self.send()

    def send(self) -> None:
        """Tell the server, and nothing for a while where it does not answer."""
        self._next = time.monotonic() + (EVERY if self._sent() else QUIET)

    def _sent(self) -> bool:
        if not self._shares:
            return True
        data = round(sum(self._shares.values()) / max(self._pieces, len(self._shares)), 1)
        words = [f"{name} {share:.0f} %" for name, share in list(self._shares.items())[:SHOWN]]
        more = [f"and {len(self._shares) - SHOWN} more"] if len(self._shares) > SHOWN else []
        told = ", ".join([*words, *more])
        if self._artifact is None:
            self._artifact = _create(self._run, f"{self._name}-progress", "progress", data=data, description=told)
            return self._artifact is not None
        return _update(self._artifact, data=data, description=told)


@contextmanager
def bar(name: str, pieces: int) -> Iterator[Bar | None]:
    """A progress bar of the flow run that goes on; None outside of one."""
    if (run := run_id()) is None:
        yield None
        return
    shown = Bar(run, name, pieces)
    try:
        yield shown
    finally:
        shown.send()


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table that the run shows on the console."""
    if (run := run_id()) is not None and rows:
        titles = [head or " " * number for number, head in enumerate(heads, 1)]  # columns without a title
        data = [dict(zip(titles, row, strict=True)) for row in rows]
        _create(run, title, "table", data=_json(data), description=title)


def summed(summary: Any, name: str, seconds: float, config: Mapping[str, Any]) -> None:
    """The summary of a run, and where to read on."""
    if (run := run_id()) is None:
        return
    links = _links(summary, config)
    _create(run, f"{name}-summary", "markdown", data=_markdown(summary, name, seconds, links), description=summary.status)
    for title, url in links.items():
        _create(run, f"{name}-{title}", "markdown", data=f"[{url}]({url})", description=title)


def _markdown(summary: Any, name: str, seconds: float, links: Mapping[str, str]) -> str:
    lines = [f"# {name}: {summary.status} in {seconds:.1f} s", "", "| figure | value |", "|---|---|"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in summary.figures.items()]
    lines += [f"| {key} | `{value}` |" for key, value in summary.digests.items()]
    if summary.failures:
        lines += ["", "## What failed", "", *(f"- **{part}**: {_cell(text)}" for part, text in summary.failures.items())]
    lines += ["", summary.note] if summary.note else []
    lines += ["", *(f"[{title}]({url})" for title, url in links.items())] if links else []
    lines += ["", f"Next: `{summary.next}`"] if summary.next else []
    return "\n".join(lines)


def _cell(value: Any) -> str:
    shown = f"{value:.3f}" if isinstance(value, float) else str(value)
    return shown.replace("|", "\\|").replace("\n", " ")


def _links(summary: Any, config: Mapping[str, Any]) -> dict[str, str]:
    """Pages about the run: its entry in MLflow, where that is a server, and the dashboard, where DASHBOARD_URL says so."""
    found = {}
    ledger = str((config.get("ledger") or {}).get("uri", ""))
    entry = summary.details.get("ledger_run")
    if entry and ledger.startswith(("http://", "https://")):
        found["mlflow"] = f"{ledger.rstrip('/')}/#/runs/{entry}"
    if page := os.environ.get("DASHBOARD_URL", ""):
        found["dashboard"] = page
    return found


def _create(run: Any, key: str, kind: str, *, data: Any, description: str) -> Any | None:
    """The id of a new artifact; None where the server does not take it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import ArtifactCreate

    slug = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:200]
    artifact = ArtifactCreate(key=slug, type=kind, description=description, data=data, flow_run_id=run)
    try:
        with get_client(sync_client=True, httpx_settings={"timeout": PATIENCE}) as client:
            return client.create_artifact(artifact).id
    except Exception as error:  # a display is no reason to fail
        _LOG.warning("Prefect did not take the artifact %s: %s", slug, error)
        return None


def _update(artifact: Any, *, data: Any, description: str) -> bool:
    """Whether the server took it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import ArtifactUpdate

    try:
        with get_client(sync_client=True, httpx_settings={"timeout": PATIENCE}) as client:
            client.update_artifact(artifact, ArtifactUpdate(data=data, description=description))
    except Exception as error:  # as above
        _LOG.warning("Prefect did not take progress: %s", error)
        return False
    return True


def _json(data: Any) -> str:
    import json

    return json.dumps(data, default=str)
