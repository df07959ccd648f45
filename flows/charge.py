"""What was in charge, by whom and why, and what really ran: `python -m flows.charge at="2026-11-04 03:12"`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from components.contracts import InputError
from flows import _charge, _launch, _prefect, _tables, _wiring
from flows._moments import moment
from flows._summary import Summary

HEADS = ("row", "at (UTC)", "what", "version", "as", "before", "by", "why")


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with the moment in ns."""
    config = _wiring.plan("charge", overrides, calls)
    if config["camera"] is not None and config["at"] is None:
        raise InputError("camera=... belongs to at=...: what was in charge of it then")
    return {**config, "at": moment("at", config["at"])}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    do: Literal["show", "verify"], at: str | None, camera: str | None, name: str | None, ledger: Any, database: Any
) -> None:
    """Keys of the root config that the flow itself reads."""


def charge(overrides: Sequence[str] = ()) -> Summary:
    """The history, one moment of it, or whether it is whole."""
    config = plan(overrides)
    ledger, database, charges = _charge.made(config)
    if config["do"] == "verify":
        return _verified(ledger, database)
    said = _charge.repaired(charges, ledger)
    if config["at"] is not None:
        return _then(config, charges)
    rows = charges.history(config["name"] or "")
    going = {row["number"] for row in charges.open(config["name"] or "")}
    shown = [row for row in rows if row["kind"] != "intended" or row["number"] in going]
    _tables.show("in charge, the newest first", HEADS, map(_row, shown))
    figures: dict[str, Any] = {"entries": len(rows), "in charge": _names(charges.at(time.time_ns(), model=config["name"] or ""))}
    return Summary("completed", figures, note=said, next="python -m flows.charge do=verify", details={"rows": rows})


def _verified(ledger: Any, database: Any) -> Summary:
    from components.database.charges import CHAIN

    problems, (number, digest) = _charge.broken(ledger, database), CHAIN.head(database)
    failures = {f"problem {place}": problem for place, problem in enumerate(problems, 1)}
    note = "" if problems else "every entry is as it was made, and the aliases mean what it says"
    return Summary("failed" if problems else "completed", {"entries": number}, {"head": digest}, failures, note=note)


def _then(config: Mapping[str, Any], charges: Any) -> Summary:
    """What was appointed at a moment, and which runs looked at footage of it."""
    at, camera = config["at"], config["camera"] or ""
    appointed = [
        row for row in charges.at(at, model=config["name"] or "") if not camera or not row["cameras"] or camera in row["cameras"]
    ]
    ran = charges.ran(at, camera=camera)
    _tables.show(f"in charge at {_tables.moment(at)[:16]} UTC", (*HEADS, "until (UTC)"), (
        [*_row(row), _tables.moment(row["until"])[:16] if row["until"] else "now"] for row in appointed
    ))  # fmt: skip
    _tables.show("what ran on footage of that moment", ("run", "model", "cameras", "started (UTC)", "words"), map(_run, ran))
    figures = {
        "in charge": _names(appointed),
        "ran": ", ".join(sorted({one.get("model") or "no registered model" for one in ran})) or "nothing",
    }
    details = {"appointed": appointed, "ran": ran}
    following = f"python -m flows.audit camera={camera or 'CAMERA'} at={_tables.moment(at)[:19].replace(' ', 'T')}"
    return Summary("completed", figures, next=following if ran else "", details=details)


def _names(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['model']}/{row['version']} ({row['alias']})" for row in rows) or "nothing"


def _row(row: Mapping[str, Any]) -> list[Any]:
    what = row["kind"] + (" (forced)" if row["detail"].get("forced") and row["detail"].get("gates") else "")
    what += " (rolled back)" if row["detail"].get("rollback") and row["kind"] == "appointed" else ""
    when = _tables.moment(row["at"])[:19]
    return [
        row["number"],
        when,
        what,
        f"{row['model']}/{row['version']}",
        row["alias"],
        row["before"] or "-",
        row["who"],
        row["why"],
    ]


def _run(row: Mapping[str, Any]) -> list[Any]:
    cameras = ", ".join(row.get("cameras", {}))
    return [
        row.get("run_key", ""),
        row.get("model", ""),
        cameras,
        _tables.moment(row["started"])[:16],
        " ".join(row["overrides"]),
    ]


__getattr__ = _prefect.exported(charge)
main = _launch.command(charge)

if __name__ == "__main__":
    main()
