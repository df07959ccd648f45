"""Put two evaluations side by side, if they may be compared: `python -m flows.compare runs=[latest~1,latest]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from components.contracts import InputError
from flows import _basis, _launch, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    return _wiring.plan("compare", overrides, calls)


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(runs: tuple[str, str], anyway: bool, every: bool, ledger: Any, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def compare(overrides: Sequence[str] = ()) -> Summary:
    """Every figure of both, with the difference. Raises InputError where that would compare what cannot be compared."""
    from components.evaluation.comparison import basis_of
    from components.evaluation.comparison import compare as beside

    config = plan(overrides)
    ledger = _wiring.make(config["ledger"])
    a, b = (ledger.evaluation(word, artifact=_basis.ARTIFACT) for word in config["runs"])
    found = beside(basis_of(a.basis), basis_of(b.basis), a.metrics, b.metrics)
    said = [f"{each.part}: {each.says}" for each in found.differences]
    if said and not config["anyway"]:
        raise InputError("\n  ".join([
            f"a ({_name(a)}) and b ({_name(b)}) cannot be compared: they differ in more than what was evaluated:", *said,
            "anyway=true compares them all the same",
        ]))  # fmt: skip
    figures = {"a": _name(a), "b": _name(b)}
    figures |= {f"differs {number}": each for number, each in enumerate(said, 1)}
    figures |= {each.name: _beside(each) for each in found.figures if config["every"] or "." not in each.name}
    note = "these figures do not stand on the same ground: what differs is listed first" if said else ""
    details = {"runs": [a.run, b.run], "comparable": found.comparable, "differences": said}
    details |= {"figures": {each.name: [each.a, each.b, each.change] for each in found.figures}}
    shared: dict[str, str] = {} if said else {str(part): digest for part, digest in basis_of(a.basis).digests().items()}
    return Summary("completed", figures, shared, note=note, details=details)


def _name(run: Any) -> str:
    return f"{run.run[:8]} {run.title}"


def _beside(figure: Any) -> str:
    """Both values, and the way from the first to the second."""
    a, b = ("-" if value is None else f"{value:.4g}" for value in (figure.a, figure.b))
    return f"{a} -> {b}" if figure.change is None else f"{a} -> {b} ({figure.change:+.4g})"


__getattr__ = _prefect.exported(compare)
main = _launch.command(compare)

if __name__ == "__main__":
    main()
