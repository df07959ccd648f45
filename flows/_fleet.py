"""A fleet of cameras: what all have in common, and what each says of itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from components.contracts import InputError, Person, Zone, digest_of
from flows._wiring import Call, make


def schema(
    site: str,
    zones: tuple[Zone, ...],
    staff: tuple[Person, ...],
    every_camera: dict[str, Any],
    cameras: dict[str, dict[str, Any]],
) -> None:
    """The shape of conf/fleet; each camera's own part is checked against its source."""


def cameras(fleet: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One source spec per camera: `every_camera`, then the camera's own values, then its id. Null switches a camera off."""
    own = {id_: values for id_, values in fleet.get("cameras", {}).items() if values is not None}
    if not own:
        raise InputError(
            "fleet.cameras is empty; expected at least one camera, such as fleet.cameras.cam1.uri=film.mp4 with fleet=video"
        )
    return {id_: {**_merged(fleet.get("every_camera", {}), values), "camera": id_} for id_, values in own.items()}


def only(fleet: Mapping[str, Any], wanted: list[str] | None) -> dict[str, dict[str, Any]]:
    """The cameras that were asked for by name, or all of them."""
    there = cameras(fleet)
    for name in wanted or ():
        if name not in there:
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the fleet has {', '.join(there)}"
            raise InputError(f"only={name}: there is no such camera; {hint}")
    return {name: there[name] for name in wanted or there}


def calls(fleet: Mapping[str, Any]) -> Iterator[Call]:
    """What the checker has to look at so that the fleet itself is right."""
    yield Call(schema, fleet, {name: f"fleet.{name}" for name in ("site", "zones", "staff", "every_camera", "cameras")})


def floor(fleet: Mapping[str, Any]) -> tuple[str, tuple[Zone, ...], tuple[Person, ...]]:
    """Site, zones and staff, as objects."""
    return fleet["site"], make(fleet["zones"], tuple[Zone, ...]), make(fleet["staff"], tuple[Person, ...])


def digest(spec: Mapping[str, Any]) -> str:
    """The identity of one camera's config."""
    return digest_of(dict(spec))


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` on top of `base`, key by key; a component that names its own target replaces the one it inherits."""
    merged = dict(base)
    for key, value in own.items():
        inherited = merged.get(key)
        together = (
            isinstance(value, dict) and isinstance(inherited, dict) and value.get("_target_") in (None, inherited.get("_target_"))
        )
        merged[key] = _merged(inherited, value) if together else value
    return merged
