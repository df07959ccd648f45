"""What cameras have recorded is searched for moments that say what time it was: `python -m flows.clocks do=flash`, `do=shown`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from components.contracts import InputError, Progress
from flows import _compared, _moments, _tables, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

SECOND = 1_000_000_000  # ns
LONGEST = 2 * 3600 * SECOND  # ns of footage that are decoded
THIN = 4  # of so many rows and columns one is looked at


def by_flash(config: Mapping[str, Any], run: str) -> Summary:
    """From changes of the light in footage of the same time."""
    from components.clocks.flash import Change, apart

    span, found, problems = looked(config, changes_of)
    changes = {camera: [Change(*one) for one in each_] for camera, each_ in found.items()}
    pairs = [apart((a, changes[a]), (b, changes[b]), most=config["most"]) for a, b in combinations(sorted(changes), 2)]
    nobody = "no two cameras see the light change alike; switch it off and on three times or more, at uneven times"
    known = [one for one in pairs if one is not None]
    return _compared.noted(config, "flash", known, sorted(changes), span=span, run=run, nobody=nobody, problems=problems)


def by_shown(config: Mapping[str, Any], run: str) -> Summary:
    """From a clock that was held before cameras."""
    from components.clocks.shown import ahead
    from components.database.clocks import report

    span, found, problems = looked(config, codes_of)
    known = {camera: ahead(seen) for camera, seen in found.items()}
    readings = [
        _compared.reading(camera, "shown", one.offset / SECOND, one.uncertainty / SECOND, span, config["trusted"])
        for camera, one in known.items() if one is not None
    ]  # fmt: skip
    report(_wiring.make(config["database"]), run, readings)
    heads = ("camera", "ahead (ms)", "uncertainty (ms)", "codes")
    rows = [(camera, one.offset / 1e6, one.uncertainty / 1e6, one.agree) for camera, one in known.items() if one is not None]
    _tables.show("what is recorded, by a clock that was shown", heads, rows)
    none = [camera for camera, one in known.items() if one is None]
    note = f"no clock was read, or no three codes that fit together, by {', '.join(none)}" if none else ""
    bad = {**problems, **{one.camera: one.says for one in readings if one.state != "right"}}
    figures = {"cameras": len(readings), "codes": sum(row[3] for row in rows)}
    details = {"ahead": {one.camera: one.offset for one in readings}}
    return Summary(
        "failed" if bad else "completed", figures, failures=bad, note=note, next="python -m flows.clocks", details=details
    )


def codes_of(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: which clock one camera saw when, as times of pictures and moments of codes (ns), and how many pictures there are."""
    import cv2
    import numpy as np

    from components.clocks.shown import moment

    reader, found, pictures = cv2.QRCodeDetector(), [], 0
    for time, image in _pictures(spec, progress):
        pictures += 1
        said = moment(reader.detectAndDecode(np.ascontiguousarray(image))[0])
        if said is not None:
            found.append((time, said))
    return {"pictures": pictures, "found": found}


def changes_of(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: when it became brighter or darker before one camera, in s since `since`, and how many pictures there are."""
    import numpy as np

    from components.clocks.flash import changes

    seen = [(time, float(image[::THIN, ::THIN].mean())) for time, image in _pictures(spec, progress)]
    times = np.array([(time - spec["since"]) / SECOND for time, _ in seen])
    found = changes(times, np.array([level for _, level in seen]))
    return {"pictures": len(seen), "found": [(one.before, one.after, one.brighter) for one in found]}


def looked(
    config: Mapping[str, Any], work: Callable[[dict[str, Any], Progress], dict[str, Any]]
) -> tuple[tuple[int, int], dict[str, list[Any]], dict[str, str]]:
    """The time (ns) that was looked at, what `work` found by camera, and where it could not look."""
    from components.monitoring.footage import filmed

    since, until = _compared.span(config)
    if since is None or until is None or until - since > LONGEST:
        raise InputError(
            f"do={config['do']} needs since=... and until=..., at most two hours, all of whose pictures are looked at"
        )
    there = filmed(_wiring.make(config["database"]))
    if absent := sorted(set(config["only"] or ()) - set(there)):
        raise InputError(f"only: there is no footage of {', '.join(absent)}; the store has {', '.join(there) or 'none at all'}")
    shared = {"storage": config["storage"], "database": config["database"], "since": since, "until": until}
    jobs = [Job(camera, {**shared, "camera": camera}) for camera in config["only"] or there]
    outcomes = each(work, jobs, _wiring.make(config["runner"], Runner))
    found = {done.name: done.result["found"] for done in outcomes if not done.problem and done.result["pictures"]}
    if not found and not failures_of(outcomes):
        raise InputError(f"there is no footage from {_moments.shown(since)} to {_moments.shown(until)}")
    return (since, until), found, failures_of(outcomes)


def _pictures(spec: Mapping[str, Any], progress: Progress) -> Iterator[tuple[int, Any]]:
    """Every picture of a camera in the interval, as fleet time (ns) and luma (height, width)."""
    from components.database.segments import Segments
    from components.samplers.every import Every
    from components.sources.recorded import Recorded

    pieces = Segments(_wiring.make(spec["database"])).of([spec["camera"]])
    kept = [piece for piece in pieces if piece.end > spec["since"] and piece.start < spec["until"]]
    if not kept:
        return
    source = Recorded(kept[0].camera, segments=kept, storage=_wiring.make(spec["storage"]))
    for number, frame in enumerate(source.frames(Every(), "luma")):
        progress(number, source.total)
        if spec["since"] <= frame.time < spec["until"]:
            yield frame.time, frame.image[:, :, 0]
