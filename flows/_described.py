"""What every run says of itself in the ledger: its config diff with the origin of each value, its code, its machine, its name."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from components.secrets import hidden
from flows import _code, _launch
from flows._origins import Origins

DIFF = "diff.json"  # of a run's artifacts: [{key, default, value, origin}]
READABLE = "diff_against_defaults.txt"
PATCH = "uncommitted.patch"  # what the checkout had besides its commit
LONGEST = 1_000_000  # bytes of a patch that are kept
TITLE = 120  # characters of a run's name
DIGEST = re.compile(r"[0-9a-f]{64}")
DRIVER = Path("/proc/driver/nvidia/version")
ABSENT = "(absent)"  # a key that only the other has
PLACES = (
    "work", "model_cache", "storage", "database", "ledger", "runner", "folder", "spool", "live", "reports", "hydra", "group_size",
    "again",
)  # fmt: skip  # say where and how it runs, not what
SHORT = {"learning_rate": "lr", "batch_size": "batch", "image_size": "size"}  # in names of runs


@contextmanager
def opened(
    ledger: Any, flow: str, overrides: Sequence[str], recorded: Mapping[str, Any], *, effective: Mapping[str, Any],
    tags: Mapping[str, str], **more: Any,
) -> Iterator[Any]:  # fmt: skip
    """An open run in the ledger that describes itself.

    `recorded` is the config that names it (what decides its result), `effective` the whole config of the flow.
    """
    rows, commit = [_discreet(row) for row in differences(flow, overrides, effective)], _code.commit()
    about = {
        "flow": flow, "git_commit": commit.name, "git_dirty": str(commit.dirty).lower(), **_seed(effective), **machine(), **tags,
    }  # fmt: skip
    name = title(flow, overrides, rows)
    with ledger.open(flow, overrides, dict(recorded), title=name, tags=about, **more) as run:
        run.text(DIFF, json.dumps(rows, indent=1, default=str))
        run.text(READABLE, readable(rows))
        if patch := _patch(commit.dirty):
            run.text(PATCH, patch)
        yield run


def differences(flow: str, overrides: Sequence[str], effective: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the config is not that of the flow's defaults: groups first, then every value; origins as file:line or the word."""
    origins = Origins(flow, overrides)
    chosen, usual = choices(flow, tuple(overrides)), choices(flow, ())
    rows = [
        {"key": group, "default": usual.get(group), "value": option, "origin": _origin_of_group(origins, overrides, group)}
        for group, option in chosen.items()
        if option != usual.get(group)
    ]
    defaults, now = leaves(_launch.compose(flow, [], missing=True)), leaves(effective)
    for key in [*now, *(key for key in defaults if key not in now)]:
        if key in now and key in defaults and now[key] == defaults[key]:
            continue
        place = origins.place(key)
        rows.append({"key": key, "default": defaults.get(key, ABSENT), "value": now.get(key, ABSENT), "origin": place})
    return rows


def _discreet(row: Mapping[str, Any]) -> dict[str, Any]:
    """A difference without secrets."""
    last = str(row["key"]).rsplit(".", 1)[-1]
    default, value = (hidden({last: row[name]})[last] for name in ("default", "value"))
    return {"key": row["key"], "default": default, "value": value, "origin": hidden(row["origin"])}


def leaves(value: Any, at: str = "") -> dict[str, Any]:
    """Values by dotted path; a list of plain values is one."""
    if isinstance(value, Mapping) and value:
        below = (leaves(item, f"{at}.{key}" if at else str(key)) for key, item in value.items())
        return {path: leaf for part in below for path, leaf in part.items()}
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        return {path: leaf for i, item in enumerate(value) for path, leaf in leaves(item, f"{at}[{i}]").items()}
    return {at: list(value) if isinstance(value, tuple) else value}


@cache
def choices(flow: str, overrides: tuple[str, ...]) -> dict[str, str]:
    """Which option of each group the config is made of."""
    import hydra

    with _launch.initialized():
        cfg = hydra.compose(flow, list(overrides), return_hydra_config=True)
    found = {str(group): option for group, option in cfg.hydra.runtime.choices.items() if option is not None}
    return {group: str(option) for group, option in found.items() if not group.startswith("hydra")}


def title(flow: str, overrides: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A name that reads like the diff: `train yolov8s, clahe, lr 0.001`. What a changed group brings goes without saying."""
    groups = choices(flow, tuple(overrides))
    changed = {row["key"]: row for row in rows if "origin" in row}
    words = [groups["model"]] if "model" in groups else []
    words += [str(row["value"]) for key, row in changed.items() if key in groups and key not in (*PLACES, "model", "local")]
    typed = {word.split("=")[0].lstrip("+~") for word in overrides} - set(groups)
    for key, row in changed.items():
        if key in groups or key.split(".")[0] in PLACES or not _typed(key, typed):
            continue
        last = key.rsplit(".", 1)[-1]
        words.append(f"{SHORT.get(last, last.replace('_', ' '))} {_plain(row['value'])}")
    text = f"{flow} {', '.join(words)}".strip()
    return text if len(text) <= TITLE else f"{text[: TITLE - 1].rstrip(', ')}…"


def readable(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each difference."""
    return "".join(f"{row['key']}: {row['default']} -> {row['value']}  ({row['origin']})\n" for row in rows)


@cache
def machine() -> dict[str, str]:
    """What the run was carried out on, as tags."""
    found = {"hardware.cpu": _cpu(), "hardware.cores": str(os.cpu_count() or ""), "hardware.os": platform.platform()}
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found["hardware.memory_gb"] = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f}"
    torch = sys.modules.get("torch")  # a flow that did not need it has not used a GPU either
    if torch is not None and torch.cuda.is_available():
        found |= {"hardware.gpu": torch.cuda.get_device_name(0), "hardware.gpus": str(torch.cuda.device_count())}
        found |= {"version.cuda": str(torch.version.cuda), **_driver()}
    return {**found, "version.python": platform.python_version()}


def _driver() -> dict[str, str]:
    """Of an NVIDIA card, as the kernel says it."""
    said = DRIVER.read_text().splitlines()[0] if DRIVER.is_file() else ""
    number = re.search(r"\b\d+\.\d+(\.\d+)?\b", said)
    return {"hardware.gpu_driver": number[0]} if number else {}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _seed(effective: Mapping[str, Any]) -> dict[str, str]:
    return {"seed": str(effective["seed"])} if "seed" in effective else {}


def _typed(key: str, words: set[str]) -> bool:
    """Whether somebody has typed a value of this key, or of what it is in."""
    return any(key == word or key.startswith((f"{word}.", f"{word}[")) for word in words)


def _origin_of_group(origins: Origins, overrides: Sequence[str], group: str) -> str:
    """The word that chose the option, else the file that did."""
    word = next((word for word in overrides if word.split("=")[0].lstrip("+~") == group), "")
    return f"command line, {word}" if word else origins.place(f"defaults.{group}")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str) and DIGEST.fullmatch(value):
        return value[:12]
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def _patch(dirty: bool) -> str:
    """What the checkout had besides its commit, without secrets; cut where it is long, which it says."""
    if not dirty:
        return ""
    text = "\n".join(hidden(_code.changes().splitlines())) + "\n"
    if len(text.encode()) > LONGEST:
        return f"# {len(text.encode()):,} bytes, more than are kept: this run cannot be made again from here\n"
    return text
