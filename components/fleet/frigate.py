"""Cameras out of a config of Frigate, the video recorder: https://docs.frigate.video/configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from components.contracts import InputError
from components.fleet.declared import Declared
from components.fleet.found import Found, harmless, named

ROLES = {"main": "record", "second": "detect"}
VARIABLE = re.compile(r"\{(FRIGATE_[A-Za-z0-9_]+)\}")
RESTREAM = 8554  # port on which Frigate's go2rtc sends on what it gets
HERE = ("127.0.0.1", "localhost", "::1")


def read(path: Path, *, stream: Literal["main", "second"] = "main") -> tuple[list[Found], dict[str, str]]:
    """Cameras, and why some have none. `main` is the stream that Frigate records, `second` the one that it looks at.

    What goes through Frigate's own go2rtc is followed to the camera; `{FRIGATE_NAME}` becomes `${oc.env:FRIGATE_NAME}`. Raises
    InputError where the file is no such config.
    """
    config = _loaded(path)
    found: list[Found] = []
    problems: dict[str, str] = {}
    for name, camera in config["cameras"].items():
        try:
            found.append(_camera(config, str(name), camera, stream, [one.id for one in found]))
        except InputError as error:
            problems[str(name)] = str(error)
    return found, problems


def _loaded(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"imports.frigate={path}: {' '.join(str(error).split())}; expected a config of Frigate (YAML)"
        ) from error
    if not isinstance(config, dict) or not isinstance(config.get("cameras"), dict) or not config["cameras"]:
        raise InputError(f"imports.frigate={path}: there are no cameras in it; expected a config of Frigate, with `cameras:`")
    return config


def _camera(config: Mapping[str, Any], name: str, camera: Any, stream: str, taken: list[str]) -> Found:
    if not isinstance(camera, dict):
        raise InputError("expected keys with values")
    if camera.get("enabled") is False:
        raise InputError("it is switched off in Frigate (enabled: false)")
    chosen = _input(camera, stream)
    roles = _list(chosen.get("roles")) or ["detect"]
    url = _followed(config, str(chosen.get("path") or ""))
    detect = {**_mapping(config.get("detect")), **_mapping(camera.get("detect"))}
    size = {key: detect[key] for key in ("width", "height") if isinstance(detect.get(key), int) and "detect" in roles}
    looks = f", which looked at {detect['fps']} frames a second of it" if isinstance(detect.get("fps"), int | float) else ""
    title = harmless(str(camera.get("friendly_name") or name.replace("_", " ")))
    return Found(named(name, taken), url, title, Declared(**size), f"{', '.join(map(str, roles))} in Frigate{looks}")


def _input(camera: Mapping[str, Any], stream: str) -> Mapping[str, Any]:
    inputs = [one for one in _list(_mapping(camera.get("ffmpeg")).get("inputs")) if isinstance(one, dict) and one.get("path")]
    if not inputs:
        raise InputError("it has no ffmpeg.inputs with a path")
    wanted = (one for one in inputs if ROLES[stream] in _list(one.get("roles")))
    return next(wanted, inputs[0] if stream == "main" else inputs[-1])


def _followed(config: Mapping[str, Any], path: str) -> str:
    """The camera's own address, behind go2rtc where that is between. Raises InputError where it is none that can be read."""
    streams = _mapping(_mapping(config.get("go2rtc")).get("streams"))
    for _ in range(len(streams) + 1):
        inside = urlsplit(VARIABLE.sub("x", path))
        name = inside.path.strip("/")
        if not (inside.hostname in HERE and f":{RESTREAM}" in inside.netloc and name in streams):
            break
        path = next(_sources(streams[name], name), path)
    url = VARIABLE.sub(r"${oc.env:\1}", re.sub(r"\$(?=\{)", "", path))
    if not re.match(r"(rtsps?|https?)://", url):
        scheme = path.partition(":")[0][:20]
        raise InputError(f"its path begins with {scheme}; expected rtsp://, rtsps://, http:// or https://")
    return url


def _sources(entry: Any, name: str) -> Iterator[str]:
    """Addresses of a stream of go2rtc, without what it does with them."""
    for one in _list(entry):
        url = str(one).removeprefix("ffmpeg:").partition("#")[0]
        if "://" in url and url != name:
            yield url


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
