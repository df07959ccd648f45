"""The site-wide part of a track run: what all cameras saw becomes one identity per person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from components.contracts import Progress, digest_of
from flows import _wiring
from flows._workers import Done, Job


def jobs(config: Mapping[str, Any], run_key: str, groups: Sequence[Done]) -> list[Job]:
    """The one job of the site, after all `groups` of its cameras have been followed; none where nobody was seen."""
    done = [group.result for group in groups if not group.problem]
    sightings = sum(result["sightings"] for result in done)
    if not sightings:
        return []
    fleet, footage = config["fleet"], {name: seen["frames"] for result in done for name, seen in result["cameras"].items()}
    spec = {name: config[name] for name in ("association", "storage", "database")}
    spec |= {"run_key": run_key, "site": fleet["site"], "zones": fleet["zones"], "staff": fleet["staff"]}
    return [Job(fleet["site"], {**spec, "sightings": sightings, "footage": footage})]


def associate_site(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: identities of a whole site from the sightings in the store, unless that was done before."""
    from components.database.runs import Steps

    storage, database = _wiring.make(spec["storage"]), _wiring.make(spec["database"])
    key = digest_of(
        ["associate", spec["run_key"], storage.url, spec["association"], spec["zones"], sorted(spec["footage"].items())]
    )
    return Steps(database, "track").once(key, spec["site"], lambda: _associated(spec, storage, database, progress))


def _associated(spec: Mapping[str, Any], storage: Any, database: Any, progress: Progress) -> dict[str, Any]:
    from components.database.positions import replace_positions
    from components.storage.positions import PositionStore
    from components.storage.sightings import sightings_in_order

    associator, store = _wiring.make(spec["association"]), PositionStore(storage, spec["run_key"])
    done, newest, people = 0, [], set[str]()
    for moment, group in groupby(sightings_in_order(storage, spec["run_key"]), key=lambda seen: seen.time // associator.step):
        sightings = list(group)
        finished = associator.see(moment * associator.step, sightings)
        people.update(position.identity for position in finished)
        store.write(finished)
        newest, done = associator.now() or newest, done + len(sightings)
        progress(done, spec["sightings"])
    store.write(associator.close())
    store.close()
    replace_positions(database, spec["run_key"], spec["site"], newest)
    return {"positions": store.written, "identities": len(people)}
