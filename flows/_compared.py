"""What cameras have recorded is compared, and says how far each is ahead: `python -m flows.clocks do=people`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from components.contracts import InputError
from flows import _moments, _tables, _wiring
from flows._summary import Summary

if TYPE_CHECKING:
    from components.clocks.people import Walk
    from components.clocks.together import Apart
    from components.clocks.ways import Way
    from components.database.clocks import Reading

SECOND = 1_000_000_000  # ns
HOUR = 3600 * SECOND  # ns
LONGEST = 6 * HOUR  # ns that are looked at: memory grows with them


def by_people(config: Mapping[str, Any], run: str) -> Summary:
    """From people who are seen by two cameras at once, in what a track run has found."""
    from components.clocks.people import apart
    from components.storage.sightings import walked

    storage = _wiring.make(config["storage"])
    of_run, since, until = _sightings(config, storage)
    walks = _walks(walked(storage, of_run, since, until), since, config["only"])
    if not walks:
        raise InputError(
            f"nobody was seen from {_moments.shown(since)} to {_moments.shown(until)}; choose since=... and until=..."
        )
    found = [apart((a, walks[a]), (b, walks[b]), most=config["most"]) for a, b in combinations(sorted(walks), 2)]
    pairs = [one for one in found if one is not None]
    nobody = (
        "no two cameras see the same people walk; they have to look at a common piece of floor, mapped to the floor of the site"
    )
    return noted(config, "people", pairs, sorted(walks), span=(since, until), run=run, nobody=nobody)


def noted(
    config: Mapping[str, Any], way: Way, pairs: Sequence[Apart], cameras: Sequence[str], *, span: tuple[int, int], run: str,
    nobody: str, problems: Mapping[str, str] | None = None,
) -> Summary:  # fmt: skip
    """Enter what pairs of cameras say into the database, and show it."""
    from components.clocks.together import together
    from components.database.clocks import counted, known, report

    database = _wiring.make(config["database"])
    best = counted(known(database), time.time_ns())
    references = _references(config["reference"], cameras, best)
    rows = [(one.first, one.second, one.ahead * 1000, one.uncertainty * 1000, one.evidence) for one in pairs]
    _tables.show(f"what is recorded, by {way}", ("camera", "and", "ahead (ms)", "uncertainty (ms)", "seen"), rows)
    found = together(pairs, references)
    readings = [reading(name, way, one.offset, one.uncertainty, span, config["trusted"]) for name, one in found.items()]
    report(database, run, readings)
    alone = sorted(set(cameras) - set(found) - set(references))
    compared = sorted({one.reference for one in found.values()})
    note = f"compared with {'; '.join(compared)}" if found else nobody
    if found and alone:
        note += f"; nothing is known of {', '.join(alone)}"
    figures: dict[str, Any] = {"cameras": len(found), "pairs": len(pairs)}
    bad = {**(problems or {}), **{one.camera: one.says for one in readings if one.state != "right"}}
    details = {"pairs": rows, "ahead": {one.camera: one.offset for one in readings}}
    return Summary(
        "failed" if bad else "completed", figures, failures=bad, note=note, next="python -m flows.clocks", details=details
    )


def reading(camera: str, way: Way, offset: float, uncertainty: float, span: tuple[int, int], trusted: float) -> Reading:
    """What one way says of what is recorded of a camera; `offset` and `uncertainty` are in seconds."""
    from components.clocks.ways import Told, judged
    from components.database.clocks import Reading

    told = Told(way, round(offset * SECOND), round(uncertainty * SECOND), min(span[1], time.time_ns()))
    state, says = judged(camera, told, trusted=trusted)
    return Reading(camera, state, says, told.offset, None, told.uncertainty, span[0], told.measured, way)


def _references(given: list[str] | None, cameras: Sequence[str], best: Mapping[str, Reading]) -> list[str]:
    """Cameras whose times are right: those that were named, else the one whose clock is known best."""
    if strangers := sorted(set(given or ()) - set(cameras)):
        raise InputError(
            f"reference: there is nothing to compare of {', '.join(strangers)}; expected some of {', '.join(cameras)}"
        )
    right = [one for camera, one in best.items() if camera in cameras and one.state == "right" and one.uncertainty is not None]
    return given or [one.camera for one in sorted(right, key=lambda one: one.uncertainty or 0)[:1]]


def _sightings(config: Mapping[str, Any], storage: Any) -> tuple[str, int, int]:
    """The track run, and the time (ns) to look at: the newest hour of the newest run where nobody says."""
    from components.database.runs import Runs

    files = [path.rsplit("/", 1)[-1].removesuffix(".parquet").rpartition("-") for path in storage.list("sightings")]
    begun: dict[str, list[int]] = {}
    for run, _, start in files:
        begun.setdefault(run, []).append(int(start))
    since, until = span(config)
    kept = {
        run: starts for run, starts in begun.items()
        if (until is None or min(starts) < until) and (since is None or max(starts) > since - HOUR)
    }  # fmt: skip
    known = Runs(_wiring.make(config["database"])).keys("track")
    wanted = (
        config["run"]
        or next((key for key in known if key in kept), None)
        or max(kept, key=lambda key: max(kept[key]), default="")
    )
    if wanted not in kept:
        raise InputError(f"there are no sightings of {wanted or 'any run'} at that time; make them with python -m flows.track")
    until = until if until is not None else max(kept[wanted]) + HOUR
    since = max(min(kept[wanted]), since if since is not None else until - HOUR)
    return wanted, since, min(until, since + LONGEST)


def span(config: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Since when and until when (ns), as far as anybody says."""
    since, until = _moments.moment("since", config["since"]), _moments.moment("until", config["until"], end=True)
    if since is not None and until is not None and until <= since:
        raise InputError(f"until={config['until']} is not after since={config['since']}")
    return since, until


def _walks(table: Any, since: int, only: list[str] | None) -> dict[str, list[Walk]]:
    """Tracks by camera, in seconds since `since`."""
    import numpy as np

    from components.clocks.people import Walk

    columns = {name: np.asarray(table[name]) for name in ("camera", "track", "time", "x", "y")}
    seen = np.isfinite(columns["x"]) & np.isfinite(columns["y"])
    found: dict[str, list[Walk]] = {}
    for camera in sorted(set(columns["camera"][seen]) if only is None else set(only) & set(columns["camera"][seen])):
        here = seen & (columns["camera"] == camera)
        order = np.lexsort((columns["time"][here], columns["track"][here]))
        tracks, times, x, y = (columns[name][here][order] for name in ("track", "time", "x", "y"))
        parts = np.flatnonzero(np.diff(tracks)) + 1
        places = np.split(np.column_stack([x, y]), parts)
        starts = np.split((times - since) / SECOND, parts)
        found[str(camera)] = [Walk(t, p) for t, p in zip(starts, places, strict=True)]
    return found
