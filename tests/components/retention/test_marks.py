from __future__ import annotations

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.retention.chain import broken, events
from components.retention.items import DAY, HOUR, Item, Span
from components.retention.marks import Scope, categories_of, holds_on, lift_mark, marks, set_mark
from tests.components.retention.conftest import TEN

SIGNED = {"who": "Lee", "why": "complaint 17"}


def _item(path: str, *spans: Span) -> Item:
    return Item(path, (path,), spans, 1)


FILM = _item("raw/camera=bay_a/x.mkv", Span("bay_a", TEN, TEN + HOUR))


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(cameras=("bay_a",)), True),
        (Scope(cameras=("desk",)), False),
        (Scope(start=TEN + HOUR - 1), True),
        (Scope(start=TEN + HOUR), False),
        (Scope(end=TEN + 1), True),
        (Scope(end=TEN), False),
        (Scope(cameras=("bay_a",), start=TEN, end=TEN + 1), True),
        (Scope(cameras=("desk",), start=TEN, end=TEN + 1), False),
        (Scope(prefix="raw"), True),
        (Scope(prefix="raw/camera=bay_a"), True),
        (Scope(prefix="raw/camera=bay"), False),
        (Scope(dataset="d" * 64), False),
    ],
)
def test_what_a_scope_covers(scope: Scope, covered: bool) -> None:
    assert scope.covers(FILM) is covered


def test_what_is_of_the_whole_site_or_of_no_known_time_is_covered_too() -> None:
    scope = Scope(cameras=("bay_a",), start=TEN, end=TEN + DAY)
    assert scope.covers(_item("positions/x", Span("", TEN, TEN + HOUR)))
    assert not scope.covers(_item("positions/x", Span("", TEN - HOUR, TEN)))
    assert scope.covers(_item("parts/x"))
    mixed = _item("datasets/d", Span("desk", TEN, TEN + 1), Span("bay_a", TEN, TEN + 1))
    assert scope.covers(mixed) and Scope(dataset="d").covers(mixed)


def test_a_scope_says_something() -> None:
    with pytest.raises(InputError, match="give what is meant"):
        Scope()
    with pytest.raises(InputError, match="since is not before until"):
        Scope(start=TEN, end=TEN)


def test_holds_come_and_go_and_stay_in_the_record(database: Database) -> None:
    scope = Scope(cameras=("bay_a",), start=TEN, end=TEN + DAY)
    set_mark(database, "hold", "case_17", scope, **SIGNED)
    set_mark(database, "class", "fall", Scope(start=TEN), category="incident", **SIGNED)
    assert [(mark.kind, mark.name, mark.scope) for mark in marks(database)] == [
        ("hold", "case_17", scope),
        ("class", "fall", Scope(start=TEN)),
    ]
    assert holds_on(FILM, marks(database)) == ("case_17",) and categories_of(FILM, marks(database)) == {"incident"}
    with pytest.raises(InputError, match="hold 'case_17' is in force already"):
        set_mark(database, "hold", "case_17", scope, **SIGNED)
    lift_mark(database, "hold", "case_17", who="Kim", why="settled")
    assert [mark.name for mark in marks(database)] == ["fall"]
    with pytest.raises(InputError, match="there is no hold 'case_17'; in force are: none"):
        lift_mark(database, "hold", "case_17", **SIGNED)
    set_mark(database, "hold", "case_17", scope, **SIGNED)  # another one of that name
    said = [(row["kind"], row["who"], row["detail"]["why"]) for row in events(database, kinds=["hold", "lifted"])]
    assert said == [("hold", "Lee", "complaint 17"), ("lifted", "Kim", "settled"), ("hold", "Lee", "complaint 17")]
    assert broken(database) == []


@pytest.mark.parametrize("word", ["name", "who", "why"])
def test_nobody_holds_anything_without_a_name_and_a_reason(database: Database, word: str) -> None:
    given = {"name": "case", "who": "Lee", "why": "x", word: " "}
    with pytest.raises(InputError, match=f"{word} is empty"):
        set_mark(database, "hold", given["name"], Scope(prefix="raw"), who=given["who"], why=given["why"])
    assert list(events(database)) == []


def test_what_is_of_no_known_time_is_of_no_class(database: Database) -> None:
    set_mark(database, "class", "fall", Scope(start=TEN), category="incident", **SIGNED)
    assert categories_of(_item("parts/x"), marks(database)) == frozenset()
