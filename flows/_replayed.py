"""What `flows.replay` does with a group of cameras, and what came out of all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.contracts import Progress
from flows import _stopping, _wiring
from flows._moments import shown
from flows._summary import Summary
from flows._workers import Done, failures_of
from flows.track import LANE


def replay_group(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the interval of some cameras through the live path, into a video of each."""
    from components.line import Lane, follow
    from components.live import follow_live
    from components.overlay import Overlay
    from components.overlay import shown as exactly
    from components.sources.replayed import Pace, Replayed

    since, until, speed = spec["since"], spec["until"], None if spec["speed"] == "max" else float(spec["speed"])
    storage, database = _wiring.make(spec["storage"]), _wiring.make(spec["database"])
    footage, problems = _footage(spec, database)
    pace, started = Pace(since, speed), time.monotonic()
    sources = {
        name: Replayed(segments=found, storage=storage, since=since, until=until, pace=pace) for name, found in footage.items()
    }
    lanes = {
        name: Lane(source=source, **_wiring.build(Lane, {part: spec[part] for part in LANE})) for name, source in sources.items()
    }
    parts = _wiring.build(follow, {name: spec[name] for name in ("detector", "reid", "batch_size")})
    pauses = {name: _pauses(database, name, found, since, until) for name, found in footage.items()}
    told = _Told(progress, since, until, len(lanes))
    name = "".join(letter for letter in exactly(since)[:19] if letter.isdigit())
    overlay = Overlay(Path(spec["folder"]), since=since, pauses=pauses, name=name, seen=told)
    tallies: Mapping[str, Any] = {}
    if lanes and speed is None:
        tallies = follow(lanes, **parts, store=overlay)
    elif lanes:
        with _stopping.listening() as stop:
            tallies = follow_live(lanes, **parts, store=overlay, stop=stop)
    overlay.close()
    cameras = {camera: _plain(tally, overlay.reels.get(camera), pauses[camera]) for camera, tally in tallies.items()}
    return {"cameras": cameras, "problems": problems, "seconds": time.monotonic() - started}


class _Told:
    """Progress in seconds of footage, of all cameras of a group."""

    def __init__(self, progress: Progress, since: int, until: int, cameras: int) -> None:
        self._progress, self._since, self._each = progress, since, (until - since) // 10**9
        self._total, self._done = cameras * self._each, dict[str, int]()

    def __call__(self, camera: str, time: int) -> None:
        self._done[camera] = (time - self._since) // 10**9
        self._progress(sum(self._done.values()), self._total)


def _footage(spec: Mapping[str, Any], database: Any) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """What of the interval is in the store, and why there is nothing of the others."""
    from components.database.segments import Segments
    from components.sources.replayed import overlapping

    found, problems = {}, {}
    for name in spec["cameras"]:
        every = Segments(database).of([name])
        if there := overlapping(every, spec["since"], spec["until"]):
            found[name] = there
        elif every:
            limits = f"from {shown(every[0].start)} to {shown(every[-1].end)}"
            problems[name] = f"no footage of {name} in that interval; there is some {limits}; set since=... and until=..."
        else:
            gone = Segments(database).gone([name])
            problems[name] = gone or f"no footage of {name} in the store; record it with python -m flows.ingest"
    return found, problems


def _pauses(database: Any, camera: str, segments: Sequence[Any], since: int, until: int) -> list[Any]:
    """When there was no footage, and why, where that is known."""
    from components.database.segments import Segments
    from components.overlay import Pause
    from components.sources.replayed import missing

    known, pauses = Segments(database).gaps(camera, since, until), []
    for start, end in missing(segments, since, until):
        reasons = [gap.reason for gap in known if gap.start < end and gap.end > start]
        pauses.append(Pause(start, end, "; ".join(dict.fromkeys(reasons)) or "nothing was recorded"))
    return pauses


def _plain(tally: Any, reel: Any, pauses: Sequence[Any]) -> dict[str, Any]:
    from components.overlay import shown as exactly

    gaps = [f"{exactly(pause.start)} to {exactly(pause.end)}: {pause.reason}" for pause in pauses]
    counts = {"frames": tally.frames, "rejected": sum(tally.rejected.values()), "dropped": getattr(tally, "dropped", 0)}
    problem = getattr(tally, "trouble", "") or tally.problem
    seen = {"video": str(reel.path), "sightings": reel.sightings, "people": sorted(reel.people)} if reel else {}
    missing = sum(pause.end - pause.start for pause in pauses) / 1e9
    problem = problem or ("" if reel else "no picture of it passed sampling and preprocessing, so there is no video")
    return {"video": "", "sightings": 0, "people": [], **seen, **counts, "gaps": gaps, "missing": missing, "problem": problem}


def summed(outcomes: Sequence[Done], resolved: Any) -> Summary:
    """Figures, the path of each video, and every gap."""
    done = [outcome.result for outcome in outcomes if not outcome.problem]
    cameras = {name: camera for result in done for name, camera in result["cameras"].items()}
    failures = {**failures_of(outcomes), **{name: why for result in done for name, why in result["problems"].items()}}
    failures |= {name: camera["problem"] for name, camera in cameras.items() if camera["problem"]}
    figures: dict[str, Any] = {"cameras": len(cameras)}
    figures |= {name: sum(camera[name] for camera in cameras.values()) for name in ("frames", "rejected", "dropped", "sightings")}
    gaps = [f"{name}, {gap}" for name, camera in cameras.items() for gap in camera["gaps"]]
    figures |= {"gaps": len(gaps), "missing_seconds": round(sum(camera["missing"] for camera in cameras.values()), 1)}
    figures |= {f"video {name}": camera["video"] for name, camera in cameras.items() if camera["video"]}
    figures |= {"model": resolved.model} if resolved.model else {}
    said = f"no footage: {'; '.join(gaps[:5])}{f' and {len(gaps) - 5} more' if len(gaps) > 5 else ''}" if gaps else ""
    return Summary("failed" if failures else "completed", figures, resolved.digests, failures, note=said,
                   details={"cameras": cameras})  # fmt: skip
