"""What two detectors found in the same frames: kept on disk as it comes, with pictures of what they disagree about most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Bgr, Detections, Floats32, Frame
from components.evaluation.agreement import Pairs, pair
from components.geometry import transform_boxes

LOOKS, DETECTIONS, PICTURES = "frames.parquet", "detections.parquet", "pictures"
LOOKS_SCHEMA = pa.schema(
    {
        "camera": pa.string(),
        "time": pa.int64(),  # fleet time, ns
        "frame": pa.int64(),
        "passed": pa.bool_(),  # the challenger's own chain let it pass; else nothing of it was compared
        **{name: pa.int32() for name in ("champion", "challenger", "both", "only_champion", "only_challenger")},
        "score_apart": pa.float32(),  # mean difference of the scores of pairs; NaN: there are none
        "champion_ms": pa.float32(),
        "challenger_ms": pa.float32(),
    }
)
DETECTIONS_SCHEMA = pa.schema(
    {
        "camera": pa.string(),
        "time": pa.int64(),
        "frame": pa.int64(),
        "kind": pa.string(),  # both, only_champion or only_challenger
        "overlap": pa.float32(),  # IoU of a pair; 0: alone
        "champion_score": pa.float32(),  # NaN: it did not see this person
        "challenger_score": pa.float32(),
        **{side: pa.float32() for side in ("x1", "y1", "x2", "y2")},  # native pixels; the champion's where both have one
    }
)
ROWS = 20_000  # in memory at most
APART = 2_000_000_000  # ns: of so much time one picture is kept, as the next frames show the same
WIDEST, QUALITY = 640, 85
COLOURS = {"both": (170, 170, 170), "only_champion": (178, 114, 0), "only_challenger": (0, 94, 213)}  # BGR: grey, blue, red


@dataclass(frozen=True, slots=True)
class Kinds:
    """The rows of both detections that count, by kind."""

    both: tuple[Any, Any]
    only_champion: Any
    only_challenger: Any
    overlap: Any


class Looks:
    """Tables and pictures in `folder`, whole when it is closed.

    Who is seen by one alone counts from `score` on, a pair where one of both scores has it. Pairs overlap by `overlap` (IoU) or
    more. `pictures` are kept of each camera, those whose lonely detections have the highest scores together.
    """

    def __init__(self, folder: Path, *, score: float, overlap: float, pictures: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._score, self._overlap, self._most = folder, score, overlap, pictures
        self._looks = pq.ParquetWriter(folder / LOOKS, LOOKS_SCHEMA, compression="zstd")
        self._detections = pq.ParquetWriter(folder / DETECTIONS, DETECTIONS_SCHEMA, compression="zstd")
        self._rows: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        self._best: dict[str, dict[int, tuple[float, str, bytes]]] = {}  # camera -> stretch of time -> its worst frame

    def add(
        self, frame: Frame, champion: Detections, challenger: Detections | None, *, champion_ms: float, challenger_ms: float
    ) -> None:
        """One frame. The challenger's detections are None where its chain did not let the frame pass."""
        about = {"camera": frame.camera.id, "time": frame.time, "frame": frame.index}
        spent = {"champion_ms": champion_ms, "challenger_ms": challenger_ms}
        if challenger is None:
            none = dict.fromkeys(("challenger", "both", "only_champion", "only_challenger"), 0)
            self._rows[0].append(
                {**about, "passed": False, "champion": len(champion), **none, "score_apart": float("nan"), **spent}
            )
            return
        kinds = self._kinds(champion, challenger)
        ours, theirs = kinds.both
        counts = {"both": len(ours), "only_champion": len(kinds.only_champion), "only_challenger": len(kinds.only_challenger)}
        apart = float(np.abs(champion.scores[ours] - challenger.scores[theirs]).mean()) if len(ours) else float("nan")
        sums = {"champion": len(ours) + counts["only_champion"], "challenger": len(ours) + counts["only_challenger"]}
        self._rows[0].append({**about, "passed": True, **sums, **counts, "score_apart": apart, **spent})
        self._rows[1].extend({**about, **row} for row in _detections(champion, challenger, kinds))
        self._keep(frame, champion, challenger, kinds)
        if len(self._rows[1]) + len(self._rows[0]) >= ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is still in memory."""
        self._flush()
        self._looks.close()
        self._detections.close()
        (self._folder / PICTURES).mkdir(exist_ok=True)
        for stretches in self._best.values():
            for _, name, content in stretches.values():
                (self._folder / PICTURES / name).write_bytes(content)

    def _flush(self) -> None:
        for writer, rows, schema in zip(
            (self._looks, self._detections), self._rows, (LOOKS_SCHEMA, DETECTIONS_SCHEMA), strict=True
        ):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

    def _kinds(self, champion: Detections, challenger: Detections) -> Kinds:
        found: Pairs = pair(champion, challenger, overlap=self._overlap)
        sure = np.maximum(champion.scores[found.one], challenger.scores[found.other]) >= self._score
        return Kinds(
            (found.one[sure], found.other[sure]),
            found.only_one[champion.scores[found.only_one] >= self._score],
            found.only_other[challenger.scores[found.only_other] >= self._score],
            found.overlap[sure],
        )

    def _keep(self, frame: Frame, champion: Detections, challenger: Detections, kinds: Kinds) -> None:
        """The picture, if it is among those that the camera's are disputed most."""
        weight = float(champion.scores[kinds.only_champion].sum() + challenger.scores[kinds.only_challenger].sum())
        stretches, stretch = self._best.setdefault(frame.camera.id, {}), frame.time // APART
        known = stretches.get(stretch, (0.0, "", b""))[0]
        full = len(stretches) >= self._most and stretch not in stretches
        if not self._most or weight <= max(known, min(each[0] for each in stretches.values()) if full else 0.0):
            return
        if full:
            del stretches[min(stretches, key=lambda each: stretches[each][0])]
        name = f"{weight:06.2f}-{frame.camera.id}-{frame.time}.jpg"
        stretches[stretch] = (weight, name, _picture(frame, champion, challenger, kinds))


