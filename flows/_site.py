"""The site-wide part of a track run: what all cameras saw becomes one identity per person."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from time import time_ns
from typing import Any

from components.contracts import InputError, Position, Progress, Sighting, digest_of
from flows import _wiring
from flows._live import EVERY, Live
from flows._workers import Done, Job

SECOND = 1_000_000_000  # ns
OLD = 5 * SECOND  # how far behind the newest camera another may be
GONE = 5.0  # s without anybody in any view, after which the page shows nobody
FACTS = 5.0  # s of fleet time between two entries of facts
AHEAD = 31 * 86_400 * SECOND  # of the dated shifts that a live run knows when it begins, besides the month that is near
LEAVING = 15.0  # s that the last positions get to arrive

_LOG = logging.getLogger(__name__)


def jobs(config: Mapping[str, Any], run_key: str, groups: Sequence[Done]) -> list[Job]:
    """The one job of the site, after all `groups` of its cameras have been followed; none where nobody was seen."""
    done = [group.result for group in groups if not group.problem]
    sightings = sum(result["sightings"] for result in done)
    if not sightings:
        return []
    fleet, footage = config["fleet"], {name: seen["frames"] for result in done for name, seen in result["cameras"].items()}
    spec = {name: config[name] for name in ("association", "presence", "crossing", "storage", "database")}
    start, end = (
        pick(seen[name] for result in done for seen in result["cameras"].values() if seen["frames"] or seen["rejected"])
        for pick, name in ((min, "first"), (max, "last"))
    )
    spec |= {"start": start, "end": end}
    spec |= {"run_key": run_key, "site": fleet["site"], "zones": fleet["zones"], "staff": fleet["staff"]}
    return [Job(fleet["site"], {**spec, "sightings": sightings, "footage": footage})]


def associate_site(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: identities of a whole site from the sightings in the store, unless that was done before."""
    from components.database.runs import Steps
    from components.storage.positions import there

    storage, database = _wiring.make(spec["storage"]), _wiring.make(spec["database"])
    spec = {**spec, "presence": _dated(spec["presence"], database, spec["start"], spec["end"])}
    made_with = [spec[name] for name in ("association", "presence", "crossing")]
    key = digest_of(["associate", spec["run_key"], storage.url, *made_with, sorted(spec["footage"].items())])
    return Steps(database, "track").once(
        key, spec["site"], lambda: _associated(spec, storage, database, progress), still=lambda: there(storage, spec["run_key"])
    )


def _associated(spec: Mapping[str, Any], storage: Any, database: Any, progress: Progress) -> dict[str, Any]:
    from components.database.positions import replacing
    from components.storage.outlet import AtOnce
    from components.storage.positions import PositionStore, positions_in_order
    from components.storage.sightings import sightings_in_order

    associator, store = _wiring.make(spec["association"]), PositionStore(AtOnce(storage, database), spec["run_key"])
    done, newest, people = 0, list[Position](), set[str]()
    for moment, group in groupby(sightings_in_order(storage, spec["run_key"]), key=lambda seen: seen.time // associator.step):
        sightings = list(group)
        finished = associator.see(moment * associator.step, sightings)
        people.update(position.identity for position in finished)
        store.write(finished)
        newest, done = associator.now() or newest, done + len(sightings)
        progress(done, spec["sightings"])
    store.write(associator.close())
    store.close()
    database.apply(replacing(spec["run_key"], spec["site"], newest))
    facts = _facts(spec, database, associator.step, every=3600.0)
    facts.record(positions_in_order(storage, spec["run_key"]), start=spec["start"], end=spec["end"])
    return {"positions": store.written, "identities": len(people)}


def _dated(presence: dict[str, Any], database: Any, start: int, end: int) -> dict[str, Any]:
    """With the dated shifts of the roster's people about that time (fleet time, ns), as far as the database has some."""
    from components.database.staff import Staff

    shifts = Staff(database).dated(start, end) if presence.get("roster") else {}
    if not shifts:
        return presence
    people = [{**person, "shifts": shifts[person["id"]]} if person["id"] in shifts else person for person in presence["roster"]]
    return {**presence, "roster": people}


def _facts(spec: Mapping[str, Any], database: Any, step: int, *, every: float) -> Any:
    """Where the positions of a site become stays, occupancy and the rest that people ask about."""
    from components.database.fact_store import FactStore
    from components.facts.facts import Facts

    facts = Facts(_wiring.make(spec["presence"]), crossings=_wiring.make(spec["crossing"]), step=step / SECOND)
    words = {"run": spec["run_key"], "site": spec["site"], "timezone": spec["presence"]["timezone"]}
    return FactStore(database, facts, **words, every=every, step=step / SECOND)


@contextmanager
def watching(config: Mapping[str, Any], run_key: str) -> Iterator[list[Done]]:
    """While the block runs, a thread makes identities of what all live cameras see; what came of it is in the list then."""
    result: list[Done] = []
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(config, run_key, ended, result), name="association", daemon=True)
    thread.start()
    try:
        yield result
    finally:
        ended.set()
        thread.join(LEAVING)


