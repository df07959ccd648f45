"""A limit that does not hold names the camera that costs most."""

from __future__ import annotations

from components.fleet.budget import Budget, Limits, broken, groups
from components.fleet.cost import cost, sent
from components.fleet.declared import Declared


def costs():
    bitrates = {"a": 2.0, "b": 8.0, "c": 4.0}
    return [
        cost(name, "bays" if name != "c" else "", sent(Declared(megabits=bits)), kept=5.0, needs="times")
        for name, bits in bitrates.items()
    ]


def test_nothing_is_broken_without_limits_or_at_the_limit():
    assert broken(costs(), Budget()) == []
    assert broken(costs(), Budget(fleet=Limits(frames_per_second=15.0, gigabytes_per_day=14 * 10.8))) == []


def test_cameras_groups_and_the_fleet_each_have_limits():
    budget = Budget(Limits(gigabytes_per_day=50.0), Limits(gigabytes_per_day=100.0), Limits(frames_per_second=10.0))
    found = [(one.scope, one.name, one.figure, one.most.camera) for one in broken(costs(), budget)]
    assert found == [
        ("fleet", "", "frames_per_second", "a"), ("group", "bays", "gigabytes_per_day", "b"),
        ("camera", "b", "gigabytes_per_day", "b"),
    ]  # fmt: skip


def test_cameras_by_group():
    assert {name: [one.camera for one in some] for name, some in groups(costs()).items()} == {"": ["c"], "bays": ["a", "b"]}
