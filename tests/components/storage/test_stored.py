"""What this process has changed corrects a list that is late, and only where it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.storage import stored
from components.storage.stored import Recent, modified, tag


def test_only_where_the_list_is_wrong() -> None:
    recent = Recent()
    for path, there in [("s/raw/a", True), ("s/raw/b", True), ("s/raw/c", False), ("s/raw/d", False), ("s/rawer/e", True)]:
        recent.note(path, there=there)
    assert recent.doubtful({"s/raw/a", "s/raw/c", "s/raw/x"}, "s/raw") == ["s/raw/b", "s/raw/c"]
    assert recent.doubtful(set(), "s/raw/a") == ["s/raw/a"]
    recent.note("s/raw/b", there=False)
    assert recent.doubtful({"s/raw/a"}, "s/raw") == []


def test_it_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    recent = Recent()
    monkeypatch.setattr(stored, "REMEMBERED", 2)
    for name in "abc":
        recent.note(f"s/{name}", there=True)
    assert recent.doubtful(set(), "s") == ["s/b", "s/c"]
    monkeypatch.setattr(stored, "SETTLES", -1.0)
    assert recent.doubtful(set(), "s") == []


@pytest.mark.parametrize(
    "about",
    [
        {"LastModified": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
        {"last_modified": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
        {"mtime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()},
    ],
)
def test_times_by_every_name(about) -> None:
    assert modified(about) == 1_767_323_045 * 10**9


def test_what_tells_contents_apart() -> None:
    assert tag({"ETag": '"abc"', "LastModified": 5}) == '"abc"'
    assert tag({"generation": "7"}) == "7"
    assert tag({"mtime": 1.5}) != tag({"mtime": 2.5})
