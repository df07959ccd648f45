"""What a fleet would cost, before anything starts, and which camera costs too much."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import secrets
from components.contracts import InputError
from components.fleet.declared import Declared
from flows import _fleet, _tables, _wiring
from flows._fleet import Entry
from flows._origins import Origins
from flows._summary import Summary

if TYPE_CHECKING:
    from components.fleet.budget import Breach
    from components.fleet.cost import Cost
    from components.fleet.measured import Measured

AT_ONCE = 32  # cameras that are asked at the same time
SAID = 10  # cameras over a limit that are named one by one
HEADS = ("camera", "group", "sends", "Mbit/s", "known", "frames/s", "GB/day", "memory (GB)", "cores")
LESS = {  # what makes a figure smaller
    "frames_per_second": "fewer with sampling=fixed_5fps or sampling.fps",
    "gigabytes_per_day": "less with a lower bitrate or a smaller picture, set in the camera and said in {at}",
    "memory_gigabytes": "less with a smaller picture, such as of its second stream, said in {at}",
    "cores": "less with a smaller or slower picture, such as of its second stream, said in {at}, or with sampling=keyframes",
}
CODECS = {"h264": "h264", "hevc": "h265", "h265": "h265", "mjpeg": "mjpeg"}  # as sources name them
KEY = {"gigabytes_per_day": "megabits", "memory_gigabytes": "width", "cores": "fps"}


def budget(config: Mapping[str, Any], overrides: Sequence[str], words: str) -> Summary:
    """Cost of every camera, sums of groups and of the fleet, and the limits that do not hold."""
    from components.fleet.budget import Budget, broken

    entries = _fleet.entries(config["fleet"])
    measured, silent = _asked(entries, config["measure"])
    costs = _costs(config, entries, measured)
    _show(costs, silent)
    breaches = broken(costs, _wiring.make(config["budget"], Budget))
    failures = _failures(breaches, Origins("fleet", overrides))
    return Summary(
        "failed" if failures else "completed", _figures(config, costs), failures=failures, note=_note(costs),
        next="" if failures else f"python -m flows.ingest {words}".strip(),
        details={"costs": [asdict(cost) for cost in costs], "silent": silent},
    )  # fmt: skip


def _asked(entries: Mapping[str, Entry], seconds: float | None) -> tuple[dict[str, Measured], dict[str, str]]:
    """What cameras really send: footage in files always says it, other cameras are asked where there is time for it."""

    def ask(name: str) -> Measured | str | None:
        from components.fleet.measured import of_camera, of_file

        try:
            source = _wiring.make(entries[name].source)
            if isinstance(path := getattr(source, "path", None), Path):
                return of_file(path, fps=entries[name].source.get("fps"))
            if seconds is None:
                return None
            if not hasattr(source, "keep") and not hasattr(source, "record"):
                return "it makes its pictures as they are looked at, and sends none"
            return of_camera(source, seconds)
        except InputError as error:
            return secrets.masked(str(error))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(entries, pool.map(ask, entries), strict=True))
    silent = {name: one for name, one in found.items() if isinstance(one, str)}
    return {name: one for name, one in found.items() if one is not None and not isinstance(one, str)}, silent


def _costs(config: Mapping[str, Any], entries: Mapping[str, Entry], measured: Mapping[str, Measured]) -> list[Cost]:
    from components.fleet.cost import cost, sent
    from components.fleet.sampled import kept

    needs, rates, costs = _wiring.make(config["sampling"]).needs, dict[float, float](), []
    for name, entry in entries.items():
        sends = sent(declared(entry), measured.get(name))
        if sends.fps not in rates:
            rates[sends.fps] = kept(_wiring.make(config["sampling"]), sends.fps, camera=name)
        costs.append(cost(name, entry.group or "", sends, kept=rates[sends.fps], needs=needs))
    return sorted(costs, key=lambda one: (one.group, one.camera))


def declared(entry: Entry) -> Declared:
    """What the fleet declares; where it does not, what the source's own arguments say."""
    source, said = entry.source, {key: value for key, value in entry.declared.items() if value is not None}
    own = {key: source[key] for key in ("width", "height", "fps") if isinstance(source.get(key), int | float)}
    codec = CODECS.get(str(source.get("codec")))
    found: Declared = _wiring.make({**own, **({"codec": codec} if codec else {}), **said}, Declared)
    return found


