"""List, show, compare, verify and export datasets: `python -m flows.datasets`, `show=latest`, `diff=[OLD,NEW]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from components.contracts import InputError, Progress
from flows import _datasets, _launch, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

WORDS = ("show", "diff", "verify", "export")  # one of them, or none for a list


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("datasets", overrides, calls)
    if len(chosen := [word for word in WORDS if config[word] is not None]) > 1:
        raise InputError(f"{' and '.join(chosen)} are asked for at once; expected one of them, or none for a list")
    if config["frame"] is not None and config["show"] is None:
        raise InputError(f"frame={config['frame']}: of which dataset? add show=latest, or a digest")
    if config["diff"] is not None and len(config["diff"]) != 2:
        raise InputError(f"diff={config['diff']}: expected two datasets, such as diff=[{'1' * 8},latest]")
    if (config["export"] is None) != (config["folder"] is None):
        raise InputError("an export needs export=... and folder=...; one of them is missing")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    show: str | None, frame: str | None, diff: list[str] | None, verify: str | None, export: str | None,
    to: Literal["coco", "yolo", "mot", "fiftyone"], folder: str | None, storage: Any, database: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def datasets(overrides: Sequence[str] = ()) -> Summary:
    """The one thing that the words ask for."""
    config = plan(overrides)
    chosen = next((word for word in WORDS if config[word] is not None), "list")
    database = _wiring.make(config["database"])
    match chosen:
        case "list":
            return _datasets.listed(_wiring.make(config["storage"]), database)
        case "show":
            dataset = _datasets.opened(config["show"], config["storage"], database)
            return _datasets.shown(dataset) if config["frame"] is None else _datasets.frame(dataset, config["frame"])
    spec = {**config, "do": chosen, "digests": _datasets.digests(config, chosen, database)}
    (done,) = each(work, [Job(f"{chosen} {', '.join(digest[:12] for digest in spec['digests'])}", spec)], Runner("local"))
    if failures := failures_of([done]):
        return Summary("failed", failures=failures)
    return _datasets.summed(chosen, done.result)


def work(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: what reads whole datasets."""
    return _datasets.WORK[spec["do"]](spec, progress)


__getattr__ = _prefect.exported(datasets)
main = _launch.command(datasets)

if __name__ == "__main__":
    main()
