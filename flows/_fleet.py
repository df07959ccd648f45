"""A fleet of cameras: what all have in common, and what each says of itself."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.contracts import InputError, Line, Person, Zone, digest_of
from flows._wiring import TARGET, Call, make

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # stands in paths of the store, and before the first dot of a sample's name


@dataclass(frozen=True, slots=True)
class Fleet:
    """The shape of conf/fleet; each camera's own part is checked against its source."""

    site: str
    zones: tuple[Zone, ...]
    staff: tuple[Person, ...]
    every_camera: dict[str, Any]
    cameras: dict[str, dict[str, Any] | None]
    lines: tuple[Line, ...] = ()
    timezone: str = "UTC"  # of the site's clocks, IANA


def cameras(fleet: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One source spec per camera: `every_camera`, then the camera's own values, then its id. Null switches a camera off."""
    common, own = _mapping(fleet, "every_camera"), _mapping(fleet, "cameras")
    there = {id_: _mapping(own, id_, "fleet.cameras") for id_, values in own.items() if values is not None}
    if not there:
        raise InputError(
            "fleet.cameras is empty; expected at least one camera, such as fleet.cameras.cam1.uri=film.mp4 with fleet=video"
        )
    for id_ in there:
        if not ID.fullmatch(str(id_)):
            raise InputError(f"fleet.cameras.{id_}: not a camera's id; expected letters, digits, _ and -, at most 64")
    return {str(id_): {**_merged(common, values), "camera": str(id_)} for id_, values in there.items()}


def _mapping(parent: Mapping[str, Any], key: str, at: str = "fleet") -> dict[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{at}.{key} is {value!r}; expected keys with values, as in conf/fleet/simulated_ward.yaml")
    return value


def only(fleet: Mapping[str, Any], wanted: list[str] | None) -> dict[str, dict[str, Any]]:
    """The cameras that were asked for by name, or all of them."""
    there = cameras(fleet)
    if not isinstance(wanted, list | None):
        raise InputError(f"only={wanted}: expected a list of cameras, such as only=[{wanted}]")
    for name in wanted or ():
        if name not in there:
            close = difflib.get_close_matches(str(name), there, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the fleet has {', '.join(there)}"
            raise InputError(f"only={name}: there is no such camera; {hint}")
    return {name: there[name] for name in wanted or there}


def calls(fleet: Mapping[str, Any]) -> Iterator[Call]:
    """What the checker has to look at so that the fleet itself is right."""
    yield Call(_whole, {"fleet": fleet})


def _whole(fleet: Fleet) -> None:
    """What a root config has to have under `fleet`."""


def floor(fleet: Mapping[str, Any]) -> tuple[str, tuple[Zone, ...], tuple[Person, ...]]:
    """Site, zones and staff, as objects."""
    return fleet["site"], make(fleet["zones"], tuple[Zone, ...]), make(fleet["staff"], tuple[Person, ...])


def imported(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The staff of now, as `flows.roster` has entered it, where the fleet names none; else, or where there is none, nothing."""
    from components.database.staff import Staff

    if config["fleet"]["staff"]:
        return []
    staff = Staff(make(config["database"]))
    staff.refresh()
    return [
        {"id": p.id, "role": p.role, "department": p.department, "shift": p.shift, "badge": p.badge}
        for p in staff.at(time.time_ns())
    ]


def digest(spec: Mapping[str, Any]) -> str:
    """The identity of one camera's config."""
    return digest_of(dict(spec))


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` on top of `base`, key by key; a component that names its own target replaces the one it inherits."""
    merged = dict(base)
    for key, value in own.items():
        inherited = merged.get(key)
        if isinstance(value, dict) and isinstance(inherited, dict) and value.get(TARGET) in (None, inherited.get(TARGET)):
            merged[key] = _merged(inherited, value)
        else:
            merged[key] = value
    return merged
