"""Register with a Prefect server what it starts by itself: `python -m flows.schedule schedule=ward`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from flows import _launch, _scheduled, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, every deployment with its words included."""
    return _wiring.plan("schedule", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)
    _scheduled.refuse_words(config["schedule"])


def _options(do: Literal["apply", "show", "prune"], schedule: _scheduled.Schedule, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def schedule(overrides: Sequence[str] = ()) -> Summary:
    """Bring the deployments of the schedule onto the server, and show what changed."""
    from flows import _deployments, _registrar

    config = plan(overrides)
    wanted = _wiring.make(config["schedule"], _scheduled.Schedule)
    with _deployments.server() as client:
        return _registrar.brought(client, wanted, config["do"])


main = _launch.command(schedule)

if __name__ == "__main__":
    main()
