"""What was found and who was missed, picture by picture, as two tables on disk that all figures of a detector come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.contracts import Floats32, InputError, Ints
from components.evaluation.matching import Verdict

JUDGED, IMAGES = "judged.parquet", "images.parquet"  # names in the folder, and among the artifacts of a run
PIXELS = {b"pixels": b"dataset"}  # boxes are in pixels of the dataset's picture
JUDGED_SCHEMA = pa.schema(
    {
        "image": pa.string(),  # key of the picture in its dataset
        "camera": pa.string(),
        "time": pa.int64(),  # fleet time, ns
        "hour": pa.int8(),  # UTC
        "crowd": pa.int16(),  # people asked for in the picture
        "role": pa.string(),  # of the person matched at IoU 0.5, or missed; empty: not known
        "kind": pa.string(),  # found: a detection; missed: somebody without one at IoU 0.5
        "score": pa.float32(),  # NaN for missed
        "matches": pa.uint16(),  # bit i: a true positive at IoU 0.50 + 0.05 i
        "ignored": pa.uint16(),  # bit i: neither right nor wrong there, as it lies on somebody who is too hidden
        **{side: pa.float32() for side in ("x1", "y1", "x2", "y2")},
    },
    metadata=PIXELS,
)
IMAGES_SCHEMA = pa.schema(
    {
        **{name: JUDGED_SCHEMA.field(name).type for name in ("image", "camera", "time", "hour", "crowd")},
        "path": pa.string(),  # of the shard that holds the picture, in the store; empty: not known
    }
)
GROUP = 32_768  # rows of a row group; more are never in memory


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that was judged, without its pixels: many of these wait in memory until they are written."""

    key: str
    path: str
    camera: str
    time: int  # fleet time, ns
    crowd: int  # people who are asked for
    boxes: Floats32  # (n, 4) xyxy of all people
    roles: tuple[str, ...]  # (n,); () where the label does not say
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Columns:
    """Both tables as columns, without what only people look at. Rows come in order of pictures, and best first in each."""

    picture: Ints  # (n,) row of the pictures' columns
    score: Floats32  # (n,) NaN: missed
    matches: NDArray[np.uint16]  # (n,)
    ignored: NDArray[np.uint16]  # (n,)
    role: NDArray[np.int32]  # (n,) number in `roles`
    roles: tuple[str, ...]
    camera: NDArray[np.int32]  # (pictures,) number in `cameras`
    cameras: tuple[str, ...]  # sorted
    time: Ints  # (pictures,) fleet time, ns
    crowd: NDArray[np.int16]  # (pictures,)


class Writer:
    """Both tables in `folder`, row group by row group; whole when it is closed."""

    def __init__(self, folder: Path) -> None:
        self._judged = pq.ParquetWriter(folder / JUDGED, JUDGED_SCHEMA, compression="zstd")
        self._images = pq.ParquetWriter(folder / IMAGES, IMAGES_SCHEMA, compression="zstd")
        self._waiting: list[Picture] = []
        self._rows = 0

    def add(self, picture: Picture) -> None:
        self._waiting.append(picture)
        self._rows += max(1, len(picture.verdict.scores) + len(picture.verdict.missed))
        if self._rows >= GROUP:
            self._flush()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._waiting and error is None:
            self._flush()
        self._judged.close()
        self._images.close()

    def _flush(self) -> None:
        images = _about(self._waiting)
        counts = [len(one.verdict.scores) + len(one.verdict.missed) for one in self._waiting]
        rows = images.select(["image", "camera", "time", "hour", "crowd"]).take(np.repeat(np.arange(len(counts)), counts))
        for name, column in _rows(self._waiting).items():
            rows = rows.append_column(name, pa.array(column, JUDGED_SCHEMA.field(name).type))
        self._judged.write_table(rows.cast(JUDGED_SCHEMA))
        self._images.write_table(images)
        self._waiting, self._rows = [], 0


def _about(pictures: Sequence[Picture]) -> pa.Table:
    columns = {
        "image": [one.key for one in pictures],
        "camera": [one.camera for one in pictures],
        "time": [one.time for one in pictures],
        "hour": [datetime.fromtimestamp(one.time // 10**9, UTC).hour for one in pictures],
        "crowd": [one.crowd for one in pictures],
        "path": [one.path for one in pictures],
    }
    return pa.table(columns, schema=IMAGES_SCHEMA)


def _rows(pictures: Sequence[Picture]) -> dict[str, Any]:
    """The columns of the detections of each picture, and after them of whom it misses."""
    parts = [_of(one) for one in pictures]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in ("score", "matches", "ignored", "boxes")}
    boxes = whole.pop("boxes").T
    words = {name: [word for part in parts for word in part[name]] for name in ("role", "kind")}
    return {**words, **whole, **dict(zip(("x1", "y1", "x2", "y2"), boxes, strict=True))}


def _of(one: Picture) -> dict[str, Any]:
    verdict = one.verdict
    found, missed = len(verdict.scores), len(verdict.missed)
    none = np.zeros(missed, np.uint16)
    roles = one.roles or ("",) * len(one.boxes)
    return {
        "role": [roles[i] if i >= 0 else "" for i in (*verdict.people.tolist(), *verdict.missed.tolist())],
        "kind": ["found"] * found + ["missed"] * missed,
        "score": np.concatenate([verdict.scores, np.full(missed, np.nan, np.float32)]).astype(np.float32),
        "matches": np.concatenate([verdict.matches, none]),
        "ignored": np.concatenate([verdict.ignored, none]),
        "boxes": np.concatenate([verdict.boxes, one.boxes[verdict.missed]]).reshape(-1, 4),
    }


def read(folder: Path) -> Columns:
    """The columns of the tables in `folder`. Raises InputError where they are not there, or are no such tables."""
    try:
        images = pq.read_table(folder / IMAGES, columns=["image", "camera", "time", "crowd"])
        found = pq.read_table(
            folder / JUDGED, columns=["image", "score", "matches", "ignored", "role"], read_dictionary=["image", "role"]
        )
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{folder}: no evaluation table that can be read ({' '.join(str(error).split())}); evaluate again"
        ) from error
    cameras, camera = _coded(images["camera"])
    roles, role = _coded(found["role"])
    keys, image = _coded(found["image"])
    rows = pc.index_in(pa.array(keys, pa.string()), value_set=images["image"]).to_numpy(zero_copy_only=False)
    return Columns(
        rows[image].astype(np.int64), found["score"].to_numpy(), found["matches"].to_numpy(), found["ignored"].to_numpy(),
        role, roles, camera, cameras, images["time"].to_numpy(), images["crowd"].to_numpy(),
    )  # fmt: skip


def _coded(column: pa.ChunkedArray) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The different values, sorted, and the number of each row's."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    parts = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    values = parts[0].dictionary.to_pylist() if parts else []
    order = np.argsort(np.array(values, dtype=object), kind="stable")
    rank = np.empty(len(values), np.int32)
    rank[order] = np.arange(len(values))
    codes = np.concatenate([part.indices.to_numpy() for part in parts]) if parts else np.zeros(0, np.int32)
    return tuple(values[i] for i in order.tolist()), rank[codes]
