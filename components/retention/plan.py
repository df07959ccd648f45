"""What a policy means for what is in the store: which rule counts, what is due, and what keeps it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from components.retention.items import Item
from components.retention.marks import Mark, categories_of, holds_on
from components.retention.policy import Policy, Rule

Outcome = Literal["due", "kept", "held", "in use", "no rule", "no time"]
Users = Callable[[str], Sequence[str]]  # digest of a dataset -> what needs it
SHOWN = 20  # paths of each rule that a report names


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one item, and why."""

    item: Item
    rule: Rule | None
    outcome: Outcome
    because: tuple[str, ...] = ()  # holds that keep it, or what uses it


def judge(found: Iterable[Item], policy: Policy, marks: Sequence[Mark], *, users: Users, now: int) -> Iterator[Verdict]:
    """One verdict per item. `users` says what uses a dataset; `now` is the time (ns) that ages count to."""
    for item in found:
        rule = policy.rule_for(item, categories_of(item, marks))
        yield _verdict(item, rule, marks, users(item.dataset) if item.dataset and rule else (), now)


def _verdict(item: Item, rule: Rule | None, marks: Sequence[Mark], used_by: Sequence[str], now: int) -> Verdict:
    if rule is None:
        return Verdict(item, rule, "no rule")
    if not item.spans:
        return Verdict(item, rule, "no time")
    until = rule.until(now)
    if until is None or item.end > until:
        return Verdict(item, rule, "kept")
    if used_by and rule.in_use == "keep":
        return Verdict(item, rule, "in use", tuple(used_by))
    if holds := holds_on(item, marks):
        return Verdict(item, rule, "held", holds)
    return Verdict(item, rule, "due", tuple(used_by))


@dataclass(slots=True)
class Sum:
    """How many files and bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, files: int, size: int) -> None:
        self.files, self.bytes = self.files + files, self.bytes + size

    def __str__(self) -> str:
        return f"{self.files:,} files, {self.bytes:,} bytes"


@dataclass(slots=True)
class Report:
    """What a sweep would do, or has done. Bytes are counted of what is due or held."""

    due: dict[str, Sum] = field(default_factory=dict)  # by rule
    kept: dict[str, int] = field(default_factory=dict)  # files by rule: too young
    held: dict[str, Sum] = field(default_factory=dict)  # by hold: what would go without it
    covered: dict[str, int] = field(default_factory=dict)  # files by hold, whatever their age
    in_use: dict[str, list[str]] = field(default_factory=dict)  # dataset -> what uses it
    without_rule: int = 0  # files
    without_time: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)  # first paths, by rule or reason

    def see(self, verdict: Verdict, marks: Sequence[Mark]) -> None:
        """Count one verdict."""
        item, files = verdict.item, len(verdict.item.files)
        rule = verdict.rule.name if verdict.rule else verdict.outcome
        for hold in holds_on(item, marks):
            self.covered[hold] = self.covered.get(hold, 0) + files
        match verdict.outcome:
            case "due":
                self.due.setdefault(rule, Sum()).add(files, item.bytes)
            case "held":
                for hold in verdict.because:
                    self.held.setdefault(hold, Sum()).add(files, item.bytes)
            case "in use":
                self.in_use[item.dataset] = list(verdict.because)
            case "no rule":
                self.without_rule += files
            case "no time":
                self.without_time += files
                self.kept.setdefault(rule, 0)
        if verdict.outcome not in ("due", "no rule", "no time"):
            self.kept[rule] = self.kept.get(rule, 0) + files
        elif len(paths := self.examples.setdefault(rule if verdict.outcome == "due" else verdict.outcome, [])) < SHOWN:
            paths.append(item.path)

    def idle(self, policy: Policy) -> list[str]:
        """The rules that matched nothing: mistyped, or there is nothing of that kind yet."""
        return [rule.name for rule in policy.rules if rule.name not in {*self.due, *self.kept}]

    def plain(self) -> dict[str, Any]:
        sums = {name: {key: asdict(value) for key, value in getattr(self, name).items()} for name in ("due", "held")}
        rest = ("kept", "covered", "in_use", "without_rule", "without_time", "examples")
        return sums | {name: getattr(self, name) for name in rest}
