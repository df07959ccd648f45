"""Which profile of a fleet holds: the one that the config names, or the one whose hours it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components.contracts import InputError
from components.hours import during

BY_HOURS = "by_hours"  # what fleet.profile says for: the one whose hours it is, in the fleet's timezone


def settle(config: Mapping[str, Any], now: datetime | None = None) -> None:
    """Put the profile that holds at `now` where `config` says by_hours: the first of several, null where none does."""
    fleet = config.get("fleet")
    if isinstance(fleet, dict) and fleet.get("profile") == BY_HOURS:
        fleet["profile"] = _holding(fleet, now or datetime.now(UTC))


def _holding(fleet: Mapping[str, Any], now: datetime) -> str | None:
    profiles, zone = fleet.get("profiles"), fleet.get("timezone", "UTC")
    hours = (
        {name: each.get("hours") for name, each in profiles.items() if isinstance(each, dict)}
        if isinstance(profiles, dict)
        else {}
    )
    if not any(hours.values()):
        raise InputError(
            "fleet.profile is by_hours, and no profile has hours; give it some, such as fleet.profiles.night.hours=19:00-07:00"
        )
    try:
        local = now.astimezone(ZoneInfo(str(zone)))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"fleet.timezone is {zone!r}; expected one such as Europe/Amsterdam") from error
    for name, text in hours.items():
        try:
            if text and during(str(text), local):
                return str(name)
        except InputError as error:
            raise InputError(f"fleet.profiles.{name}.hours: {str(error).replace('shift is', 'it is', 1)}") from error
    return None
