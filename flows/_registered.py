"""A fleet beside what the registry knows of it: tables, and entering it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from components import secrets
from components.contracts import Camera, InputError, digest_of
from flows import _fleet, _moments, _tables, _wiring
from flows._fleet import Entry
from flows._summary import Summary

if TYPE_CHECKING:
    from components.database.fleet import Change

HEADS = ("camera", "group", "profile", "source", "location", "address", "picture", "floor", "version")
MANY = 10  # cameras that changed alike and still have a line each
SHORT = 60  # characters of a value in a table


@dataclass(slots=True)
class Built:
    """The cameras of a fleet, as its sources make them."""

    entries: dict[str, Entry]
    cameras: dict[str, Camera] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)  # camera -> why there is none


def shown(config: Mapping[str, Any], words: str) -> Summary:
    """The fleet, and what entering it would change."""
    from components.database.fleet import compare

    built, site = _told(config), config["fleet"]["site"]
    changes = compare(
        _wiring.make(config["database"]), site, list(built.cameras.values()), config["since"], kept=_kept(config, built)
    )
    _changes(changes)
    note = "" if changes else "the registry says the same"
    following = _next("fleet", words, "do=apply") if changes else _next("ingest", words)
    return _summed(config, built, changes, note=note, following=following, status="completed")


def entered(config: Mapping[str, Any], words: str) -> Summary:
    """All of the fleet in the registry, or nothing of it."""
    from components.database.fleet import apply, compare
    from components.database.registry import Registry

    built, site = _told(config), config["fleet"]["site"]
    if built.problems:
        return _summed(config, built, (), note="nothing was entered", following="", status="failed")
    cameras, kept = list(built.cameras.values()), _kept(config, built)
    database = _wiring.make(config["database"])
    changes = apply(database, site, cameras, config["since"], kept=kept)
    _, zones, staff = _fleet.floor(config["fleet"])
    registry = Registry(database)
    registry.set_floor(site, zones)
    registry.set_staff(staff)
    _changes(changes)
    left = {one.camera for one in compare(database, site, cameras, time.time_ns(), kept=kept)}
    note = f"the registry knows other versions of a later time, which stay: {', '.join(sorted(left))}" if left else ""
    status = "completed" if changes else "unchanged"
    return _summed(config, built, changes, note=note, following=_next("ingest", words), status=status)


def _next(flow: str, words: str, *more: str) -> str:
    kept = words if flow == "fleet" else " ".join(word for word in words.split() if not word.startswith("since="))
    return " ".join(filter(None, (f"python -m flows.{flow}", kept, *more)))


def built(fleet: Mapping[str, Any]) -> Built:
    """Every camera, or why there is none of it."""
    found = Built(_fleet.entries(fleet))
    for name, entry in found.entries.items():
        try:
            found.cameras[name] = _wiring.make(entry.source).camera
        except InputError as error:
            found.problems[name] = str(error)
    return found


def _told(config: Mapping[str, Any]) -> Built:
    """The fleet, with a table of it."""
    fleet, found = config["fleet"], built(config["fleet"])
    usual = _fleet.entries({**fleet, "profile": None}) if fleet.get("profile") else found.entries
    rows = [_row(name, entry, usual.get(name), found.cameras.get(name), fleet) for name, entry in found.entries.items()]
    _tables.show(f"fleet of {fleet['site']}, {len(rows)} cameras", HEADS, sorted(rows, key=lambda row: (row[1], row[0])))
    return found


def _row(name: str, entry: Entry, usual: Entry | None, camera: Camera | None, fleet: Mapping[str, Any]) -> list[str]:
    source, profile = entry.source, fleet.get("profile") if entry != usual else None
    return [
        name, entry.group or "-", profile or "-", source[_wiring.TARGET].rpartition(".")[2],
        camera.location or "-" if camera else "-", address(source), picture(entry), _floor(camera),
        camera.version[:12] if camera else "cannot be made",
    ]  # fmt: skip


def address(source: Mapping[str, Any]) -> str:
    """Where the pictures come from, without secrets."""
    return secrets.masked(str(source.get("url") or source.get("uri") or source.get("device") or "-"))


def picture(entry: Entry) -> str:
    """Size and rate, as far as anybody says them: `1920x1080 at 25`."""
    said = {**entry.source, **{key: value for key, value in entry.declared.items() if value is not None}}
    width, height, fps = (said.get(key) for key in ("width", "height", "fps"))
    parts = [f"{width}x{height}" if width and height else "", f"at {float(fps):g}" if fps else "", said.get("codec") or ""]
    return " ".join(filter(None, parts)) or "-"


def _floor(camera: Camera | None) -> str:
    from components.sources.calibration import NOWHERE

    if camera is None or camera.homography == NOWHERE:
        return "no"
    return "calibration" if camera.calibration else "homography"


def _kept(config: Mapping[str, Any], found: Built) -> set[str]:
    """Cameras that are not gone, although there is nothing to compare with."""
    return _fleet.off(config["fleet"]) | set(found.problems)


def _changes(changes: Sequence[Change]) -> None:
    """A line each; what changed alike in many cameras is one line, as summary.json has them all."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in changes:
        alike.setdefault((one.kind, one.key, _short(one.before), _short(one.after)), []).append(one.camera)
    rows = [[name, *what] for what, names in alike.items() for name in (names if len(names) <= MANY else [_together(names)])]
    if rows:
        _tables.show("against the registry", ("camera", "", "key", "before", "after"), sorted(rows))


def _together(names: Sequence[str]) -> str:
    return f"{names[0]} ... {names[-1]} ({len(names)} cameras)"


def _short(value: Any) -> str:
    """A value as one word of a table; what is longer by its digest, as summary.json has it whole."""
    text = "" if value is None else _numbers(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 16]}... ({digest_of(value)[:8]})"


def _numbers(value: Any) -> str:
    """Numbers in four digits, a matrix row by row."""
    match value:
        case float():
            return f"{value:.4g}"
        case tuple() | list():
            return f"[{' '.join(map(_numbers, value))}]"
    return str(value)


def _summed(
    config: Mapping[str, Any], found: Built, changes: Iterable[Change], *, note: str, following: str, status: Any
) -> Summary:
    changes = list(changes)
    kinds = Counter(kind for _, kind in {(one.camera, one.kind) for one in changes})
    figures: dict[str, Any] = {"cameras": len(found.entries), **{kind: kinds[kind] for kind in ("new", "changed", "gone")}}
    figures |= {"off": len(_fleet.off(config["fleet"])), "since": _moments.shown(config["since"])}
    status = "failed" if found.problems else status
    details = {"changes": [asdict(one) for one in changes], "versions": {id_: one.version for id_, one in found.cameras.items()}}
    return Summary(status, figures, failures=found.problems, note=note, next=following, details=details)
