"""What `flows.clocks` shows of the machines that record, besides their cameras."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flows import _tables

SECOND = 1_000_000_000  # ns
HEADS = (
    "machine", "process", "state", "wrong at most (ms)", "recorded times behind it (ms)", "steps", "newest step (s)", "measured",
)  # fmt: skip


def shown(database: Any, now: int, stale: float) -> tuple[list[dict[str, Any]], dict[str, str], list[str]]:
    """What is known of each machine's own clock, of those at fault what is wrong, and what is to be said of the others.

    A process that has ended faults nobody.
    """
    from components.database.own_clocks import known

    said = known(database)
    if said:
        _tables.show("our own clocks", HEADS, (_row(one, now, stale) for one in said))
    bad = {f"our own clock ({one.machine})": one.says for one in said if one.state == "fault" and _age(one, now) <= stale}
    words = {one.says: None for one in said if one.state != "fault" and (one.state != "right" or one.own.steps)}
    return [asdict(one) for one in said], bad, list(words)


def _age(one: Any, now: int) -> float:
    return float((now - one.measured) / SECOND)


def _row(one: Any, now: int, stale: float) -> list[Any]:
    age = _age(one, now)
    when = f"{age:.0f} s ago" + (" (old)" if age > stale else "")
    most = None if one.own.kept.most is None else one.own.kept.most / 1e6
    step = one.own.step / SECOND if one.own.steps else None
    return [one.machine, one.process, one.state, most, one.own.behind / 1e6, one.own.steps, step, when]
