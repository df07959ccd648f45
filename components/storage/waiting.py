"""Files that wait in a folder, in order, each with a note of what is to be done when it has arrived."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

NOTE = ".note"  # the ending of what goes with a file

Note: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One file that waits."""

    path: Path  # here
    target: str  # in the store
    size: int  # bytes
    since: int  # by the wall's clock, ns
    note: Note | None


def path_of(folder: Path, number: int, target: str) -> Path:
    """Where the `number`th file waits, in the order of names."""
    return folder / f"{number:012d}~{quote(target, safe='=')}"


def items(folder: Path) -> list[Item]:
    """What waits in `folder`, oldest first; a note alone means nothing, and goes."""
    for note in folder.glob(f"[0-9]*~*{NOTE}"):
        if not note.with_name(note.name.removesuffix(NOTE)).exists():
            note.unlink(missing_ok=True)
    found = (path for path in sorted(folder.glob("[0-9]*~*")) if path.suffix != NOTE)
    return [item_at(path, json.loads(note_of(path).read_bytes()) if note_of(path).is_file() else None) for path in found]


def item_at(path: Path, note: Note | None) -> Item:
    about = path.stat()
    return Item(path, unquote(path.name.split("~", 1)[1]), about.st_size, about.st_mtime_ns, note)


def note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{NOTE}")


def gone(item: Item) -> None:
    """File first: a note alone means nothing."""
    item.path.unlink(missing_ok=True)
    note_of(item.path).unlink(missing_ok=True)


def number_of(item: Item) -> int:
    return int(item.path.name.split("~", 1)[0])