def _detections(champion: Detections, challenger: Detections, kinds: Kinds) -> Iterator[dict[str, Any]]:
    nobody = float("nan")
    for i, j, overlap in zip(*kinds.both, kinds.overlap, strict=True):
        yield _row("both", champion.boxes[i], float(overlap), float(champion.scores[i]), float(challenger.scores[j]))
    for i in kinds.only_champion:
        yield _row("only_champion", champion.boxes[i], 0.0, float(champion.scores[i]), nobody)
    for j in kinds.only_challenger:
        yield _row("only_challenger", challenger.boxes[j], 0.0, nobody, float(challenger.scores[j]))


def _row(kind: str, box: Floats32, overlap: float, champion: float, challenger: float) -> dict[str, Any]:
    scores = {"champion_score": champion, "challenger_score": challenger}
    return {"kind": kind, "overlap": overlap, **scores, **dict(zip(("x1", "y1", "x2", "y2"), box.tolist(), strict=True))}


def _picture(frame: Frame, champion: Detections, challenger: Detections, kinds: Kinds) -> bytes:
    """JPEG of what the champion was shown, so that whatever its chain hides stays hidden."""
    height, width = frame.image.shape[:2]
    scale = min(1.0, WIDEST / width)
    image = cv2.resize(frame.image, (round(width * scale), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    to_picture = np.diag([scale, scale, 1.0]) @ np.linalg.inv(frame.to_native)
    groups: Sequence[tuple[str, Floats32]] = (
        ("both", champion.boxes[kinds.both[0]]),
        ("only_champion", champion.boxes[kinds.only_champion]),
        ("only_challenger", challenger.boxes[kinds.only_challenger]),
    )
    for kind, boxes in groups:
        _drawn(np.asarray(image, np.uint8), transform_boxes(to_picture, boxes) if len(boxes) else [], kind)
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return content.tobytes()


def _drawn(image: Bgr, boxes: Any, kind: str) -> None:
    for x1, y1, x2, y2 in np.asarray(boxes).reshape(-1, 4).round().astype(int).tolist():
        cv2.rectangle(image, (x1, y1), (x2, y2), COLOURS[kind], 1 if kind == "both" else 2)
