from __future__ import annotations

import pytest

from components.contracts import InputError
from flows._moments import moment, shown

DAY = 1_772_409_600_000_000_000  # 2026-03-02
HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("value", "end", "expected"),
    [
        ("2026-03-02", False, DAY),
        ("2026-03-02", True, DAY + 24 * HOUR),
        ("2026-03-02T14:00", False, DAY + 14 * HOUR),
        ("2026-03-02T14:00", True, DAY + 14 * HOUR),
        ("2026-03-02T14:00:00.000001", False, DAY + 14 * HOUR + 1000),
        ("2026-03-02T14:00+01:00", False, DAY + 13 * HOUR),
        ("2026-03-02 14:00Z", False, DAY + 14 * HOUR),
        (None, True, None),
    ],
)
def test_days_and_moments(value: str | None, end: bool, expected: int | None) -> None:
    assert moment("since", value, end=end) == expected


@pytest.mark.parametrize("value", ["yesterday", "02.03.2026", "2026-02-30", ""])
def test_what_is_neither_is_refused_by_its_name(value: str) -> None:
    with pytest.raises(InputError, match=f"since is '{value}'; expected a day such as 2026-03-02, or a moment"):
        moment("since", value)


def test_shown_to_the_minute() -> None:
    assert shown(DAY + 14 * HOUR) == "2026-03-02 14:00 UTC"
