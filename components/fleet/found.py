"""A camera as somebody else describes it, and its address without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from components import secrets
from components.fleet.declared import Declared

LOGIN = re.compile(
    r"^(?P<scheme>[a-z]+://)(?P<user>(?:\$\{[^}]*\}|[^:@/])*)(?::(?P<password>(?:\$\{[^}]*\}|[^/])*|(?!\d+/).*))?@"
)
ODD = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Found:
    """One camera."""

    id: str
    url: str  # empty: nobody says
    location: str = ""
    declared: Declared = field(default_factory=Declared)
    remark: str = ""  # for whoever reads the file


@dataclass(frozen=True, slots=True)
class Discreet:
    """Cameras whose addresses name the environment where a secret was, and the names that they use."""

    cameras: tuple[Found, ...]
    variables: tuple[str, ...]


def named(text: str, taken: Sequence[str]) -> str:
    """A camera's id out of whatever it is called, that none of `taken` has."""
    id_ = ODD.sub("-", text).strip("-_")[:56] or "camera"
    return next(name for name in (id_, *(f"{id_}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def harmless(text: str) -> str:
    """A stranger's text as it may stand in a config: nothing in it refers to anything."""
    return " ".join(text.replace("$", "").replace("\\", "").replace("???", "").split())[:100]


def with_login(one: Found, user: str, password: str) -> Found:
    """Its address with the login of these variables, where it has none: most cameras leave it out of what they answer."""
    scheme, _, rest = one.url.partition("://")
    if not rest or "@" in rest.partition("/")[0]:
        return one
    return replace(one, url=f"{scheme}://${{secret:{user}}}:${{secret:{password}}}@{rest}")


def discreet(cameras: Sequence[Found]) -> Discreet:
    """No secret stands in an address any more. Cameras with one login in common have one pair of names in common."""
    logins = {found["user"] + ":" + (found["password"] or "") for one in cameras if (found := LOGIN.match(one.url))}
    told = [
        _discreet(one, "CAMERA" if len(logins) < 2 else f"CAMERA_{ODD.sub('_', one.id).replace('-', '_').upper()}")
        for one in cameras
    ]
    names = {name for one in told for name in re.findall(r"\$\{(?:secret|oc\.env):([A-Za-z0-9_]+)\}", one.url)}
    return Discreet(tuple(told), tuple(sorted(names)))


def _discreet(one: Found, prefix: str) -> Found:
    url, found = one.url, LOGIN.match(one.url)
    if found:
        user = _outside(found["user"], f"{prefix}_USER")
        password = "" if found["password"] is None else f":{_outside(found['password'], f'{prefix}_PASSWORD')}"
        url = f"{found['scheme']}{user}{password}@{url[found.end() :]}"
    return replace(one, url=secrets.QUERY.sub(rf"\1${{secret:{prefix}_PASSWORD}}", url))


def _outside(value: str, name: str) -> str:
    """What stands in the environment already, else a reference to `name`."""
    return value if re.fullmatch(r"(\$\{[^}]*\})+", value) or not value else f"${{secret:{name}}}"
