"""Putting versions in charge: who, why, through which gates, and every entry of it in the ledger."""

from __future__ import annotations

import getpass
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.contracts import InputError
from flows import _basis, _wiring

LONGEST = 2048  # characters of a reason


def who(config: Mapping[str, Any]) -> str:
    """Who is at it."""
    try:
        return str(config["by"] or getpass.getuser())
    except (OSError, KeyError, ImportError) as error:  # a container without a user of that number
        raise InputError("by: nobody knows who you are here; say it with by=...") from error


def why(config: Mapping[str, Any], *, needed: str = "") -> str:
    """The reason. Raises InputError where one is `needed` (for what) and there is none, or it is too long."""
    reason = str(config["reason"] or "").strip()
    if needed and not reason:
        raise InputError(f'{needed} needs a reason, which stays in the ledger: reason="..."')
    if len(reason) > LONGEST:
        raise InputError(f"reason has {len(reason)} characters; expected at most {LONGEST}")
    return reason


def repaired(charges: Any, ledger: Any) -> str:
    """End what a crash has left open; what to say of it."""
    rows = charges.repair(ledger.means)
    ended = [f"an interrupted change to {row['model']}/{row['version']} was {row['kind']}" for row in rows]
    going = [
        f"{row['who']} began to put {row['model']}/{row['version']} in charge {(time.time_ns() - row['at']) / 1e9:.0f} s ago: "
        "still at it, or interrupted; a minute after its beginning it is ended"
        for row in charges.open()
    ]
    return "; ".join([*ended, *going])


def candidate(ledger: Any, model: str, champion: str) -> Any:
    """What the gates look at: both versions with their newest evaluations on the dataset that `model` was evaluated on last."""
    from components.evaluation.comparison import basis_of, differences
    from components.promotion.candidate import Candidate, Measured

    mine = _evaluation(ledger, model, "")
    dataset = mine.tags.get("digest.dataset", "") if mine else ""
    other = _evaluation(ledger, champion, dataset) if champion else None
    said: tuple[str, ...] = ()
    if mine and other and mine.basis and other.basis:
        said = tuple(f"{one.part}: {one.says}" for one in differences(basis_of(other.basis), basis_of(mine.basis)))
    with tempfile.TemporaryDirectory(prefix="wardflow-promote-") as folder:
        fetched = ledger.resolve(f"models:/{model}", folder=Path(folder))
        card = json.loads((fetched.folder / "model.json").read_text())
    measured = Measured(model=champion, metrics=other.metrics if other else None) if champion else None
    return Candidate(
        version=Measured(model=model, metrics=mine.metrics if mine else None), champion=measured, differences=said, card=card
    )


def _evaluation(ledger: Any, model: str, dataset: str) -> Any:
    """The newest one of a version; None where there is none."""
    try:
        return ledger.evaluation(model, artifact=_basis.ARTIFACT, dataset=dataset)
    except InputError:
        return None


def judged(gates: Sequence[Any], candidate: Any) -> list[str]:
    """Every reason why the version must not be in charge, gate by gate."""
    return [reason for gate in gates for reason in gate.judge(candidate)]


def appoint(charges: Any, ledger: Any, database: Any, charge: Any) -> None:
    """Put the version in charge, and note down beside the model how far the ledger goes now."""
    from components.database.charges import CHAIN

    charges.appoint(charge, ledger.means, lambda name, version, alias: ledger.promote(name, version=version, alias=alias))
    ledger.anchor(charge.model, *CHAIN.head(database))


def broken(ledger: Any, database: Any) -> list[str]:
    """What of the ledger is not as it was entered, and aliases that mean something else than it says."""
    from components.database.charges import CHAIN, Charges

    problems = CHAIN.broken(database)
    for name, (number, digest) in ledger.anchors().items():
        if not CHAIN.has(database, number, digest):
            problems.append(f"row {number} is gone or was changed: model {name} has noted down its digest {digest[:12]}")
    for row in Charges(database).at(2**62):
        now = ledger.means(row["model"], row["alias"])
        if now != row["version"]:
            problems.append(
                f"{row['model']}@{row['alias']} means version {now or 'none'}, the ledger says {row['version']}: "
                "somebody has moved the alias without it"
            )
    return problems


def made(config: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Ledger, database, and the entries of what was in charge."""
    from components.database.charges import Charges

    ledger, database = _wiring.make(config["ledger"]), _wiring.make(config["database"])
    return ledger, database, Charges(database)
