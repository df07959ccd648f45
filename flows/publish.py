"""Enter runs that happened without a Prefect server into the configured one: `python -m flows.publish`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from components.contracts import InputError
from flows import _launch, _prefect, _wiring
from flows._summary import Summary


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(limit: int, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def publish(overrides: Sequence[str] = ()) -> Summary:
    """Every finished run that no server has seen."""
    from components.database.runs import Runs

    config = _wiring.plan("publish", overrides, calls)
    if not (server := _prefect.server()):
        raise InputError(
            "no Prefect server is configured; start one with `prefect server start` and set PREFECT_API_URL=http://127.0.0.1:4200/api"
        )
    runs = Runs(_wiring.make(config["database"]))
    waiting = runs.unpublished(config["limit"])
    _prefect.publish(waiting, runs.mark_published)
    return Summary("completed" if waiting else "unchanged", {"runs": len(waiting), "server": server})


main = _launch.command(publish)

if __name__ == "__main__":
    main()
