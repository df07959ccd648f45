"""Serve the page that a ward manager reads: `python -m flows.dashboard`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flows import _launch, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("dashboard", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.dashboard.serve import serve

    yield _wiring.Call(serve, config, supplied=frozenset({"still", "ready"}))


def dashboard(overrides: Sequence[str] = ()) -> Summary:
    """Serve until interrupted."""
    from components.dashboard.serve import serve
    from components.sources.still import still

    config = plan(overrides)
    serve(**_wiring.build(serve, config), still=still, ready=_announce)
    return Summary("completed", note="the page is closed")


def _announce(address: str) -> None:
    print(f"the dashboard is at {address}   (Ctrl-C ends it)", flush=True)


main = _launch.command(dashboard)

if __name__ == "__main__":
    main()
