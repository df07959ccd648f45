"""Put runs side by side, if they may be compared: `python -m flows.compare runs=[latest-1,latest]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from annotated_types import Ge, Gt, Lt, MinLen

from components.contracts import InputError
from flows import _beside, _launch, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("compare", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    runs: Annotated[tuple[str, ...], MinLen(2)], dataset: str | None, anyway: bool, every: bool,
    metrics: Annotated[tuple[str, ...], MinLen(1)] | None, resamples: Annotated[int, Ge(0)],
    confidence: Annotated[float, Gt(0.0), Lt(1.0)], seed: Annotated[int, Ge(0)], pictures: Annotated[int, Ge(0)],
    reports: str, ledger: Any, database: Any, storage: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def compare(overrides: Sequence[str] = ()) -> Summary:
    """Every figure of all, with how sure it is. Raises InputError where that would compare what cannot be compared."""
    config = plan(overrides)
    ledger = _wiring.make(config["ledger"])
    runs = _beside.runs(config, ledger)
    differences = _beside.grounds(runs)
    if differences and not config["anyway"]:
        raise InputError(_beside.refusal(runs, differences))
    with TemporaryDirectory(prefix="wardflow-") as folder:
        report = _beside.report(config, ledger, runs, differences, folder)
    place = _beside.keep(config, overrides, ledger, runs, report)
    _beside.show(report, every=config["every"])
    return _beside.summary(runs, report, place)


__getattr__ = _prefect.exported(compare)
main = _launch.command(compare)

if __name__ == "__main__":
    main()
