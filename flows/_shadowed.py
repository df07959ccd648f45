"""A challenger beside the detector of a track run: who is asked about the same frames, and where that is written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le

from components.contracts import Detector, InputError, Step, digest_of
from flows import _wiring

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True)
class Shadow:
    """How a challenger is compared."""

    queue: Annotated[int, Ge(1)]  # batches that wait for it at most
    score: Share  # who is seen by one alone counts from here on
    overlap: Share  # IoU from which two detections are of one person
    pictures: Annotated[int, Ge(0)]  # of each camera, of what they disagree about most
    folder: str  # on this machine, until the report is written


def beside(champion: Any, challenger: Any, shadow: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What workers need to know of the challenger; both were resolved. Raises InputError where they cannot share frames."""
    from components.preprocessing.demand import wanted

    chains = champion.config["preprocessing"], challenger.config["preprocessing"]
    asked = [wanted(_wiring.make(list(chain), tuple[Step, ...])) for chain in chains]
    if asked[0] == "luma" != asked[1]:
        raise InputError(
            "challenger: its chain wants colour, and that of the champion takes frames without; they cannot share frames. "
            "Compare them with flows.evaluate on a dataset"
        )
    key = digest_of([challenger.identity, time.time_ns()])  # a comparison is always made anew
    return {
        "detector": challenger.config["detector"], "preprocessing": chains[1] if chains[0] != chains[1] else None,
        "settings": dict(shadow), "folder": str(folder), "key": key,
    }  # fmt: skip


def lanes(spec: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """The lanes, whose frames go through the challenger's chain too where it has one of its own."""
    from components.preprocessing.beside import Beside

    chain = (spec.get("shadow") or {}).get("preprocessing")
    if chain is None:
        return dict(made)
    hint = tuple[Step, ...]
    return {
        name: replace(lane, preprocessing=(Beside(lane.preprocessing, others=_wiring.make(list(chain), hint)),))
        for name, lane in made.items()
    }


@contextmanager
def shadowed(spec: Mapping[str, Any], parts: dict[str, Any], name: str, *, live: bool) -> Iterator[dict[str, Any]]:
    """`parts` of a walk, its detector with the challenger beside it; what came out stands in the folder afterwards."""
    if not spec.get("shadow"):
        yield parts
        return
    from components.evaluation.looks import Looks
    from components.shadow import Look, Shadowed

    shadow = spec["shadow"]
    settings = _wiring.make(shadow["settings"], Shadow)
    folder = Path(shadow["folder"]) / digest_of(name)[:12]
    looks = Looks(folder, score=settings.score, overlap=settings.overlap, pictures=settings.pictures)

    def note(look: Look) -> None:
        spent = {"champion_ms": look.champion_ms, "challenger_ms": look.challenger_ms}
        looks.add(look.frame, look.champion, look.challenger, **spent)

    def build() -> Detector:
        made: Detector = _wiring.make(shadow["detector"], Detector)
        return made

    both = Shadowed(parts["detector"], build=build, note=note, most=settings.queue, waits=not live)
    try:
        yield {**parts, "detector": both}
    finally:
        both.close()
        looks.close()
        counts = {"group": name, "seen": both.seen, "dropped": both.dropped, "problem": both.problem}
        _write(folder / "counts.json", counts)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content))
