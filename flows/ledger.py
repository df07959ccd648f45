"""What waits for an MLflow server that was away: `python -m flows.ledger`, `python -m flows.ledger do=deliver`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from flows import _launch, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("ledger", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(do: Literal["show", "deliver"], ledger: Any, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def ledger(overrides: Sequence[str] = ()) -> Summary:
    """Say which runs wait, or deliver them; each counts once, however often it is tried."""
    config = plan(overrides)
    known = _wiring.make(config["ledger"])
    delivered = known.deliver() if config["do"] == "deliver" else []
    waiting = known.waiting()
    figures = {"ledger": known.uri, "delivered": len(delivered), "waiting": len(waiting)}
    details = {"delivered": delivered, "waiting": waiting}
    if config["do"] == "deliver" and waiting:
        left = dict.fromkeys(waiting, "not delivered: the server is away, or its run goes on")
        return Summary("failed", figures, failures=left, details=details)
    following = "python -m flows.ledger do=deliver" if waiting else ""
    return Summary("completed", figures, note="" if waiting else "nothing waits", next=following, details=details)


__getattr__ = _prefect.exported(ledger)
main = _launch.command(ledger)

if __name__ == "__main__":
    main()
