"""Put one version of a model in charge, if it passes the gates: `python -m flows.promote version=3 reason="better at night"`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from components.contracts import InputError
from components.promotion.candidate import Gate
from flows import _charge, _launch, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("promote", overrides, calls)
    _charge.why(config, needed="force=true" if config["force"] else "")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    name: str, version: int | str, alias: Literal["champion", "challenger"], reason: str | None, by: str | None, force: bool,
    gates: tuple[Gate, ...], ledger: Any, database: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def promote(overrides: Sequence[str] = ()) -> Summary:
    """Move the alias to the version where no gate refuses it; `flows.track` uses `champion` from its next start."""
    from components.database.charges import Charge

    config = plan(overrides)
    ledger, database, charges = _charge.made(config)
    said = _charge.repaired(charges, ledger)
    name, alias = config["name"], config["alias"]
    version = ledger.number(name, str(config["version"]))
    before, model = ledger.means(name, alias), f"{name}/{version}"
    figures = {"model": model, "alias": alias, "previous": before or "none"}
    if before == version:
        return Summary("unchanged", figures, note=f"version {version} was {alias} already", next=_next(alias))
    reasons = _reasons(config, ledger, name, version)
    charge = Charge(
        kind="refused", model=name, alias=alias, version=version, before=before, cameras=charges.cameras(),
        who=_charge.who(config), why=_charge.why(config), detail={"gates": reasons, "forced": bool(config["force"])},
    )  # fmt: skip
    if reasons and not config["force"]:
        charges.refuse(charge)
        failures = {f"gate {number}": reason for number, reason in enumerate(reasons, 1)}
        note = 'it stays as it was; force=true with reason="..." puts it in charge all the same'
        return Summary("failed", figures, failures=failures, note=note, details={"reasons": reasons})
    _charge.appoint(charges, ledger, database, charge)
    forced = f"{len(reasons)} gates refused it, and it was forced" if reasons else ""
    first = "nothing was in charge before, so it was compared with nothing" if not before and alias == "champion" else ""
    note = "; ".join(filter(None, (said, forced, first)))
    return Summary("completed", figures, note=note, next=_next(alias), details={"reasons": reasons})


def _reasons(config: dict[str, Any], ledger: Any, name: str, version: str) -> list[str]:
    """Why the version must not be in charge; a challenger serves nothing, so nothing is asked of it."""
    if config["alias"] != "champion":
        return []
    champion = ledger.means(name, "champion")
    found = _charge.candidate(ledger, f"{name}/{version}", f"{name}/{champion}" if champion else "")
    gates = _wiring.make(config["gates"], tuple[Gate, ...])
    if not isinstance(gates, list | tuple):
        raise InputError("gates: expected a list of gates, as in conf/gates/standard.yaml")
    return _charge.judged(gates, found)


def _next(alias: str) -> str:
    return "python -m flows.track" if alias == "champion" else "python -m flows.shadow"


__getattr__ = _prefect.exported(promote)
main = _launch.command(promote)

if __name__ == "__main__":
    main()
