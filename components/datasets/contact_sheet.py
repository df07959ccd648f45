"""One picture of what a camera gave to a dataset and what was turned away, for people to look at."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

import cv2
import numpy as np

from components.contracts import KEPT, Bgr, Frame, InputError

PAPER, INK, PALE = 255, (40, 40, 40), (130, 130, 130)
COLOURS = {KEPT: (70, 140, 40)}  # BGR of the bar before a row
REFUSED = (50, 60, 200)
GAP, LINE, HEAD = 10, 22, 34  # px
FONT = cv2.FONT_HERSHEY_SIMPLEX
OTHERS = "other reasons"
PACKED = "contact_sheet"  # of a part, until it is one of a dataset


def sheet_path(camera: str) -> str:
    """Where the sheet of a camera lies in the folder of its dataset; no part of what the dataset is."""
    return f"contact_sheets/{quote(camera, safe='')}.jpg"


@dataclass(slots=True)
class Spread:
    """Tiles evenly spread over a stream whose length nobody knows: every `stride`-th, which doubles when there are too many."""

    most: int
    seen: int = 0
    stride: int = 1
    tiles: list[tuple[int, Bgr]] = field(default_factory=list)  # fleet time, picture

    def wants(self) -> bool:
        """Whether the next of the stream is one to show. To be asked once for each."""
        self.seen += 1
        return (self.seen - 1) % self.stride == 0

    def add(self, time: int, tile: Bgr) -> None:
        self.tiles.append((time, tile))
        if len(self.tiles) >= 2 * self.most:
            self.tiles, self.stride = self.tiles[::2], self.stride * 2

    def join(self, other: Spread) -> None:
        """Take over what another one, of a later stretch of the same stream, has seen."""
        stride = max(self.stride, other.stride)
        self.tiles = [*self.tiles[:: stride // self.stride], *other.tiles[:: stride // other.stride]]
        self.seen, self.stride = self.seen + other.seen, stride
        while len(self.tiles) >= 2 * self.most:
            self.tiles, self.stride = self.tiles[::2], self.stride * 2

    def shown(self) -> list[tuple[int, Bgr]]:
        """At most `most`, from the first to the last."""
        count = min(self.most, len(self.tiles))
        return [self.tiles[i] for i in np.linspace(0, len(self.tiles) - 1, count).round().astype(int)]


class ContactSheet:
    """The frames of one camera: a row of `kept` ones and a row of `rejected` ones for each reason, evenly spread over time.

    It remembers small tiles of `width` px, at most twice as many as it shows, of at most `reasons` reasons, however long the
    footage is; the same frames give the same picture. With `shown` kept the rejected ones are counted and not shown, as chains
    need that hide people: what a step has turned away was never hidden.
    """

    def __init__(
        self, camera: str, *, kept: int = 18, rejected: int = 6, width: int = 200,
        reasons: int = 12, shown: Literal["all", "kept"] = "all",
    ) -> None:  # fmt: skip
        if min(kept, rejected, reasons) < 1 or not 60 <= width <= 1000:
            raise InputError(
                f"contact sheet with kept {kept}, rejected {rejected}, reasons {reasons} and width {width}, "
                "expected at least 1 of each, and 60 to 1000 px"
            )
        self.camera = camera
        self._most, self._width, self._reasons, self._shown = {True: kept, False: rejected}, width, reasons, shown
        self._rows: dict[str, Spread] = {}
        self._first = self._last = 0

    def see(self, frame: Frame, reason: str = KEPT) -> None:
        """Take a frame into account: as it goes into the dataset, or as it was when it was turned away."""
        self._first = min(self._first, frame.time) if self._rows else frame.time
        self._last = max(self._last, frame.time) if self._rows else frame.time
        row = self._row(reason)
        if row.wants() and (reason == KEPT or self._shown == "all"):
            row.add(frame.time, _tile(frame.image, self._width))

    def join(self, other: ContactSheet) -> None:
        """Take over what the sheet of a later stretch of the same camera has seen."""
        for reason, row in other._rows.items():
            self._row(reason).join(row)
        times = [(sheet._first, sheet._last) for sheet in (self, other) if sheet._last]
        self._first, self._last = min((first for first, _ in times), default=0), max((last for _, last in times), default=0)

    def pack(self) -> bytes:
        """All that it remembers, for `unpack` somewhere else: a few hundred kB."""
        rows = [
            {"reason": reason, "seen": row.seen, "stride": row.stride, "times": [time for time, _ in row.tiles]}
            for reason, row in self._rows.items()
        ]
        words = json.dumps({"first": self._first, "last": self._last, "rows": rows}).encode()
        parts = [words, *(_encoded(tile) for row in self._rows.values() for _, tile in row.tiles)]
        return b"".join(struct.pack("<I", len(part)) + part for part in parts)

    def unpack(self, content: bytes) -> None:
        """Take over what a packed sheet of a later stretch has seen."""
        parts = iter(_parts(content))
        about, other = json.loads(next(parts)), ContactSheet(self.camera)
        other._first, other._last = about["first"], about["last"]
        for row in about["rows"]:
            tiles = [(time, _decoded(next(parts))) for time in row["times"]]
            other._rows[row["reason"]] = Spread(self._most[row["reason"] == KEPT], row["seen"], row["stride"], tiles)
        self.join(other)

    def picture(self) -> Bgr:
        """(h, w, 3) the sheet, about 1280 px wide by default."""
        order = sorted(self._rows, key=lambda reason: (reason != KEPT, -self._rows[reason].seen, reason))
        columns = max(1, self._most[False])
        wide = GAP + columns * (self._width + GAP)
        parts = [self._title(wide)]
        for reason in order:
            parts += [self._heading(reason, wide), *self._tiles(reason, columns, wide)]
        return np.concatenate([*parts, _blank(GAP, wide)])

    def jpeg(self) -> bytes:
        """The sheet as a file."""
        return bytes(cv2.imencode(".jpg", self.picture(), [cv2.IMWRITE_JPEG_QUALITY, 85])[1])

    def _row(self, reason: str) -> Spread:
        known = reason in self._rows or reason == KEPT or len(self._rows) < self._reasons
        return self._rows.setdefault(reason if known else OTHERS, Spread(self._most[reason == KEPT]))

    def _title(self, wide: int) -> Bgr:
        total = sum(row.seen for row in self._rows.values())
        kept = self._rows[KEPT].seen if KEPT in self._rows else 0
        strip = _blank(2 * HEAD, wide)
        _write(strip, f"camera {self.camera}", (GAP, HEAD - 8), 0.85, INK)
        period = f"{_moment(self._first)} to {_moment(self._last)} UTC" if total else "nothing"
        _write(strip, f"{period}     {total} frames: {kept} kept, {total - kept} rejected", (GAP, 2 * HEAD - 12), 0.55, PALE)
        return strip

    def _heading(self, reason: str, wide: int) -> Bgr:
        row, total = self._rows[reason], sum(row.seen for row in self._rows.values())
        strip = _blank(HEAD, wide)
        strip[8:-6, GAP : GAP + 6] = COLOURS.get(reason, REFUSED)
        words = f"{row.seen} of {total} frames, {100 * row.seen / total:.1f} %"
        _write(strip, reason, (2 * GAP + 2, HEAD - 12), 0.65, INK)
        _write(strip, words, (2 * GAP + 30 + _length(reason, 0.65), HEAD - 12), 0.5, PALE)
        return strip

    def _tiles(self, reason: str, columns: int, wide: int) -> list[Bgr]:
        tiles = self._rows[reason].shown()
        if not tiles:
            strip = _blank(LINE, wide)
            _write(strip, "not shown, as this chain hides people", (2 * GAP + 2, LINE - 8), 0.5, PALE)
            return [strip]
        high = max(tile.shape[0] for _, tile in tiles)
        return [self._line(tiles[i : i + columns], high, wide) for i in range(0, len(tiles), columns)]

    def _line(self, tiles: Sequence[tuple[int, Bgr]], high: int, wide: int) -> Bgr:
        strip = _blank(high + LINE, wide)
        for i, (time, tile) in enumerate(tiles):
            x = GAP + i * (self._width + GAP)
            strip[: tile.shape[0], x : x + tile.shape[1]] = tile
            _write(strip, _moment(time, day=_day(self._first) != _day(self._last)), (x, high + 15), 0.42, INK)
        return strip


def _encoded(tile: Bgr) -> bytes:
    return bytes(cv2.imencode(".jpg", tile, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def _decoded(content: bytes) -> Bgr:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _parts(content: bytes) -> Iterator[bytes]:
    """What stands behind each length of four bytes."""
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<I", content, at)
        yield content[at + 4 : at + 4 + size]
        at += 4 + size


def _tile(image: Bgr, width: int) -> Bgr:
    """The picture at `width` px, at most half as high again as it is wide."""
    h, w = image.shape[:2]
    scale = min(width / w, 1.5 * width / h)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)


def _blank(height: int, width: int) -> Bgr:
    return np.full((height, width, 3), PAPER, np.uint8)


def _write(strip: Bgr, words: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(strip, words.encode("ascii", "replace").decode(), at, FONT, size, colour, 1, cv2.LINE_AA)


def _length(words: str, size: float) -> int:
    return int(cv2.getTextSize(words, FONT, size, 1)[0][0])


def _moment(time: int, *, day: bool = True) -> str:
    moment = datetime.fromtimestamp(time / 1e9, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if day else f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"


def _day(time: int) -> int:
    return time // (86_400 * 10**9)
