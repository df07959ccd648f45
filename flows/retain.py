"""Delete what has been kept long enough, and prove it: `python -m flows.retain`, `python -m flows.retain do=delete`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from components.contracts import InputError
from components.retention.policy import Policy
from flows import _launch, _prefect, _record, _retained, _wiring
from flows._moments import moment
from flows._summary import Summary

Do = Literal["dry", "delete", "check", "verify", "lifecycle", "hold", "lift", "classify", "declassify", "marks"]


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with times in ns."""
    config = _wiring.plan("retain", overrides, calls)
    times = {"since": moment("since", config["since"]), "until": moment("until", config["until"], end=True)}
    at = moment("at", config["at"])
    if at is not None and config["do"] != "dry":
        raise InputError("at=... is for do=dry only: nothing is deleted before its time")
    return {**config, **times, "at": time.time_ns() if at is None else at}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    given = {**config, "list_": config["list"], "for_": config["for"]}
    yield _wiring.Call(_options, given, {"list_": "list", "for_": "for"})


def _options(
    do: Do, at: str | None, list_: str | None, for_: Literal["s3", "gcs", "azure"] | None, name: str | None, category: str | None,
    cameras: list[str], since: str | None, until: str | None, prefix: str | None, dataset: str | None, who: str | None,
    why: str | None, retention: Policy, storage: Any, database: Any, ledger: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def retain(overrides: Sequence[str] = ()) -> Summary:
    """One look, one sweep, or one word about them."""
    config = plan(overrides)
    looks: dict[str, Callable[[dict[str, Any]], Summary]] = {
        "dry": _retained.dry, "check": _retained.check, "verify": _retained.verify, "lifecycle": _retained.lifecycle,
        "marks": _retained.show_marks,
    }  # fmt: skip
    if look := looks.get(config["do"]):
        return look(config)
    enter = _retained.delete if config["do"] == "delete" else _retained.mark
    return enter(config, _record.run())


__getattr__ = _prefect.exported(retain)
main = _launch.command(retain)

if __name__ == "__main__":
    main()
