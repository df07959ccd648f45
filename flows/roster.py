"""Enter staff and shifts from CSV or a FHIR bundle: `python -m flows.roster file=staff.csv`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from components.contracts import InputError
from components.roster.fhir import Codes
from flows import _launch, _prefect, _tables, _wiring
from flows._moments import moment
from flows._summary import Summary

MOST = 200  # lines of a table; summary.json has all


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with `since` in ns."""
    config = _wiring.plan("roster", overrides, calls)
    since = moment("since", config["since"])
    return {**config, "since": time.time_ns() if since is None else since}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(file: str, do: Literal["enter", "dry"], since: str | None, timezone: str, codes: Codes, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def roster(overrides: Sequence[str] = ()) -> Summary:
    """What the file says is entered in one transaction; what cannot be used is refused, line by line, and the rest is entered."""
    from components.database.staff import Staff

    config = plan(overrides)
    contents = _contents(config)
    staff = Staff(_wiring.make(config["database"]))
    changes = (staff.enter if config["do"] == "enter" else staff.assess)(contents, since=config["since"])
    counts = Counter(change.kind for change in changes)
    told = [(change.where, change.kind, change.what) for change in changes if change.kind not in ("unchanged", "refused")]
    if told:
        _tables.show(config["file"], ("where", "", "what"), told[:MOST])
    figures = {kind: counts[kind] for kind in ("added", "changed", "unchanged", "removed", "refused")}
    return Summary(
        "failed" if counts["refused"] else "completed" if told else "unchanged", figures,
        failures=_refused(changes), note=_note(config["do"], told), next=_next(config["do"], overrides),
        details={"changes": told},
    )  # fmt: skip


def _contents(config: dict[str, Any]) -> Any:
    from components.roster import fhir, sheet
    from components.roster.times import clock

    path, zone = Path(config["file"]), clock(config["timezone"])
    if not path.is_file():
        raise InputError(f"file={path}: there is no such file; expected CSV or a FHIR bundle")
    if path.suffix.lower() == ".json":
        return fhir.read(path, zone=zone, codes=_wiring.make(config["codes"], Codes))
    return sheet.read(path, zone=zone)


def _refused(changes: Sequence[Any]) -> dict[str, str]:
    """Why what was refused; a place may have several reasons."""
    found: dict[str, str] = {}
    for change in changes:
        if change.kind == "refused":
            found[change.where] = "; ".join(filter(None, (found.get(change.where), change.what)))
    return found


def _note(do: str, told: Sequence[Any]) -> str:
    parts = ["nothing was entered: do=dry"] if do == "dry" else []
    parts += [f"{len(told) - MOST} changes more are in the summary"] if len(told) > MOST else []
    return "; ".join(parts)


def _next(do: str, overrides: Sequence[str]) -> str:
    return f"python -m flows.roster {' '.join(word for word in overrides if word != 'do=dry')}" if do == "dry" else ""


__getattr__ = _prefect.exported(roster)
main = _launch.command(roster)

if __name__ == "__main__":
    main()
