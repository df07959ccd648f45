"""Many small reads as few larger ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST = 8_000_000  # bytes of one read that was put together; a single larger one stays what it is


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file in the store."""

    path: str
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Span:
    """One read, and which of the wanted ranges it holds."""

    whole: Range
    members: tuple[int, ...]


def coalesced(wanted: Sequence[Range], *, gap: int) -> list[Span]:
    """Reads that cover `wanted`: ranges of a file with at most `gap` bytes between them are read together."""
    spans: list[Span] = []
    for index in sorted(_with_bytes(wanted), key=lambda index: (wanted[index].path, wanted[index].start)):
        piece = wanted[index]
        last = spans[-1].whole if spans else None
        if last and last.path == piece.path and piece.start - last.end <= gap and piece.end - last.start <= LARGEST:
            whole = Range(last.path, last.start, max(last.end, piece.end) - last.start)
            spans[-1] = Span(whole, (*spans[-1].members, index))
        else:
            spans.append(Span(piece, (index,)))
    return spans


def _with_bytes(wanted: Sequence[Range]) -> Iterable[int]:
    return (index for index, piece in enumerate(wanted) if piece.size)