def _show(costs: Sequence[Cost], silent: Mapping[str, str]) -> None:
    from components.fleet.budget import groups

    rows = [
        [one.camera, one.group or "-", f"{one.sent.width}x{one.sent.height} at {one.sent.fps:.4g} {one.sent.codec}",
         f"{one.sent.megabits:.3g}", one.sent.basis, *_numbers([one])]
        for one in costs
    ]  # fmt: skip
    _tables.show("what each camera costs", HEADS, rows)
    sums: list[list[_tables.Cell]] = [[name or "(no group)", len(some), *_numbers(some)] for name, some in groups(costs).items()]
    _tables.show("sums", ("group", "cameras", *HEADS[5:]), [*sums, ["fleet", len(costs), *_numbers(costs)]])
    if silent:
        _tables.show("could not be measured", ("camera", "why"), list(silent.items()))


def _numbers(costs: Sequence[Cost]) -> list[str]:
    """Three digits that count: what a camera costs spans many orders."""
    from components.fleet.budget import total
    from components.fleet.cost import FIGURES

    return [f"{total(costs, figure):.3g}" for figure in FIGURES]


def _failures(breaches: Sequence[Breach], origins: Origins) -> dict[str, str]:
    """What is too much, where, and what to change; of many cameras alike the first are named."""
    found: dict[str, str] = {}
    said: dict[str, int] = {}
    for breach in breaches:
        said[breach.figure] = said.get(breach.figure, 0) + (breach.scope == "camera")
        if said[breach.figure] <= SAID:
            found[" ".join(filter(None, (breach.scope, breach.name, breach.figure)))] = _problem(breach, origins)
    more = {figure: count - SAID for figure, count in said.items() if count > SAID}
    return found | {f"cameras {figure}": f"{count} more are over the limit too, see the table" for figure, count in more.items()}


def _problem(breach: Breach, origins: Origins) -> str:
    most, figure = breach.most, breach.figure
    share = getattr(most, figure)
    path = f"fleet.cameras.{most.camera}.declared.{KEY.get(figure, 'fps')}"
    place = origins.place(path)
    at = f"{path} ({place})" if place else path
    whose = f"; the most has camera {most.camera} with {share:.3g}" if breach.scope != "camera" else ""
    return (
        f"{breach.value:.4g}, and budget.{breach.scope}.{figure} is {breach.limit:g}{whose} ({_known(most, figure)}); "
        f"{LESS[figure].format(at=at)}, or raise the limit"
    )


def _known(cost: Cost, figure: str) -> str:
    """How a figure of one camera is known."""
    if figure == "frames_per_second":
        return f"of {cost.sent.fps:g} that it sends"
    if figure == "memory_gigabytes" or (figure == "cores" and cost.sent.basis != "measured"):
        return "estimated"
    return cost.sent.basis


def _figures(config: Mapping[str, Any], costs: Sequence[Cost]) -> dict[str, Any]:
    from components.fleet.budget import total
    from components.fleet.cost import FIGURES

    figures: dict[str, Any] = {"cameras": len(costs)}
    figures |= {f"cameras_{basis}": sum(one.sent.basis == basis for one in costs) for basis in ("measured", "declared")}
    figures |= {figure: round(total(costs, figure), 3) for figure in FIGURES}
    if (free := _free(config)) is not None:
        figures |= {"store_free_gigabytes": round(free, 1), "store_days": round(free / figures["gigabytes_per_day"], 1)}
    return figures


def _free(config: Mapping[str, Any]) -> float | None:
    """Gigabytes that a store on this machine has left; None for one elsewhere."""
    url = str(config["storage"].get("url", ""))
    if "://" in url:
        return None
    there = next(folder for folder in (Path(url).absolute(), *Path(url).absolute().parents) if folder.is_dir())
    return shutil.disk_usage(there).free / 1e9


def _note(costs: Sequence[Cost]) -> str:
    guessed = sum(one.sent.basis in ("estimated", "assumed") for one in costs)
    return (
        f"{guessed} of {len(costs)} bitrates are guesses from the pictures, which may be wrong by a factor of three; measure=5 "
        "asks the cameras for 5 seconds, declared.megabits says it"
        if guessed else "memory is always an estimate"
    )  # fmt: skip
