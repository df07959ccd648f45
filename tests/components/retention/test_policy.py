from __future__ import annotations

from typing import Any

import pytest

from components.contracts import InputError
from components.retention.items import DAY, Item, Span
from components.retention.policy import Policy, Rule
from flows import _launch, _wiring
from tests.components.retention.conftest import TEN


def _item(path: str, *cameras: str) -> Item:
    return Item(path, (path,), tuple(Span(camera, TEN, TEN + DAY) for camera in cameras), 1)


def _rule(name: str, prefix: str, keep_days: float | None = 1.0, **more: Any) -> Rule:
    return Rule(name=name, prefix=prefix, keep_days=keep_days, **more)


def test_the_first_rule_that_matches_counts() -> None:
    policy = Policy((
        _rule("incident", "raw", 100.0, category="incident"), _rule("desks", "raw", 5.0, cameras=("desk*", "lobby")),
        _rule("footage", "raw"), _rule("presence", "lake/fact_presence", None), _rule("lake", "lake"),
    ))  # fmt: skip

    def named(item: Item, *categories: str) -> str:
        rule = policy.rule_for(item, categories)
        return rule.name if rule else ""

    assert named(_item("raw/camera=desk_2/x", "desk_2")) == "desks"
    assert named(_item("raw/camera=desk_2/x", "desk_2"), "incident") == "incident"
    assert named(_item("raw/camera=bay/x", "bay")) == "footage"
    assert named(_item("lake/fact_presence/date=x/y", "")) == "presence" and named(_item("lake/fact_flow/x", "")) == "lake"
    assert named(_item("rawer/x", "bay")) == named(_item("positions/x", "")) == ""


def test_a_rule_for_cameras_is_about_what_only_they_have_taken() -> None:
    rule = _rule("desks", "datasets", cameras=("desk*",))
    assert rule.matches(_item("datasets/d", "desk_1", "desk_2"), ())
    assert not rule.matches(_item("datasets/d", "desk_1", "bay"), ()) and not rule.matches(_item("datasets/d"), ())


def test_until_when_what_has_to_go() -> None:
    assert _rule("footage", "raw", 0.5).until(TEN) == TEN - DAY // 2
    assert _rule("footage", "raw", None).until(TEN) is None


@pytest.mark.parametrize("prefix", ["", "/raw", "raw/", "raw/../lake", "certificates", "certificates/old"])
def test_a_prefix_that_is_none(prefix: str) -> None:
    with pytest.raises(InputError, match="expected a folder of the store such as raw"):
        _rule("odd", prefix)


def test_rules_that_cannot_be_meant() -> None:
    with pytest.raises(InputError, match=r"retention\.rules is empty"):
        Policy(())
    with pytest.raises(InputError, match="a is there twice"):
        Policy((_rule("a", "raw"), _rule("a", "lake")))
    with pytest.raises(InputError, match="'late' can never match: 'all' before it takes all of lake"):
        Policy((_rule("all", "lake"), _rule("late", "lake/fact_presence", 5.0, category="incident")))
    Policy((_rule("some", "lake", cameras=("a",)), _rule("rest", "lake")))


def test_what_a_policy_says_is_part_of_its_digest() -> None:
    one = Policy((_rule("a", "raw"),), sweep_every_hours=6)
    assert one.interval == 6 * 3600 * 10**9
    assert one.digest == Policy((_rule("a", "raw"),), sweep_every_hours=6).digest
    assert one.digest != Policy((_rule("a", "raw", 2.0),), sweep_every_hours=6).digest


@pytest.mark.parametrize("option", _launch.options()["retention"])
def test_the_policies_that_we_bring_are_made_as_they_are_written(option: str) -> None:
    policy = _wiring.make(_launch.compose("retain", [f"retention={option}"])["retention"], Policy)
    assert {rule.prefix for rule in policy.rules} >= {"raw", "datasets", "sightings", "frames", "features", "positions", "lake"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("retention.sweep_every_hours=0", "greater than 0"),
        ("retention.rules=[{name: a, prefix: raw, keep_days: 0}]", "greater than 0"),
        ("retention.rules=[{name: a, prefix: raw, keep_days: 40000}]", "less than or equal to 36500"),
        ("retention.rules=[{name: a, prefix: raw, keep: 3}]", "did you mean 'keep_days'"),
        ("retention.rules=[{name: a, prefix: raw, keep_days: 3, in_use: maybe}]", "'keep' or 'delete'"),
        ("retention.rules=[{name: a, prefix: /raw, keep_days: 3}]", "expected a folder of the store"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_before_anything_is_looked_at(word: str, said: str) -> None:
    from flows import retain

    with pytest.raises(InputError, match=said):
        retain.plan([word])
