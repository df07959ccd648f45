"""Send a recorded interval through the live path, and see what was seen: `python -m flows.replay since=... until=... speed=4`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from annotated_types import Gt

from components.contracts import InputError
from flows import _launch, _models, _moments, _prefect, _replayed, _stopping, _wiring
from flows import track as _track
from flows._summary import Summary
from flows._workers import Job, Runner, each

OWN = ("since", "until", "speed", "folder")


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with its moments as fleet time."""
    config = _wiring.plan("replay", overrides, calls)
    since, until = (_moments.moment(name, config[name], end=name == "until") for name in ("since", "until"))
    assert since is not None and until is not None, "they are text"
    if since >= until:
        raise InputError(f"since={config['since']} is not before until={config['until']}; expected an interval that was recorded")
    return {**config, "since": since, "until": until}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds; the words of `flows.track` are checked as there."""
    yield from _track.calls(config)
    yield _wiring.Call(_options, config)


def _options(since: str, until: str, speed: Annotated[float, Gt(0)] | Literal["max"], folder: str) -> None:
    """Keys of the root config that the flow itself reads."""


def replay(overrides: Sequence[str] = ()) -> Summary:
    """Every camera as it was at work then; store and database are read, and nothing is written into them."""
    config = plan(overrides)
    words = [word for word in overrides if word.lstrip("+~").split("=")[0].split(".")[0] not in OWN]
    resolved = _models.resolve(_track.planned(words), words)
    names, size = list(resolved.config["sources"]), config["group_size"]
    parts = ("detector", "reid", "batch_size", "storage", "database", *_track.LANE)
    shared = {name: resolved.config[name] for name in parts} | {name: config[name] for name in OWN}
    groups = [names[i : i + size] for i in range(0, len(names), size)]
    jobs = [Job(", ".join(group), {**shared, "cameras": group}) for group in groups]
    with _stopping.listening():
        outcomes = each(_replayed.replay_group, jobs, _wiring.make(config["runner"], Runner))
    return _replayed.summed(outcomes, resolved)


__getattr__ = _prefect.exported(replay)
main = _launch.command(replay)

if __name__ == "__main__":
    main()
