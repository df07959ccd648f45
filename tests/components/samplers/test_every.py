from components.contracts import Moment
from components.samplers.every import Every


def test_it_keeps_whatever_comes():
    assert all(Every().keep(Moment("cam", time)) for time in (0, 5, 5, -1, 2**62))
