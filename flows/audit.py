"""Where a prediction came from, and what became of a frame: `python -m flows.audit camera=bay_a at=2026-03-02T14:00:03`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from components.contracts import InputError
from flows import _audited, _launch, _prefect, _wiring
from flows._moments import moment
from flows._summary import Summary

Checked = Literal["all", "ledgers", "cameras", "footage", "datasets", "labels", "models"]
ASKED = ("prediction", "frame", "verify", "at")


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("audit", overrides, calls)
    asked = [name for name in ASKED if config[name] is not None]
    if len(asked) != 1:
        what = f"not {' and '.join(asked)} at once" if asked else "and none was given"
        raise InputError(f"audit needs one of prediction=..., frame=..., camera=... with at=..., or verify=all; {what}")
    if (config["at"] is None) != (config["camera"] is None):
        raise InputError("camera=... and at=... belong together: they ask what was predicted there then")
    return {**config, "at": moment("at", config["at"])}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    prediction: str | None, frame: str | None, verify: Checked | None, camera: str | None, at: str | None, run: str | None,
    every_byte: bool, folder: str, model_cache: str, storage: Any, database: Any, ledger: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def audit(overrides: Sequence[str] = ()) -> Summary:
    """One question, answered link by link; a broken link makes the run fail."""
    config = plan(overrides)
    if config["prediction"]:
        return _audited.prediction(config)
    if config["frame"]:
        return _audited.frame(config)
    return _audited.verify(config) if config["verify"] else _audited.moment(config)


__getattr__ = _prefect.exported(audit)
main = _launch.command(audit)

if __name__ == "__main__":
    main()
