"""How long what is kept: rules in order, of which the first that matches counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from annotated_types import Interval

from components.contracts import InputError, digest_of
from components.retention.items import CERTIFICATES, DAY, HOUR, Item

Days = Annotated[float, Interval(gt=0, le=36_500)]
Hours = Annotated[float, Interval(gt=0, le=8_760)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What lies below `prefix` is deleted when the newest in it is `keep_days` old.

    With `cameras` (names, * and ? stand for any letters) only what those have taken; with `category` only what somebody has put
    into that class, such as incident. What is `in_use` (a dataset that a model or a label set names) stays, unless the rule says
    delete.
    """

    name: str
    prefix: str
    keep_days: Days | None  # None: for ever
    cameras: tuple[str, ...] = ()
    category: str = ""
    in_use: Literal["keep", "delete"] = "keep"

    def __post_init__(self) -> None:
        clean = self.prefix.strip("/")
        if not clean or clean != self.prefix or ".." in clean.split("/") or clean.split("/")[0] == CERTIFICATES:
            raise InputError(
                f"retention rule {self.name!r}: prefix is {self.prefix!r}; expected a folder of the store such as raw, datasets, "
                f"sightings or lake/fact_presence ({CERTIFICATES} are kept for ever)"
            )

    @property
    def keep(self) -> int | None:
        """In ns."""
        return None if self.keep_days is None else round(self.keep_days * DAY)

    @property
    def everything(self) -> bool:
        """Whether all that lies below the prefix is meant."""
        return not self.cameras and not self.category

    def matches(self, item: Item, categories: Collection[str]) -> bool:
        """Whether this rule is about `item`, which belongs to `categories`."""
        if item.path != self.prefix and not item.path.startswith(f"{self.prefix}/"):
            return False
        if self.category and self.category not in categories:
            return False
        return not self.cameras or self._of_cameras(item)

    def _of_cameras(self, item: Item) -> bool:
        """Whether all of it was taken by these cameras."""
        seen = {span.camera for span in item.spans}
        return bool(seen) and all(any(fnmatchcase(camera, pattern) for pattern in self.cameras) for camera in seen)

    def until(self, now: int) -> int | None:
        """What is of fleet time before that (ns) has to go."""
        return None if self.keep is None else now - self.keep


class Policy:
    """Rules in order, and how often a sweep has to have carried them out.

    Raises InputError where two rules have one name, or a rule stands behind one that takes all it could match.
    """

    def __init__(self, rules: tuple[Rule, ...], *, sweep_every_hours: Hours = 24.0) -> None:
        self.rules, self.interval = rules, round(sweep_every_hours * HOUR)
        if not rules:
            raise InputError("retention.rules is empty; expected at least one rule, as in conf/retention/clinical.yaml")
        names = [rule.name for rule in rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"retention.rules: {', '.join(twice)} is there twice; certificates name rules, so give each its own")
        for number, rule in enumerate(rules):
            for earlier in rules[:number]:
                if earlier.everything and f"{rule.prefix}/".startswith(f"{earlier.prefix}/"):
                    raise InputError(
                        f"retention rule {rule.name!r} can never match: {earlier.name!r} before it takes all of "
                        f"{earlier.prefix}; put the narrower rule first"
                    )

    def rule_for(self, item: Item, categories: Collection[str] = ()) -> Rule | None:
        """The first rule that is about `item`."""
        return next((rule for rule in self.rules if rule.matches(item, categories)), None)

    def plain(self) -> dict[str, Any]:
        """For certificates."""
        fields = ("name", "prefix", "keep_days", "cameras", "category", "in_use")
        rules = [{name: getattr(rule, name) for name in fields} | {"cameras": list(rule.cameras)} for rule in self.rules]
        return {"rules": rules, "sweep_every_hours": self.interval / HOUR}

    @property
    def digest(self) -> str:
        return digest_of(self.plain())
