"""See the version of the database's tables, and bring them to ours: `python -m flows.database`, `do=upgrade`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from components.contracts import digest_of
from flows import _launch, _prefect, _record, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("database", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(do: Literal["show", "upgrade", "adopt", "sql"], file: str, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def database(overrides: Sequence[str] = ()) -> Summary:
    """Whatever version the tables have; what was changed is noted in them as a run, like any other."""
    config = plan(overrides)
    spec = {name: value for name, value in config["database"].items() if name != _wiring.TARGET}
    opened = _wiring.target(config["database"][_wiring.TARGET]).unchecked(**spec)  # type: ignore[attr-defined]
    try:
        return {"show": _show, "upgrade": _upgrade, "adopt": _adopt, "sql": _sql}[config["do"]](opened, config, overrides)
    finally:
        opened.close()


def _show(opened: Any, _: dict[str, Any], overrides: Sequence[str]) -> Summary:
    from components.database import versions

    state, newest = versions.state(opened.engine), versions.known()[-1]
    words = " ".join(word for word in overrides if not word.startswith("do="))
    note = {"new": "no tables yet; the first command makes them", "current": "nothing to do"}.get(
        state.kind, versions.refusal(state.version, opened.shown)
    )
    needed = {
        "older": f"python -m flows.database do=upgrade {words}",
        "unversioned": f"python -m flows.database do=adopt {words}",
    }
    figures = {"database": opened.shown, "tables": len(state.tables), "version": state.version or "none", "newest": newest}
    return Summary("unchanged", figures, note=note, next=needed.get(state.kind, "").strip())


def _upgrade(opened: Any, config: dict[str, Any], overrides: Sequence[str]) -> Summary:
    from components.database import migrating

    with opened.explained():
        changed = migrating.upgrade(opened.engine)
    figures = {"database": opened.shown, "before": changed.before, "after": changed.after}
    note = f"what was there before is in {changed.backup}" if changed.backup else ""
    if changed.before == changed.after:
        return Summary("unchanged", figures, note="the tables are of this version already; the views were made anew")
    _noted(config, overrides, figures)
    return Summary("completed", figures, note=note)


def _adopt(opened: Any, config: dict[str, Any], overrides: Sequence[str]) -> Summary:
    from components.database import migrating

    with opened.explained():
        added = migrating.adopt(opened.engine)
    figures = {"database": opened.shown, "tables_added": len(added)}
    _noted(config, overrides, figures)
    return Summary("completed", figures, note=f"added {', '.join(added)}" if added else "")


def _sql(opened: Any, config: dict[str, Any], _: Sequence[str]) -> Summary:
    from components.database import migrating

    script = migrating.script(opened.engine.dialect.name)
    Path(config["file"]).parent.mkdir(parents=True, exist_ok=True)
    Path(config["file"]).write_text(script)
    return Summary("completed", {"file": config["file"], "lines": script.count("\n")}, note="run it in an empty database")


def _noted(config: dict[str, Any], overrides: Sequence[str], figures: dict[str, Any]) -> None:
    """That, and how, the tables were changed; in the tables themselves, now that they are ours."""
    from components.database.runs import Runs

    made = _wiring.make(config["database"])
    runs, run = Runs(made), uuid.uuid4().hex
    runs.begin(run, "database", _record.discreet(overrides), digest_of(config), published=False)
    runs.end(run, "completed", figures)
    made.close()


__getattr__ = _prefect.exported(database)
main = _launch.command(database)

if __name__ == "__main__":
    main()
