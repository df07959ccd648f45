"""Names nobody."""

from __future__ import annotations

import numpy as np

from components.contracts import UNKNOWN, Frame, Identities, Tracks


class Unknown:
    """For places where people must stay unnamed, and for footage without badges."""

    def identify(self, frame: Frame, tracks: Tracks) -> Identities:  # noqa: ARG002 - the contract's argument
        nobody = (UNKNOWN,) * len(tracks)
        return Identities(nobody, nobody, np.zeros(len(tracks), np.float32))
