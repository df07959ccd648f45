"""What ONVIF cameras answer, read: profiles of media, addresses of streams, who a device is, who answered a probe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from components.contracts import InputError
from components.fleet.declared import Codec, Declared

CODECS: dict[str, Codec] = {"H264": "h264", "H265": "h265", "JPEG": "mjpeg"}  # as ver10 and ver20 spell them
KILOBIT = 1000  # bits; of ONVIF's BitrateLimit


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream of a camera."""

    token: str
    name: str
    declared: Declared

    @property
    def pixels(self) -> int:
        return (self.declared.width or 0) * (self.declared.height or 0)


@dataclass(frozen=True, slots=True)
class Device:
    """Who a camera says it is."""

    manufacturer: str
    model: str
    serial: str


@dataclass(frozen=True, slots=True)
class Match:
    """Who answered a probe."""

    addresses: tuple[str, ...]  # of its device service
    name: str
    location: str
    answers: str  # the probe's id; empty: it does not say


def parsed(text: bytes | str, *, who: str) -> Element:
    """One answer. Raises InputError for what is no XML, or XML that would have us read something else."""
    try:
        found: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InputError(f"{who}: its answer cannot be read as XML: {type(error).__name__}") from error
    return found


def read(path: Path) -> tuple[list[Profile], list[str]]:
    """Profiles, and addresses of streams where they are there too, of a file with answers of one camera.

    Raises InputError where there is no profile with a picture in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"imports.profiles={path}: {getattr(error, 'strerror', 'it is no text')}; expected a file of XML"
        ) from error
    roots = [parsed(part.strip(), who=f"imports.profiles={path}") for part in re.split(r"<\?xml[^>]*\?>", text) if part.strip()]
    profiles = [one for root in roots for one in profiles_of(root)]
    if not profiles:
        raise InputError(f"imports.profiles={path}: there is no profile with a picture in it; expected an answer to GetProfiles")
    return profiles, [one for root in roots if (one := stream_of(root))]


def profiles_of(root: Element) -> list[Profile]:
    """Of an answer to GetProfiles, of either media service; those with a picture, as the camera orders them."""
    found = []
    for profile in _all(root, "Profiles"):
        encoder = next(iter([*_all(profile, "VideoEncoderConfiguration"), *_all(profile, "VideoEncoder")]), None)
        if encoder is not None:
            found.append(Profile(profile.get("token", ""), _text(profile, "Name"), _declared(encoder)))
    return found


def _declared(encoder: Element) -> Declared:
    width, height = _number(encoder, "Width"), _number(encoder, "Height")
    bitrate, fps = _number(encoder, "BitrateLimit"), _number(encoder, "FrameRateLimit")
    pixels = bool(width and height and 16 <= width <= 16384 and 16 <= height <= 16384)
    return Declared(
        width=round(width) if pixels and width else None, height=round(height) if pixels and height else None,
        fps=fps if fps and fps <= 1000 else None, codec=CODECS.get(_text(encoder, "Encoding").upper()),
        megabits=bitrate * KILOBIT / 1e6 if bitrate else None,
    )  # fmt: skip


def chosen(profiles: list[Profile], stream: Literal["main", "second"]) -> Profile:
    """`main` is the largest picture, `second` the largest of those that are smaller; of several alike the camera's first."""
    largest = max(profiles, key=lambda one: one.pixels)
    smaller = [one for one in profiles if one.pixels < largest.pixels]
    return max(smaller, key=lambda one: one.pixels) if stream == "second" and smaller else largest


def stream_of(root: Element) -> str:
    """The address in an answer to GetStreamUri; empty where there is none."""
    return _text(root, "Uri")


def device_of(root: Element) -> Device:
    return Device(*(_text(root, name) for name in ("Manufacturer", "Model", "SerialNumber")))


def services_of(root: Element) -> dict[str, str]:
    """Address of every service by its namespace."""
    return {_text(one, "Namespace"): _text(one, "XAddr") for one in _all(root, "Service")}


def media_of(root: Element) -> str:
    """The address of the media service in an answer to GetCapabilities."""
    return next((_text(one, "XAddr") for one in _all(root, "Media")), "")


def time_of(root: Element) -> datetime | None:
    """UTC in an answer to GetSystemDateAndTime, in whole seconds; None where it does not say it."""
    try:
        utc = next(_all(root, "UTCDateTime"))
        said = {one.tag.rpartition("}")[2]: int(one.text or "") for one in utc.iter() if not len(one)}
        date = (said["Year"], said["Month"], said["Day"], said["Hour"], said["Minute"], min(said["Second"], 59))
        return datetime(*date, tzinfo=UTC)
    except (StopIteration, ValueError, KeyError):
        return None


def set_by_hand(root: Element) -> bool:
    """Whether such an answer says that nobody but people sets that clock."""
    return _text(root, "DateTimeType") == "Manual"


def fault_of(root: Element) -> str:
    """Why a camera refuses, in its words; empty where it does not."""
    faults = list(_all(root, "Fault"))
    return (_text(faults[0], "Text") or _text(faults[0], "faultstring") or "it refuses, and does not say why") if faults else ""


def matches_of(root: Element) -> Iterator[Match]:
    """Who is in an answer to a probe."""
    answers = _text(root, "RelatesTo")
    for one in _all(root, "ProbeMatch"):
        scopes = _text(one, "Scopes").split()
        addresses = tuple(word for word in _text(one, "XAddrs").split() if word.startswith(("http://", "https://")))
        yield Match(addresses, _scope(scopes, "name"), _scope(scopes, "location"), answers)


def _scope(scopes: list[str], kind: str) -> str:
    places = [scope.partition(f"onvif.org/{kind}/")[2] for scope in scopes]
    return unquote(next((place for place in places if place), "")).replace("_", " ")


def _all(element: Any, name: str) -> Iterator[Element]:
    """Every element of that name below, whatever its namespace."""
    return (one for one in element.iter() if one.tag.rpartition("}")[2] == name)


def _text(element: Any, name: str) -> str:
    return next((" ".join((one.text or "").split()) for one in _all(element, name)), "")


def _number(element: Any, name: str) -> float | None:
    try:
        found = float(_text(element, name))
    except ValueError:
        return None
    return found if 0 < found < 1e9 else None
