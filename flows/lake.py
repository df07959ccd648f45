"""Write the star schema into the lake: `python -m flows.lake since=2026-03-02 until=2026-03-08`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from components.contracts import InputError
from flows import _launch, _prefect, _wiring
from flows._summary import Summary

DAY = 86_400_000_000_000  # ns


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("lake", overrides, calls)
    return {**config, "since": _day("since", config["since"]), "until": _day("until", config["until"])}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(since: str | None, until: str | None, storage: Any, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def lake(overrides: Sequence[str] = ()) -> Summary:
    """Every day of the period whole, in place of what the lake had of it; the dimensions as they are now."""
    from components.database import views
    from components.storage.lake import write_lake

    config = plan(overrides)
    database, storage = _wiring.make(config["database"]), _wiring.make(config["storage"])
    start, end = _period(database, config["since"], config["until"])
    if start >= end:
        return Summary("unchanged", note="there are no facts of that time", next="python -m flows.track")
    views.refresh(database.engine)
    written = write_lake(storage, database, start=start, end=end)
    figures = {"days": -(-end // DAY) - start // DAY, "files": written.files, **written.rows}
    url = f"{storage.url}/lake/fact_presence/*/*.parquet"
    read = f"duckdb -c \"SELECT * FROM read_parquet('{url}', hive_partitioning = true) LIMIT 10\""
    return Summary("completed", figures, next=read)


def _period(database: Any, since: int | None, until: int | None) -> tuple[int, int]:
    """In ns, from the first until after the last day."""
    from components.database.questions import Questions

    answers = Questions(database)
    extents = [answers.extent(site) for site in answers.sites()]
    first = min((extent.first for extent in extents), default=0) if since is None else since
    last = max((extent.newest for extent in extents), default=-DAY) if until is None else until
    return first // DAY * DAY, (last // DAY + 1) * DAY


def _day(name: str, value: str | None) -> int | None:
    """The beginning of a day in ns."""
    try:
        return None if value is None else int(datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 10**9
    except ValueError as error:
        raise InputError(f"{name} is {value!r}; expected a day such as 2026-03-02") from error


__getattr__ = _prefect.exported(lake)
main = _launch.command(lake)

if __name__ == "__main__":
    main()
