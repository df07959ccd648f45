"""Put back in charge what was before, after everything that it needs was verified: `python -m flows.rollback reason="..."`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from components.audit.trail import Link, Trail
from components.contracts import InputError, digest_of
from flows import _audited, _charge, _launch, _lineage, _prefect, _wiring
from flows._summary import Summary

ENOUGH = ("commit",)  # what may be unknown: a model that was trained from a changed checkout serves as it did


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("rollback", overrides, calls)
    _charge.why(config, needed="a rollback")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    name: str, alias: Literal["champion", "challenger"], to: int | str, reason: str | None, by: str | None, every_byte: bool,
    storage: Any, ledger: Any, database: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def rollback(overrides: Sequence[str] = ()) -> Summary:
    """Verify first, then switch; where anything is not as it was, nothing is switched."""
    from components.database.charges import Charge

    config = plan(overrides)
    ledger, database, charges = _charge.made(config)
    said = _charge.repaired(charges, ledger)
    name, alias = config["name"], config["alias"]
    now = ledger.means(name, alias)
    version = _target(config, ledger, charges, now)
    figures = {"model": f"{name}/{version}", "alias": alias, "previous": now or "none"}
    links = verified(ledger, _wiring.make(config["storage"]), database, f"{name}/{version}", every_byte=config["every_byte"])
    _audited.show(links)
    wrong = {link.name: link.says for link in links if not _enough(link)}
    states = [{"link": link.name, "thing": link.thing, "state": link.state} for link in links]
    charge = Charge(
        kind="refused", model=name, alias=alias, version=version, before=now, cameras=charges.cameras(),
        who=_charge.who(config), why=_charge.why(config), detail={"rollback": True, "verified": states},
    )  # fmt: skip
    details = {"links": [link.plain() for link in links]}
    if wrong:
        charges.refuse(charge)
        note = f"{name}/{now or 'none'} stays in charge: version {version} could not be served as it was"
        return Summary("failed", figures, failures=wrong, note=note, details=details)
    _charge.appoint(charges, ledger, database, charge)
    forth = f"python -m flows.rollback name={name} alias={alias} to={now} reason=..." if now else ""
    note = "; ".join(filter(None, (said, f"forth again: {forth}" if forth else "")))
    return Summary("completed", figures, note=note, next="python -m flows.track", details=details)


def _enough(link: Link) -> bool:
    """Whether a link lets the version be served as it was."""
    return link.state == "verified" or (link.state == "unknown" and link.name in ENOUGH)


def _target(config: dict[str, Any], ledger: Any, charges: Any, now: str) -> str:
    """The version to go back to. Raises InputError where there is none, or it is in charge already."""
    name, alias = config["name"], config["alias"]
    version = charges.before(name, alias, now) if config["to"] == "previous" else ledger.number(name, str(config["to"]))
    if not version:
        raise InputError(
            f"to=previous: the ledger knows of nothing that was {alias} before {name}/{now or 'none'}; give to=NUMBER"
        )
    if version == now:
        raise InputError(f"to={config['to']}: {name}/{version} is {alias} already")
    return str(version)


def verified(ledger: Any, storage: Any, database: Any, model: str, *, every_byte: bool) -> list[Link]:
    """Weights, dataset, config, commit, chain and cameras of a version, each compared with what was written down of it."""
    trail = Trail(_lineage.links(ledger, storage, database, model, every_byte=every_byte))
    card = trail.named("model").facts
    if card:
        trail.follow("chain", lambda: _chain(card))
        trail.follow("cameras", lambda: _cameras(storage, database, card, ledger))
    return trail.links


def _chain(card: Any) -> Link:
    """Whether serving would apply exactly the chain that the version was trained with."""
    from components.preprocessing.chain import digest

    wanted, here = card["preprocessing_digest"], digest(list(card["preprocessing"]))
    if here != wanted:
        commit = card.get("commit") or "its commit"
        return Link(
            "chain", wanted, "broken", f"the code of its steps has changed since; check {commit[:12]} out, or train again"
        )
    return Link("chain", wanted, "verified", "config and code are those that it was trained with")


def _cameras(storage: Any, database: Any, card: Any, ledger: Any) -> Link:
    """Whether the registry still has the versions of the cameras whose pictures it learned from."""
    from components.database.registry import Registry
    from components.datasets.dataset import StoredDataset

    uses = StoredDataset(card["dataset"], storage=storage).cameras
    wanted, found = ledger.digests(card["version"]).get("cameras", ""), digest_of(uses)
    if found != wanted:
        says = f"the cameras of its dataset have {found[:12]}, and {wanted[:12]} was registered: one of them was changed"
        return Link("cameras", wanted, "broken", says)
    registry = Registry(database)
    gone = [name for name, version in uses.items() if version not in {one.camera.version for one in registry.versions(name)}]
    if gone:
        return Link("cameras", wanted, "broken", f"the registry does not have the version of {', '.join(gone)} any more")
    return Link("cameras", wanted, "verified", f"the registry has the versions of {len(uses)} cameras")


__getattr__ = _prefect.exported(rollback)
main = _launch.command(rollback)

if __name__ == "__main__":
    main()
