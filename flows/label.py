"""Import labels, have some proposed and reviewed: `python -m flows.label do=import format=coco file=labels.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval

from components.contracts import Detector, InputError, Progress, Sampler, Step
from flows import _labels, _launch, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

NEEDS = {  # what every word needs
    "list": (), "stale": (), "import": ("format", "file", "name", "owner"), "propose": ("name", "owner"),
    "review": ("set", "format", "folder"), "accept": ("set", "owner"),
}  # fmt: skip


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("label", overrides, calls)
    chosen = config["do"]
    if absent := [key for key in NEEDS[chosen] if config[key] is None]:
        raise InputError(f"do={chosen} needs {' and '.join(f'{key}=...' for key in absent)}")
    if (config["pictures"] == "frames") != (config["camera"] is not None):
        raise InputError(f"pictures={config['pictures']} camera={config['camera']}: counted frames are those of one camera=...")
    if chosen == "accept" and (config["file"] is None) != (config["format"] is None):
        raise InputError("do=accept takes file=... and format=... of what was reviewed, or neither where it was right")
    if chosen == "review" and config["format"] not in ("cvat_images", "label_studio"):
        raise InputError(f"format={config['format']}: a review is written as cvat_images or label_studio")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    do: Literal["list", "import", "propose", "review", "accept", "stale"],
    format: Literal["coco", "yolo", "mot", "cvat_images", "cvat_video", "label_studio"] | None,
    file: str | None, classes: list[str], name: str | None, owner: str | None, set: str | None, dataset: str | None,
    pictures: Literal["keys", "frames"], camera: str | None, first_frame: Annotated[int, Ge(0)],
    size: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]] | None, only: list[str] | None,
    least: Annotated[float, Interval(ge=0, le=1)], folder: str | None, model_cache: str, detector: Detector, sampling: Sampler,
    preprocessing: tuple[Step, ...], storage: Any, database: Any, ledger: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def label(overrides: Sequence[str] = ()) -> Summary:
    """The one thing that `do` asks for."""
    config = plan(overrides)
    if config["do"] in _labels.SHORT:
        return _labels.SHORT[config["do"]](config, lambda _done, _total: None)
    if config["do"] == "propose":
        from flows import _models

        config = _models.resolve({**config, "identity": None}, overrides).config
    (done,) = each(work, [Job(config["do"], config)], Runner("local"))
    if failures := failures_of([done]):
        return Summary("failed", failures=failures)
    return _labels.summed(config["do"], done.result)


def work(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: what reads many pictures."""
    return _labels.WORK[spec["do"]](spec, progress)


__getattr__ = _prefect.exported(label)
main = _launch.command(label)

if __name__ == "__main__":
    main()
