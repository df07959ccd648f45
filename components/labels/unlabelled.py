"""No labels: footage that nobody has looked at yet."""

from __future__ import annotations

from components.contracts import Frame, Segment


class Unlabelled:
    """Knows nothing about any frame."""

    label_set = ""

    def label(self, segment: Segment, frame: Frame) -> None:  # noqa: ARG002 - the signature is the contract's
        return None
