"""Every digest that was ever written down, against what is there now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.audit import footage
from components.audit.trail import Link, Trail
from components.contracts import InputError, Progress
from flows import _charge, _lineage, _wiring
from flows._workers import Job, Runner, each, failures_of

NAMED = 20  # links that are not verified and are named, of each kind; the others are counted
Look = Callable[[Any, Any, Any], Iterator[Link]]


def every(config: Mapping[str, Any]) -> tuple[dict[str, dict[str, int]], list[Link]]:
    """Counts by kind and state, and the links that are not verified: the broken ones first."""
    kinds = list(KINDS) if config["verify"] == "all" else [config["verify"]]
    shared = {name: config[name] for name in ("storage", "database", "ledger")}
    outcomes = each(check, [Job(kind, {**shared, "kind": kind}) for kind in kinds], Runner("local"))
    if failures := failures_of(outcomes):
        raise InputError("; ".join(f"{kind}: {problem}" for kind, problem in failures.items()))
    counts = {done.name: done.result["counts"] for done in outcomes}
    links = [Link(**link) for done in outcomes for link in done.result["links"]]
    return counts, sorted(links, key=lambda link: link.state != "broken")


def check(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: all links of one kind."""
    counts: Counter[str] = Counter(verified=0, unknown=0, broken=0)
    named: list[dict[str, Any]] = []
    parts = (_wiring.make(spec[name]) for name in ("storage", "database", "ledger"))
    for done, link in enumerate(KINDS[spec["kind"]](*parts), 1):
        counts[link.state] += 1
        if link.state != "verified" and sum(one["state"] == link.state for one in named) < NAMED:
            named.append({**link.plain(), "facts": {}})
        progress(done, 0)
    return {"counts": dict(counts), "links": named}


def _held(name: str, thing: str, look: Callable[[], Link]) -> Link:
    """The link that `look` gives; what cannot be read is broken."""
    link = Trail().follow(name, look)
    return link if link.thing else Link(name, thing, link.state, link.says)


def _ledgers(_storage: Any, database: Any, ledger: Any) -> Iterator[Link]:
    """Rows that are only ever added."""
    from components.database.charges import CHAIN
    from components.retention.chain import broken, head

    for name, (number, digest), problems in (
        ("retention", head(database), broken(database)),
        ("charge", CHAIN.head(database), _charge.broken(ledger, database)),
    ):
        says = problems[0] if problems else f"{number} rows, each bound to the one before"
        yield Link(name, digest[:12], "broken" if problems else "verified", says)


def _cameras(_storage: Any, database: Any, _ledger: Any) -> Iterator[Link]:
    """The version of an entry of the registry is its digest."""
    from sqlalchemy import select

    from components.database.registry import camera_of
    from components.database.schema import CameraVersion

    with database.session() as session:
        rows = [(camera_of(row), row.version) for row in session.scalars(select(CameraVersion).order_by(CameraVersion.id))]
    for camera, version in rows:
        agrees = camera.version == version
        says = "the entry has the digest that is its name" if agrees else f"the entry was edited: it has {camera.version[:12]}"
        yield Link("camera", f"{camera.id} {version[:12]}", "verified" if agrees else "broken", says)


def _footage(storage: Any, database: Any, _ledger: Any) -> Iterator[Link]:
    for segment in footage.every(database):
        yield _held("segment", segment.path, lambda segment=segment: footage.segment_link(storage, segment))  # type: ignore[misc]


def _datasets(storage: Any, database: Any, _ledger: Any) -> Iterator[Link]:
    from sqlalchemy import select

    from components.database.schema import DatasetRow

    with database.session() as session:
        digests = list(session.scalars(select(DatasetRow.digest).order_by(DatasetRow.created)))
    for digest in digests:
        look = lambda digest=digest: _lineage.dataset(storage, database, digest, every_byte=True)  # noqa: E731
        yield _held("dataset", digest, look)


def _labels(storage: Any, database: Any, _ledger: Any) -> Iterator[Link]:
    from components.labels.sets import LabelSets

    sets = LabelSets(storage, database)
    for one in sets.all():

        def look(one: Any = one) -> Link:
            table = sets.read(one)
            return Link("labels", one.digest, "verified", f"{table.num_rows:,} rows have the digest that is their name")

        yield _held("labels", one.digest, look)


def _models(_storage: Any, _database: Any, ledger: Any) -> Iterator[Link]:
    """Files, card, config and commit of every version; their datasets are looked at as datasets."""
    for one in ledger.lineages():
        yield from _lineage.version(ledger, one.model)


KINDS: dict[str, Look] = {
    "ledgers": _ledgers, "cameras": _cameras, "footage": _footage, "datasets": _datasets, "labels": _labels, "models": _models,
}  # fmt: skip
