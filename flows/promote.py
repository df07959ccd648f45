"""Put one version of a model in charge: `python -m flows.promote version=3`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flows import _launch, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("promote", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(name: str, version: int | str, alias: str, ledger: Any, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def promote(overrides: Sequence[str] = ()) -> Summary:
    """Move the alias to the version; `flows.track` uses `champion` from its next start."""
    config = plan(overrides)
    ledger = _wiring.make(config["ledger"])
    moved = ledger.promote(config["name"], version=str(config["version"]), alias=config["alias"])
    figures = {"model": f"{moved.name}/{moved.version}", "alias": config["alias"], "previous": moved.previous or "none"}
    same = moved.previous == moved.version
    note = f"version {moved.version} was {config['alias']} already" if same else ""
    return Summary("unchanged" if same else "completed", figures, note=note, next="python -m flows.track")


__getattr__ = _prefect.exported(promote)
main = _launch.command(promote)

if __name__ == "__main__":
    main()
