"""Keeps every frame that the camera delivers."""

from __future__ import annotations

from typing import Literal

from components.contracts import Moment


class Every:
    """For footage that is short, slow or to be evaluated frame by frame."""

    needs: Literal["times"] = "times"

    def keep(self, moment: Moment) -> bool:  # noqa: ARG002 - the contract's argument
        """True, whatever the moment."""
        return True
