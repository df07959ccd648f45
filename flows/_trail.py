"""From a prediction back to the commit: every link is computed again, or said why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.audit import footage, predictions
from components.audit.predictions import Prediction
from components.audit.trail import Link
from components.contracts import InputError
from flows import _again, _lineage, _tables
from flows._walk import Walk


def back(config: Mapping[str, Any], wanted: Prediction) -> Walk:
    """Follow a prediction to where it came from. Raises InputError where there is no such prediction."""
    walk = Walk(config, wanted)
    walk.row, path = predictions.sighting(walk.storage, wanted)
    steps = {
        "sighting": lambda: _sighting(walk, path), "track": lambda: _track(walk), "run": lambda: _run(walk),
        "segment": lambda: _segment(walk), "camera": lambda: _camera(walk), "frame": lambda: _again.frame(walk),
        "clock": lambda: footage.clock_link(walk.held),
    }  # fmt: skip
    for name, look in steps.items():
        walk.trail.follow(name, look)
    walk.trail.links += _lineage.links(walk.ledger, walk.storage, walk.database, walk.model, every_byte=config["every_byte"])
    walk.trail.follow("charge", lambda: _charge(walk))
    walk.trail.follow("chain", lambda: _again.chain(walk))
    walk.trail.follow("detection", lambda: _again.detection(walk))
    return walk


def _sighting(walk: Walk, path: str) -> Link:
    """The files of one run say the same of a frame: which footage it is of, and how many people were seen in it."""
    row, name = walk.row, str(walk.wanted)
    facts = {**row, "file": path}
    listed = predictions.looked_at(walk.storage, walk.wanted.run, walk.wanted.camera, walk.wanted.time)
    if listed is None:
        return Link("sighting", name, "broken", "the run's list of frames does not have this frame", facts)
    people = len(predictions.seen_at(walk.storage, walk.wanted.run, walk.wanted.camera, walk.wanted.time))
    if (listed["segment"], listed["frame"], listed["people"]) != (row["segment"], row["frame"], people):
        says = f"the run's list of frames says {listed['people']} people in frame {listed['frame']}, its sightings are {people}"
        return Link("sighting", name, "broken", f"{says}: a file was changed", facts)
    says = f"{row['person']} ({row['confidence']:.2f}) at x {row['x']:.2f} m, y {row['y']:.2f} m in {row['zone']}"
    return Link("sighting", name, "verified", f"{says}; one of {people} people in the frame, as the run's list says", facts)


def _track(walk: Walk) -> Link:
    known, place = predictions.track(walk.storage, walk.wanted), predictions.position(walk.storage, walk.wanted)
    names = ", ".join(f"{person} {count}" for person, count in list(known["people"].items())[:3])
    seconds = (known["last"] - known["first"]) / 1e9
    says = f"{known['sightings']} sightings in {seconds:.1f} s ({names})"
    if place is None:
        return Link("track", str(walk.wanted.track), "unknown", f"{says}; no position of the site names it at that moment", known)
    says = f"{says}; part of identity {place['identity']} of the site, {place['person']}"
    return Link("track", str(walk.wanted.track), "verified", says, {**known, "position": place})


def _run(walk: Walk) -> Link:
    """Whether the words of the track run still give what decided its sightings: its key is the digest of all that."""
    if walk.run is None:
        return Link("run", walk.wanted.run, "unknown", "the database has no track run of that key")
    words = f"flows.track with {' '.join(walk.run['overrides']) or 'no words'}"
    facts = {name: walk.run.get(name) for name in ("overrides", "commit", "dirty", "repeatable")}
    if not walk.run.get("repeatable"):
        return Link("run", walk.wanted.run, "unknown", f"{words}: the run has not written down the digest of its config", facts)
    from flows.track import repeatable_key

    try:
        same = repeatable_key(*walk.applied) == walk.run["repeatable"]
    except InputError as error:
        return Link("run", walk.wanted.run, "unknown", f"{words}: this cannot be composed any more: {error}", facts)
    if same:
        says = "cameras, steps, model and tracker of today are those of then, by the digest of them all"
        return Link("run", walk.wanted.run, "verified", f"{words}: {says}", facts)
    return Link("run", walk.wanted.run, "unknown", f"{words}: YAML or model are not those of then any more", facts)


def _segment(walk: Walk) -> Link:
    row = walk.held
    if row is None:
        says = "this footage was watched straight from its source and never put into the store; flows.ingest does that"
        return Link("segment", walk.row["segment"], "unknown", says)
    return footage.segment_link(walk.storage, row)


def _camera(walk: Walk) -> Link:
    return footage.camera_link(walk.database, walk.wanted.camera, walk.row["camera_version"], walk.wanted.time)


def _charge(walk: Walk) -> Link:
    """Whether the version that was applied was in charge when the run began, as the ledger of that says."""
    from components.database.charges import Charges

    if not walk.model or walk.run is None:
        return Link("charge", "", "unknown", "no registered model was applied, so nobody was in charge")
    name, _, version = walk.model.partition("/")
    rows = Charges(walk.database).at(walk.run["started"], model=name, alias="champion")
    if not rows:
        return Link("charge", walk.model, "unknown", "the ledger knows of nothing that was in charge then")
    (row,) = rows
    by = f"by {row['who']} on {_tables.moment(row['at'])[:16]} UTC" + (f": {row['why']}" if row["why"] else "")
    if row["version"] == version:
        return Link("charge", walk.model, "verified", f"it was in charge, appointed {by}", row)
    says = f"{name}/{row['version']} was in charge, appointed {by}; the run was told to apply this one"
    return Link("charge", walk.model, "unknown", says, row)
