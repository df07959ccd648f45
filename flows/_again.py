"""What a prediction stands on, made again: the picture out of its footage, the chain, and what the model finds there."""

from __future__ import annotations

from pathlib import Path

from components.audit import footage
from components.audit.trail import Link
from components.contracts import Frame, InputError
from flows import _tables, _wiring
from flows._walk import Walk

NEAR = 0.5  # overlap at which what the model finds again is what the track stood on


def frame(walk: Walk) -> Link:
    """The picture, decoded again from footage that was verified."""
    segment = walk.trail.named("segment")
    thing = f"{walk.wanted.camera}-{walk.wanted.time}"
    if segment.state != "verified":
        return Link("frame", thing, segment.state, "without its footage there is no picture of it")
    walk.frame = _decoded(walk)
    if walk.frame is None:
        return Link("frame", thing, "broken", f"the segment has no frame at {_tables.moment(walk.wanted.time)}")
    digest = footage.picture_digest(walk.frame.image)
    walk.picture = _drawn(walk)
    height, width = walk.frame.image.shape[:2]
    since = walk.row["segment_time"] / 1e9
    facts = {"picture": str(walk.picture or ""), "sha256": digest, "width": width, "height": height}
    return Link(
        "frame", thing, "verified", f"{width}x{height} at {since:.3f} s of the segment; its pixels have {digest[:12]}", facts
    )


def _decoded(walk: Walk) -> Frame | None:
    """The frame out of its segment; None where the segment has no such moment."""
    from components.contracts import Segment
    from components.database.registry import Registry
    from components.labels.review import Wanted
    from components.sources.recorded import Recorded

    row = walk.held
    assert row is not None, "there is footage"
    known = {one.camera.version: one.camera for one in Registry(walk.database).versions(row.camera)}
    if row.camera_version not in known:
        raise InputError(f"camera {row.camera}: version {row.camera_version[:12]} of the footage is not in the registry any more")
    segment = Segment(known[row.camera_version], row.sha256, row.start, row.end, 0, row.path)
    frames = Recorded(segment.camera, segments=[segment], storage=walk.storage).frames(Wanted([walk.wanted.time]))
    return next((frame for frame in frames if frame.segment_time == walk.row["segment_time"]), None)


def _drawn(walk: Walk) -> Path | None:
    """The frame with the prediction's box, for people to look at; where the run hides people, hidden as there."""
    import cv2
    import numpy as np

    from components.contracts import Rejected, Step
    from components.preprocessing.chain import apply, hides

    assert walk.frame is not None, "there is something to draw on"
    steps = tuple(_wiring.make(step, Step) for step in (walk.run or {}).get("chain", ()))
    shown = apply(steps, walk.frame) if hides(steps) else walk.frame
    if isinstance(shown, Rejected):
        return None
    corners = np.array([[[walk.row["x1"], walk.row["y1"]], [walk.row["x2"], walk.row["y2"]]]], np.float64)
    first, last = np.rint(cv2.perspectiveTransform(corners, np.linalg.inv(shown.to_native))[0]).astype(int).tolist()
    image = shown.image.copy()
    cv2.rectangle(image, first, last, (0, 200, 255), 2)
    text = f"{walk.row['person']} {walk.row['confidence']:.2f}"
    place = (max(0, first[0]), max(14, first[1] - 5))
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 200, 255), 1, cv2.LINE_AA)
    path = Path(walk.config["folder"]) / f"{str(walk.wanted).replace('/', '-')}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)
    return path


def chain(walk: Walk) -> Link:
    """Whether the run has applied the chain that the model was trained with, and whether its code is here."""
    from components.preprocessing.chain import digest

    chain = (walk.run or {}).get("chain")
    if chain is None:
        return Link("chain", "", "unknown", "the run has not written down which preprocessing it applied")
    steps = ", ".join(str(step["_target_"]).rpartition(".")[2] for step in chain) or "no steps"
    card = walk.trail.named("model").facts
    if card and card["preprocessing"] != chain:
        return Link(
            "chain", steps, "broken", f"the run applied another chain than {walk.model} was trained with", {"chain": chain}
        )
    try:
        here = digest(chain)
    except InputError as error:
        return Link("chain", steps, "unknown", f"its code is not here: {error}", {"chain": chain})
    if card and here != card["preprocessing_digest"]:
        commit = card.get("commit") or "its commit"
        says = f"its values are those of the model, its code was changed since; check out {commit} to look at it"
        return Link("chain", here, "unknown", says, {"chain": chain})
    whose = (
        f"config and code are those that {walk.model} was trained with" if card else "the config that the run has written down"
    )
    return Link("chain", here, "verified", f"{steps}: {whose}", {"chain": chain})


def detection(walk: Walk) -> Link:
    """The model, on the picture again: does it find somebody where the track was?"""
    if walk.frame is None or walk.trail.named("chain").state != "verified" or walk.run is None:
        missing = "the picture" if walk.frame is None else "the record of the run" if walk.run is None else "the chain"
        return Link("detection", walk.model, "unknown", f"it cannot be repeated without {missing}")
    found = _found_again(walk)
    if found is None:
        return Link(
            "detection", walk.model, "broken", "preprocessing rejects this frame now, so nobody could have been seen in it"
        )
    box, score, overlap = found
    says = f"somebody with score {score:.3f}, overlap {overlap:.3f} with the track's box"
    facts = {"box": box, "score": score, "overlap": overlap}
    if overlap >= NEAR:
        return Link("detection", walk.model or "as configured", "verified", f"on this picture it finds {says}", facts)
    return Link("detection", walk.model or "as configured", "unknown", f"on this picture it finds nobody there, at best {says}: "
                "a tracker may carry a box over a frame in which nobody was found", facts)  # fmt: skip


def _found_again(walk: Walk) -> tuple[list[float], float, float] | None:
    """Box, score and overlap of what the detector finds nearest to the sighting; None where the frame is rejected."""
    from components.contracts import Detector, Rejected, Step
    from components.geometry import iou
    from components.preprocessing.chain import apply

    assert walk.frame is not None, "there is something to look at"
    config, _ = walk.applied
    steps = tuple(_wiring.make(step, Step) for step in config["preprocessing"])
    seen = apply(steps, walk.frame)
    if isinstance(seen, Rejected):
        return None
    (found,) = _wiring.make(config["detector"], Detector).detect([seen])
    own = [walk.row[name] for name in ("x1", "y1", "x2", "y2")]
    if not len(found):
        return [], 0.0, 0.0
    overlaps = iou([own], found.boxes)[0]
    best = int(overlaps.argmax())
    return found.boxes[best].tolist(), float(found.scores[best]), float(overlaps[best])
