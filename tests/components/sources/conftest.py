"""Cameras of the simulated ward as its fleet file describes them, with changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.contracts import Person
from components.sources.simulated import Simulated
from components.sources.ward import Ward

FLEET = Path(__file__).resolve().parents[3] / "conf" / "fleet" / "simulated_ward.yaml"
Build = Callable[..., Simulated]


@pytest.fixture(scope="session")
def fleet() -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(FLEET.read_text())
    return spec


@pytest.fixture(scope="session")
def ward(fleet: dict[str, Any]) -> Ward:
    spec = fleet["every_camera"]["ward"]
    return Ward(spec["seed"], staff=tuple(Person(**person) for person in fleet["staff"]), visitors=spec["visitors"])


@pytest.fixture(scope="session")
def simulated(fleet: dict[str, Any], ward: Ward) -> Build:
    """A camera of the fleet by its id; keyword arguments replace its own."""

    def build(camera: str, **changes: Any) -> Simulated:
        spec = {**fleet["every_camera"], **fleet["cameras"][camera], "ward": ward, **changes}
        del spec["_target_"]
        return Simulated(camera, **spec)

    return build
