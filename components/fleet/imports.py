"""Where a fleet is imported from, and where it is written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval


@dataclass(frozen=True, slots=True)
class Imports:
    """One of `discover` and `hosts`, `profiles`, `frigate` says where from; `to` is the name of the fleet, or a file."""

    to: str | None = None
    replace: bool = False
    discover: Annotated[float, Interval(gt=0, le=120)] | None = None  # s
    interface: str = ""  # address of this machine on the network of the cameras
    hosts: list[str] = field(default_factory=list)
    user_variable: str = "CAMERA_USER"  # environment variables
    password_variable: str = "CAMERA_PASSWORD"
    profiles: str | None = None  # file or folder
    frigate: str | None = None  # file
    stream: Literal["main", "second"] = "main"