def _watch(config: Mapping[str, Any], run_key: str, ended: threading.Event, result: list[Done]) -> None:
    """In a thread: look, associate, say; and again where that went wrong, as the cameras go on too."""
    watch, problem = _Watch(config, run_key), ""
    while not ended.wait(EVERY):
        try:
            watch.look()
            problem = ""
        except Exception as error:  # nobody foresaw it; who is where matters more than why it failed once
            if problem != str(error):
                _LOG.warning("identities: unexpected %s: %s", type(error).__name__, error, exc_info=error)
            problem = str(error)
    watch.close()
    result.append(Done(config["fleet"]["site"], {"positions": watch.store.written, "identities": len(watch.people)}))


class _Watch:
    """Who is where on a live site: the newest sightings in, positions and facts out."""

    def __init__(self, config: Mapping[str, Any], run_key: str) -> None:
        from components.storage.outlet import Behind
        from components.storage.positions import PositionStore
        from components.storage.spool import Spool

        live, self._site, self._run = _wiring.make(config["live"], Live), config["fleet"]["site"], run_key
        storage, database, self._associator = (_wiring.make(config[name]) for name in ("storage", "database", "association"))
        spool = Spool(storage, folder=Path(live.spool), owner=digest_of(self._site)[:12], megabytes=live.spool_megabytes)
        self._outlet = Behind(spool, database)
        self.store = PositionStore(self._outlet, run_key, length=live.file_seconds * SECOND)
        now = time_ns()
        presence = _dated(config["presence"], database, now, now + AHEAD)
        spec = {**config, "presence": presence, "run_key": run_key, "site": self._site}
        self._facts = _facts(spec, database, self._associator.step, every=FACTS)
        self._views, self.people = _Views(database, run_key), set[str]()
        self._now, self._silent = 0, 0.0

    def look(self) -> None:
        """What came since the last look; the page shows nobody where nothing came for long."""
        from components.database.positions import replacing

        fresh, step = self._views.fresh(), self._associator.step
        if fresh:
            self._now, self._silent = max(self._now, fresh[-1].time // step * step), 0.0
            self._keep(self._associator.see(self._now, fresh))
            self._outlet.rows(replacing(self._run, self._site, self._associator.now()))
        elif not self._views.problem:
            self._silent += EVERY
            if self._silent > GONE:
                self._outlet.rows(replacing(self._run, self._site, []))

    def close(self) -> None:
        self._keep(self._associator.close())
        self.store.close()
        self._outlet.close()
        with suppress(InputError):  # the database is away; what it lacks can be made from the files
            self._facts.close()

    def _keep(self, finished: Sequence[Position]) -> None:
        """These positions are final."""
        from components.facts.moments import moments

        self.people.update(position.identity for position in finished)
        self.store.write(finished)
        for time, there in moments(finished, step=self._associator.step / SECOND):
            self._facts.write(time, there)


class _Views:
    """What the cameras of a live run have seen since the last look."""

    def __init__(self, database: Any, run_key: str) -> None:
        self._database, self._run = database, run_key
        self._known: dict[tuple[str, int], int] = {}  # track -> time of its newest sighting
        self._newest, self.problem = 0, ""

    def fresh(self) -> list[Sighting]:
        """In order of time; nothing while the database is away, which is said once."""
        from components.database.positions import latest_sightings

        try:
            rows = latest_sightings(self._database, self._run, self._newest - OLD)
        except InputError as error:
            if not self.problem:
                _LOG.warning("identities wait: %s", error)
            self.problem = str(error)
            return []
        self.problem = ""
        fresh = [row for row in rows if row.time > self._known.get((row.camera, row.track), -1)]
        self._known = {(row.camera, row.track): row.time for row in rows}
        self._newest = max([self._newest, *(row.time for row in rows)])
        return fresh
