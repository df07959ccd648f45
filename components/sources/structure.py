"""What the packets of a stream say about each other before anything is decoded: which can be left out, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.contracts import Ints

Flags = NDArray[np.bool_]
START = b"\0\0\1"  # of a unit in a byte stream (Annex B of H.264 and H.265)
SCANNED = ("h264", "hevc")


@dataclass(frozen=True, slots=True)
class Structure:
    """The packets of one file, a row each, in the order in which a decoder wants them."""

    pts: Ints  # (n,) when the picture is shown, in units of the stream
    key: Flags  # (n,) the container calls it a keyframe
    spare: Flags  # (n,) no other picture needs this one
    first: Flags  # (n,) nothing from here on needs, or is shown before, anything that came earlier

    @property
    def order(self) -> Ints:
        """(n,) rows in order of time."""
        return np.argsort(self.pts, kind="stable")

    def needed(self, wanted: Flags) -> Flags:
        """(n,) what has to be decoded for the rows `wanted`: nothing after the last wanted one before the next beginning."""
        feed = np.zeros(len(wanted), np.bool_)
        starts = [*np.flatnonzero(self.first).tolist(), len(wanted)]
        for begin, end in zip([0, *starts], starts, strict=False):
            rows = np.flatnonzero(wanted[begin:end])
            if len(rows):
                part = slice(begin, begin + int(rows[-1]) + 1)
                feed[part] = ~self.spare[part] | wanted[part]
        return feed


@dataclass(frozen=True, slots=True)
class Unit:
    """What matters of one packet."""

    spare: bool  # no picture of its layer or below needs it
    whole: bool  # a decoder can begin here
    layer: int = 0  # temporal


def structure(units: list[Unit], pts: Ints, key: Flags) -> Structure:
    """Put together what the packets say, one by one."""
    layer = np.array([unit.layer for unit in units], np.int64)
    spare = np.array([unit.spare for unit in units], np.bool_) & (layer == layer.max(initial=0))
    whole = np.array([unit.whole for unit in units], np.bool_)
    later = np.minimum.accumulate(pts[::-1])[::-1]  # a picture that is shown before its keyframe may need what came earlier
    earlier = np.concatenate([[np.iinfo(np.int64).min], np.maximum.accumulate(pts)[:-1]]) if len(pts) else pts
    return Structure(pts, key, spare, whole & (later == pts) & (earlier < pts))


class Reader:
    """Reads the heads of a stream's units; `codec` is h264 or hevc, or else one whose pictures all stand for themselves."""

    def __init__(self, codec: str, extradata: bytes | None) -> None:
        self._codec, self._prefix = codec, 0  # bytes of a unit's length; 0: units begin with a start code
        extradata = extradata or b""
        if codec in SCANNED and extradata[:1] == b"\1":
            at = 4 if codec == "h264" else 21
            self._prefix = (extradata[at] & 3) + 1 if len(extradata) > at else 4

    def see(self, content: bytes) -> Unit:
        """What a packet is; one that makes no sense is taken for one that others need."""
        if self._codec not in SCANNED:
            return Unit(spare=True, whole=True)
        heads = list(_prefixed(content, self._prefix) if self._prefix else _marked(content))
        return _h264(heads) if self._codec == "h264" else _hevc(heads)


def _h264(heads: list[bytes]) -> Unit:
    """Table 7-1 and 7.4.1 of H.264: nal_ref_idc 0 is a picture for which no other asks."""
    slices = [head[0] for head in heads if 1 <= head[0] & 31 <= 5]
    return Unit(spare=bool(slices) and not any(head & 0x60 for head in slices), whole=any(head & 31 == 5 for head in slices))


def _hevc(heads: list[bytes]) -> Unit:
    """Table 7-1 of H.265: even types below 16 are for nobody in their own layer; 16 to 21 can be begun with."""
    slices = [(head[0] >> 1 & 63, (head[1] & 7) - 1) for head in heads if head[0] >> 1 & 63 < 32]
    spare = bool(slices) and all(kind < 16 and kind % 2 == 0 for kind, _ in slices)
    return Unit(spare, any(16 <= kind <= 21 for kind, _ in slices), max((layer for _, layer in slices), default=0))


def _prefixed(content: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at + size + 2 <= len(content):
        length = int.from_bytes(content[at : at + size])
        yield content[at + size : at + size + 2]
        at += size + length


def _marked(content: bytes) -> Iterator[bytes]:
    at = content.find(START)
    while 0 <= at <= len(content) - 5:
        yield content[at + 3 : at + 5]
        at = content.find(START, at + 3)
