"""A trail: the links between a prediction and the commit behind it, each checked, or said why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from components.contracts import InputError

State = Literal["verified", "broken", "unknown"]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a trail.

    verified: what stands here was computed again, or compared with a digest that was taken down before, and it agrees.
    broken: it does not agree, or something is gone that has to be there. unknown: nothing was ever written down that it could
    be compared with, or it was deleted under a rule that says so.
    """

    name: str  # what kind of thing it is, such as segment
    thing: str  # which one, such as its digest
    state: State
    says: str  # what was compared, for people to read
    facts: Mapping[str, Any] = field(default_factory=dict)  # plain data

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Trail:
    """Links in the order in which they were followed."""

    links: list[Link] = field(default_factory=list)

    def follow(self, name: str, look: Callable[[], Link]) -> Link:
        """Add the link that `look` gives; what it cannot read because it is gone or damaged is a broken link."""
        try:
            link = look()
        except InputError as error:
            link = Link(name, "", "broken", str(error))
        self.links.append(link)
        return link

    def named(self, name: str) -> Link:
        """The link of that name, which was followed before."""
        return next(link for link in self.links if link.name == name)


def compared(name: str, thing: str, *, found: str, wanted: str, what: str, facts: Mapping[str, Any] | None = None) -> Link:
    """A link that holds where two digests are equal; `what` says what was digested."""
    if found == wanted:
        return Link(name, thing, "verified", f"{what} is {found[:12]}, as it was written down", facts or {})
    return Link(name, thing, "broken", f"{what} is {found[:12]}, and {wanted[:12]} was written down: it was changed", facts or {})
