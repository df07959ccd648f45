"""One frame through two chains: that of the model in charge, and when somebody asks that of the one which is tried beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from components.contracts import Frame, Rejected, Step
from components.preprocessing.chain import apply


def nothing() -> Frame | Rejected:
    """What a frame with one chain shows of another one."""
    raise RuntimeError("this frame went through one chain only")


@dataclass(frozen=True, slots=True)
class Twofold(Frame):
    """A frame of the chain in charge that can still be had from the other one."""

    other: Callable[[], Frame | Rejected] = nothing


class Beside:
    """The chain `steps`, whose frames carry a way to what `others` make of the same picture; nobody waits for that."""

    def __init__(self, steps: tuple[Step, ...], *, others: tuple[Step, ...]) -> None:
        self.steps, self._others = steps, others

    def __call__(self, frame: Frame) -> Frame | Rejected:
        result = apply(self.steps, frame)
        if isinstance(result, Rejected):
            return result
        known = {item.name: getattr(result, item.name) for item in fields(Frame)}
        return Twofold(**known, other=lambda: apply(self._others, frame))


def other(frame: Frame) -> Frame | Rejected:
    """The same moment as the other chain shows it; the frame itself where both are one."""
    return frame.other() if isinstance(frame, Twofold) else frame
