from components.contracts import UNKNOWN
from components.identity.unknown import Unknown


def test_everybody_is_unknown(scene):
    who = Unknown().identify(*scene([(100, 1), (300, 11)]))
    assert (who.people, who.roles, who.confidence.tolist()) == ((UNKNOWN,) * 2, (UNKNOWN,) * 2, [0, 0])
