import pytest

from components.contracts import UNKNOWN, Position


@pytest.fixture
def at():
    """A position: seconds, x, y, and whatever else is to be said."""

    def position(seconds, x, y=2.0, identity="one", person=UNKNOWN, role=UNKNOWN, confidence=0.0):
        return Position(round(seconds * 1e9), identity, person, role, confidence, x, y, 0.1, "", ("cam",), ("cam/1",), "")

    return position
