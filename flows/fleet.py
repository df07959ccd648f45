"""Show a fleet, enter it into the registry, say what it costs, or import one: `python -m flows.fleet fleet=simulated_ward`."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from annotated_types import Interval

from components.contracts import Sampler
from components.fleet.budget import Budget
from components.fleet.imports import Imports
from flows import _fleet, _launch, _prefect, _wiring
from flows._moments import moment
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with `since` in ns."""
    config = _wiring.plan("fleet", overrides, calls)
    for name in config["fleet"].get("profiles") or {}:  # what is wrong in one is said before its hours come
        if name != config["fleet"].get("profile"):
            _wiring.plan("fleet", [*overrides, f"++fleet.profile={name}"], calls)
    since = moment("since", config["since"])
    return {**config, "since": time.time_ns() if since is None else since}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    for name, source in _fleet.cameras(config["fleet"]).items():
        yield _wiring.Call(_camera, {"source": source}, {"source": f"fleet.cameras.{name}"})


def _options(
    do: Literal["show", "apply", "budget", "import"], since: str | None, measure: Annotated[float, Interval(gt=0, le=600)] | None,
    budget: Budget, imports: Imports, sampling: Sampler, storage: Any, database: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def _camera(source: Any) -> None:
    """A camera, at work or of footage."""


def fleet(overrides: Sequence[str] = ()) -> Summary:
    """What the config's `do` says."""
    from flows import _budget, _imported, _registered

    config = plan(overrides)
    words = shlex.join(word for word in overrides if word.lstrip("+~").startswith(("fleet", "since")))
    if config["do"] == "import":
        return _imported.imported(config)
    if config["do"] == "budget":
        return _budget.budget(config, overrides, words)
    return _registered.entered(config, words) if config["do"] == "apply" else _registered.shown(config, words)


__getattr__ = _prefect.exported(fleet)
main = _launch.command(fleet)

if __name__ == "__main__":
    main()
