"""What flows.audit answers, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from components.audit import predictions
from components.audit.predictions import Prediction
from components.audit.trail import Link
from components.contracts import InputError
from flows import _forward, _tables, _trail, _verified, _wiring
from flows._summary import Summary

MARKS = {"verified": "[green]verified[/]", "broken": "[red]broken  [/]", "unknown": "[yellow]unknown [/]"}


def prediction(config: Mapping[str, Any]) -> Summary:
    """Back from a sighting to the commit behind it."""
    wanted = predictions.parsed(config["prediction"])
    walk = _trail.back(config, wanted)
    show(walk.trail.links)
    picture = {"picture": str(walk.picture)} if walk.picture else {}
    following = f"python -m flows.audit frame={wanted.camera}-{wanted.time}"
    return _summed(walk.trail.links, {"prediction": str(wanted), **picture}, following)


def frame(config: Mapping[str, Any]) -> Summary:
    """Forward from a picture to everything that it went into."""
    camera, time = _frame_name(config["frame"])
    links = _forward.ahead(config, camera, time)
    show(links)
    seen = next((link.thing for link in links if link.name == "sighting"), "")
    following = f"python -m flows.audit prediction={seen}" if seen else "python -m flows.datasets"
    return _summed(links, {"frame": config["frame"]}, following)


def verify(config: Mapping[str, Any]) -> Summary:
    """Every digest that was ever written down, against what is there now."""
    counts, links = _verified.every(config)
    heads = ("kind", "verified", "unknown", "broken")
    _tables.show("links", heads, ((kind, *(count[state] for state in heads[1:])) for kind, count in counts.items()))
    first = next((link for link in links if link.state == "broken"), None)
    show(links)
    totals = {state: sum(count[state] for count in counts.values()) for state in ("verified", "unknown", "broken")}
    failures = {f"{first.name} {first.thing[:12]}": first.says} if first else {}
    more = totals["broken"] - 1
    note = f"and {more:,} more are broken" if more > 0 else "" if first else "no link is broken"
    details = {"counts": counts, "links": [link.plain() for link in links]}
    return Summary("failed" if first else "completed", totals, failures=failures, note=note, details=details)


def moment(config: Mapping[str, Any]) -> Summary:
    """The predictions of one camera at a moment, with the names by which they can be followed."""
    storage, camera, time = _wiring.make(config["storage"]), config["camera"], config["at"]
    run = config["run"] or _newest(config, storage, camera, time)
    rows = predictions.seen_at(storage, run, camera, time, within=10**9)
    if not rows:
        raise InputError(f"at={_tables.moment(time)}: run {run} saw nobody on camera {camera} within a second of that moment")
    heads = ("prediction", "person", "confidence", "role", "zone", "x (m)", "y (m)")
    _tables.show(f"{camera} at {_tables.moment(rows[0]['time'])} UTC", heads, (_line(run, row) for row in rows))
    named = Prediction(run, camera, rows[0]["track"], rows[0]["time"])
    figures = {"run": run, "frame": f"{camera}-{rows[0]['time']}", "predictions": len(rows)}
    return Summary("completed", figures, next=f"python -m flows.audit prediction={named}", details={"predictions": rows})


def show(links: Sequence[Link]) -> None:
    """One line each: how it stands, what it is, and what was compared."""
    console = Console(highlight=False)
    width = max((len(link.name) for link in links), default=0)
    for link in links:
        console.print(f"{MARKS[link.state]}  {link.name:{width}}  ", end="", soft_wrap=True)
        thing = link.thing if "/" in link.thing or len(link.thing) < 40 else link.thing[:12]
        console.print(f"{thing}: {link.says}" if thing else link.says, markup=False, soft_wrap=True)


def _summed(links: Sequence[Link], figures: Mapping[str, Any], following: str) -> Summary:
    broken = {f"{link.name} {link.thing[:12]}".strip(): link.says for link in links if link.state == "broken"}
    counts = {state: sum(link.state == state for link in links) for state in ("verified", "unknown", "broken")}
    details = {"links": [link.plain() for link in links]}
    return Summary("failed" if broken else "completed", {**figures, **counts}, failures=broken, next=following, details=details)


def _newest(config: Mapping[str, Any], storage: Any, camera: str, time: int) -> str:
    """The newest run that looked at `camera` then. Raises InputError where none has."""
    from components.database.runs import Runs

    there = set(predictions.runs_with(storage, camera, time))
    for key in Runs(_wiring.make(config["database"])).keys("track"):
        if key in there and predictions.seen_at(storage, key, camera, time, within=10**9):
            return key
    raise InputError(f"at={_tables.moment(time)}: no finished track run has seen anybody on camera {camera} at that moment")


def _frame_name(word: str) -> tuple[str, int]:
    camera, dash, time = word.rpartition("-")
    if not dash or not camera or not time.isdigit():
        raise InputError(f"frame={word}: expected CAMERA-TIME, such as bay_a-1793232000000000000, as datasets name their frames")
    return camera, int(time)


def _line(run: str, row: Mapping[str, Any]) -> list[Any]:
    name = str(Prediction(run, row["camera"], row["track"], row["time"]))
    return [name, row["person"], f"{row['confidence']:.2f}", row["role"], row["zone"], f"{row['x']:.2f}", f"{row['y']:.2f}"]
