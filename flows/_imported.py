"""A fleet out of cameras that say who they are, out of their profiles in files, or out of a config of Frigate."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import secrets
from components.contracts import InputError
from components.fleet.imports import Imports
from flows import _launch, _tables, _wiring
from flows._summary import Summary

if TYPE_CHECKING:
    from components.fleet.found import Found

AT_ONCE = 16  # cameras that are asked at the same time
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
SUFFIXES = (".yaml", ".yml")
NOBODY = (
    "nobody answered; switch ONVIF on in the cameras, set imports.interface to this machine's address on their network, wait "
    "longer with imports.discover, or name them with imports.hosts=[10.0.0.11]"
)

Cameras = tuple[list["Found"], dict[str, str], str]  # what was found, why some were not, where from


def imported(config: Mapping[str, Any]) -> Summary:
    """Write the fleet of what is found, with names of the environment in place of secrets."""
    from components.fleet import written
    from components.fleet.found import discreet

    imports: Imports = _wiring.make(config["imports"], Imports)
    path, name = _place(imports)
    if path.exists() and not imports.replace:  # nobody waits for cameras to hear that
        raise InputError(f"{path} is there already; choose another name for imports.to, or add imports.replace=true")
    cameras, problems, origin = _found(imports)
    if not cameras:
        why = "; ".join(problem if problem.startswith(camera) else f"{camera}: {problem}" for camera, problem in problems.items())
        raise InputError(f"no camera was found in {origin}: {secrets.masked(why) or NOBODY}")
    told = discreet(cameras)
    written.write(path, written.fleet(name, told.cameras, origin=origin), replace=imports.replace)
    _tables.show(str(path), ("camera", "location", "address", "picture"), (_row(one) for one in told.cameras))
    unset = [one for one in told.variables if not os.environ.get(one)]
    notes = [f"set in the environment before you use it: {', '.join(unset)}"] if unset else []
    if lacking := [one.id for one in told.cameras if not one.url]:
        notes.append(f"nobody says the address of {', '.join(lacking)}: put it in place of ???")
    note = "; ".join([*notes, "zones, lines and homographies are for you to add (docs/fleet.md)"])
    return Summary(
        "failed" if problems else "completed", {"cameras": len(told.cameras), "left_out": len(problems)},
        failures={camera: secrets.masked(problem) for camera, problem in problems.items()}, note=note,
        next=f"python -m flows.fleet fleet={name}" if path.parent.parent == Path(_launch.CONF) else f"cp {path} conf/fleet/",
        details={"file": str(path), "variables": list(told.variables)},
    )  # fmt: skip


def _place(imports: Imports) -> tuple[Path, str]:
    """The file to write, and the name of the fleet."""
    if not imports.to:
        raise InputError("do=import needs imports.to, the name of the new fleet, such as imports.to=ward_7")
    path = Path(imports.to).expanduser()
    given = path.stem if path.suffix in SUFFIXES else imports.to
    path = path if path.suffix in SUFFIXES else Path(_launch.CONF) / "fleet" / f"{imports.to}.yaml"
    if not NAME.fullmatch(given):
        raise InputError(f"imports.to={imports.to}: expected a name of letters, digits, _ and -, such as ward_7, or a file.yaml")
    return path, path.stem


def _found(imports: Imports) -> Cameras:
    ways = {
        "imports.discover or imports.hosts": bool(imports.discover or imports.hosts),
        "imports.profiles": bool(imports.profiles), "imports.frigate": bool(imports.frigate),
    }  # fmt: skip
    if sum(ways.values()) != 1:
        raise InputError(
            f"do=import takes one of {', '.join(ways)}; {'none is' if not any(ways.values()) else 'several are'} given; such as "
            "imports.discover=5, imports.hosts=[10.0.0.11], imports.profiles=camera.xml or imports.frigate=config.yml"
        )
    if imports.frigate:
        from components.fleet import frigate

        return *frigate.read(Path(imports.frigate).expanduser(), stream=imports.stream), "a config of Frigate"
    return _in_files(imports) if imports.profiles else _on_the_network(imports)


def _in_files(imports: Imports) -> Cameras:
    from components.fleet.found import Found, harmless, named
    from components.fleet.profiles import chosen, read

    place = Path(imports.profiles or "").expanduser()
    files = sorted(place.glob("*.xml")) if place.is_dir() else [place]
    found: list[Found] = []
    problems: dict[str, str] = {}
    for file in files:
        try:
            profiles, urls = read(file)
        except InputError as error:
            problems[file.name] = str(error)
            continue
        profile, id_ = chosen(profiles, imports.stream), named(file.stem, [one.id for one in found])
        url = urls[min(profiles.index(profile), len(urls) - 1)] if urls else ""
        found.append(Found(id_, url, harmless(file.stem), profile.declared, harmless(f"profile {profile.name or profile.token}")))
    return _with_logins(found, imports), problems, f"{place.name}"


def _on_the_network(imports: Imports) -> Cameras:
    from components.fleet.discovery import discover
    from components.fleet.onvif import Device

    asked = [(host, "", "") for host in imports.hosts]
    if imports.discover:
        matches = discover(imports.discover, interface=imports.interface)
        asked += [(one.addresses[0], one.name, one.location) for one in matches]
    user, password = (os.environ.get(name, "") for name in (imports.user_variable, imports.password_variable))

    def ask(one: tuple[str, str, str]) -> Found | str:
        address, name, location = one
        try:
            return Device(address, user=user, password=password).found([], stream=imports.stream, name=name, location=location)
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(zip(asked, pool.map(ask, asked), strict=True))
    problems = {one[0]: answer for one, answer in answers if isinstance(answer, str)}
    found = _apart([answer for _, answer in answers if not isinstance(answer, str)])
    return _with_logins(found, imports) if user else found, problems, f"{len(asked)} ONVIF devices"


def _apart(cameras: Sequence[Found]) -> list[Found]:
    """Each with an id of its own; several of one make are often called the same."""
    from components.fleet.found import named

    found: list[Found] = []
    for one in cameras:
        found.append(replace(one, id=named(one.id, [other.id for other in found])))
    return found


def _with_logins(cameras: Sequence[Found], imports: Imports) -> list[Found]:
    from components.fleet.found import with_login

    return [with_login(one, imports.user_variable, imports.password_variable) for one in cameras]


def _row(one: Found) -> list[str]:
    said = one.declared
    size = f"{said.width}x{said.height}" if said.width else "-"
    return [
        one.id,
        one.location or "-",
        secrets.masked(one.url) or "nobody says",
        f"{size}{f' at {said.fps:g}' if said.fps else ''}",
    ]
