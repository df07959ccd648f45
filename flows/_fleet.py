"""A fleet of cameras: what all have in common, and what each says of itself."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.contracts import InputError, Line, Person, Zone, digest_of
from components.fleet.declared import Declared
from flows._wiring import TARGET, Call, make

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # stands in paths of the store, and before the first dot of a sample's name


@dataclass(frozen=True, slots=True)
class Profile:
    """Values on top of those of the fleet."""

    hours: str = ""  # when it holds, where fleet.profile is by_hours, such as 19:00-07:00 or sat,sun 00:00-24:00
    every_camera: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    cameras: dict[str, dict[str, Any] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The shape of conf/fleet; each camera's own part is checked against its source."""

    site: str
    zones: tuple[Zone, ...]
    staff: tuple[Person, ...]
    every_camera: dict[str, Any]
    cameras: dict[str, dict[str, Any] | None]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)  # what the cameras have in common that say `group: NAME`
    profiles: dict[str, Profile] = field(default_factory=dict)  # what is otherwise at times, such as at night
    profile: str | None = None  # the one that holds; None: none of them; by_hours: the one whose hours it is when a run begins
    lines: tuple[Line, ...] = ()
    timezone: str = "UTC"  # of the site's clocks, IANA


@dataclass(frozen=True, slots=True)
class Entry:
    """One camera of a fleet: its source, and what the fleet says of it besides."""

    source: dict[str, Any]  # spec
    group: str | None
    declared: dict[str, Any]  # fields of Declared


def cameras(fleet: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One source spec per camera."""
    return {id_: entry.source for id_, entry in entries(fleet).items()}


def entries(fleet: Mapping[str, Any]) -> dict[str, Entry]:
    """What all cameras have, what its group has, what each says itself, then its id. Null switches a camera off.

    Each of the three has the chosen profile's values on top.
    """
    profile, own = _profile(fleet), _mapping(fleet, "cameras")
    extra = profile.get("cameras") or {}
    if strangers := [id_ for id_ in extra if id_ not in own]:
        raise InputError(f"fleet.profiles.{fleet['profile']}.cameras.{strangers[0]}: the fleet has no such camera")
    off = {id_ for id_, values in {**own, **extra}.items() if values is None}
    there = {id_: _mapping(own, id_, "fleet.cameras") for id_ in own if id_ not in off}
    if not there:
        raise InputError(
            "fleet.cameras is empty; expected at least one camera, such as fleet.cameras.cam1.uri=film.mp4 with fleet=video"
        )
    for id_ in there:
        if not isinstance(id_, str):
            kind = type(id_).__name__
            raise InputError(f"fleet.cameras.{id_}: a camera's id is a text, and YAML reads this as {kind}; put quotes around it")
        if not ID.fullmatch(id_):
            raise InputError(f"fleet.cameras.{id_}: not a camera's id; expected letters, digits, _ and -, at most 64")
    common = _merged(_mapping(fleet, "every_camera"), profile.get("every_camera") or {})
    return {id_: _entry(fleet, profile, id_, common) for id_ in there}


def off(fleet: Mapping[str, Any]) -> set[str]:
    """Cameras that hang there and are switched off."""
    everybody = {**_mapping(fleet, "cameras"), **(_profile(fleet).get("cameras") or {})}
    return {str(id_) for id_, values in everybody.items() if values is None}


def _entry(fleet: Mapping[str, Any], profile: Mapping[str, Any], id_: str, common: Mapping[str, Any]) -> Entry:
    """Of one camera."""
    own = _merged(fleet["cameras"][id_], (profile.get("cameras") or {}).get(id_) or {})
    group = own.pop("group", None)
    if group is not None:
        groups = fleet.get("groups") or {}
        if group not in groups:
            close = difflib.get_close_matches(str(group), groups, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the fleet has {', '.join(groups) or 'no groups'}"
            raise InputError(f"fleet.cameras.{id_}.group is {group!r}: there is no such group; {hint}")
        shared = _merged(_mapping(groups, group, "fleet.groups"), (profile.get("groups") or {}).get(group) or {})
        common = _merged(common, shared)
    source = {**_merged(common, own), "camera": id_}
    return Entry(source, group, source.pop("declared", None) or {})


def _profile(fleet: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of the profile that was chosen; none where none was."""
    name, profiles = fleet.get("profile"), fleet.get("profiles") or {}
    if name is None:
        return {}
    if name not in profiles:
        close = difflib.get_close_matches(str(name), profiles, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"the fleet has {', '.join(profiles) or 'none'}"
        raise InputError(f"fleet.profile is {name!r}: there is no such profile; {hint}")
    return _mapping(profiles, name, "fleet.profiles")


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
    for id_, entry in entries(fleet).items():
        if entry.declared:
            yield Call(_declared, {"declared": entry.declared}, {"declared": f"fleet.cameras.{id_}.declared"})


def _whole(fleet: Fleet) -> None:
    """What a root config has to have under `fleet`."""


def _declared(declared: Declared) -> None:
    """What a camera is said to send."""


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
