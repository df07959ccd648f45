"""Cameras of a fleet are asked what time it is: `python -m flows.clocks do=ask`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from annotated_types import Interval

from components import secrets
from components.contracts import InputError
from flows import _fleet, _wiring
from flows._summary import Summary

if TYPE_CHECKING:
    from components.database.clocks import Reading
    from components.fleet.device_time import DeviceTime

AT_ONCE = 32  # cameras that are asked at the same time


@dataclass(frozen=True, slots=True)
class Ask:
    """For how long, and where else than at the host of a camera's url."""

    seconds: Annotated[float, Interval(gt=0, le=120)] = 12.0
    hosts: dict[str, str] = field(default_factory=dict)


def asked(config: Mapping[str, Any], run: str) -> Summary:
    """Ask every camera with an address at the same time; what they say goes to the database."""
    from components.database.clocks import known, report

    ask: Ask = _wiring.make(config["ask"], Ask)
    places, without = _places(config, ask)
    database = _wiring.make(config["database"])
    before = {one.camera: one for one in known(database) if one.way == "device"}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = dict(zip(places, pool.map(lambda place: _said(place, ask.seconds), places.values()), strict=True))
    times = {camera: found for camera, found in said.items() if not isinstance(found, str)}
    problems = {camera: found for camera, found in said.items() if isinstance(found, str)}
    report(database, run, [_reading(camera, one, before.get(camera), config["trusted"]) for camera, one in times.items()])
    figures = {"cameras": len(times), "do_not_say": len(problems), "have_no_address": len(without)}
    note = f"nobody can be asked: {', '.join(without)} have no address on the network" if without and not places else ""
    return Summary(
        "failed" if problems else "completed", figures, failures=problems, note=note, next="python -m flows.clocks",
        details={"asked": {camera: {"by": one.by, "times": one.asked, "by_hand": one.manual} for camera, one in times.items()}},
    )  # fmt: skip


def _places(config: Mapping[str, Any], ask: Ask) -> tuple[dict[str, str], list[str]]:
    """Where to ask, by camera, and cameras that have no such place."""
    cameras = _fleet.only(config["fleet"], config["only"])
    if strangers := sorted(set(ask.hosts) - set(cameras)):
        raise InputError(f"ask.hosts.{strangers[0]}: there is no such camera; expected some of {', '.join(cameras)}")
    found = {camera: ask.hosts.get(camera) or _place(str(spec.get("url", ""))) for camera, spec in cameras.items()}
    return {camera: place for camera, place in found.items() if place}, [camera for camera, place in found.items() if not place]


def _place(url: str) -> str:
    """The host of a camera's address, with the port where that is of a web server; never the login in it."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:  # such as a port that is none
        return ""
    if not name:
        return ""
    web = parts.scheme in ("http", "https")
    return f"{parts.scheme if web else 'http'}://" + (f"[{name}]" if ":" in name else name) + (f":{port}" if web and port else "")


def _said(place: str, seconds: float) -> DeviceTime | str:
    """What a camera says, or why it does not."""
    from components.fleet.device_time import device_time

    try:
        return device_time(place, seconds=seconds)
    except InputError as error:
        return secrets.masked(str(error))


def _reading(camera: str, one: DeviceTime, before: Reading | None, trusted: float) -> Reading:
    from components.clocks.ways import Told, drift, judged
    from components.database.clocks import Reading

    told = Told("device", one.known.offset, one.known.uncertainty, one.measured)
    gained = drift(before.told if before else None, told)
    state, says = judged(camera, told, trusted=trusted)
    since = before.since if before and gained is not None and before.since else one.measured
    who = " (people set it by hand; let NTP set it)" if one.manual else ""
    first = Reading(camera, state, says + who, told.offset, gained, told.uncertainty, since, time.time_ns(), "device")
    return replace(first, measured=one.measured)
