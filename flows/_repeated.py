"""A training carried out once more by the code of its own commit, and what came out beside what had come out."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from components.contracts import InputError, file_digest
from flows import ROOT

LOG = "train.log"
NAME = "reproductions"  # in the registry: the newest version of a model must not be one that was only made to compare
SAID = 600  # characters of what a failed training said last
TIMES = {"pictures_per_second"}  # metrics that say how fast the machine was


@contextmanager
def checkout(folder: Path, commit: str, patch: str) -> Iterator[Path]:
    """The code of a commit, and its uncommitted changes, in `folder` until the block ends.

    Raises InputError where this checkout does not have the commit, the patch does not apply, or the code is too old.
    """
    _git(ROOT, "worktree", "add", "--detach", str(folder), commit, why=f"commit {commit[:12]} is not in this checkout; fetch it")
    try:
        if patch:
            _git(folder, "apply", "--whitespace=nowarn", "-", text=patch, why="the run's uncommitted changes do not apply")
        if "\nagain:" not in (folder / "conf" / "train.yaml").read_text():
            raise InputError(f"the code of commit {commit[:12]} knows no again=true, so it cannot train a run a second time")
        local = ROOT / "conf" / "local"
        if local.is_dir():  # where things lie on this machine
            shutil.copytree(local, folder / "conf" / "local", dirs_exist_ok=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["git", "-C", str(ROOT), "worktree", "prune"], capture_output=True, check=False)


def train(code: Path, words: Sequence[str], place: Path) -> str:
    """Train with the code in `code`; the id of the run. Raises InputError with the last of what it said where it fails."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "flows.train",
        *words,
        f"name={NAME}",
        f"work={place / 'work'}",
        f"hydra.run.dir={place / 'run'}",
    ]
    try:
        with (place / LOG).open("w") as log:
            env = {**os.environ, "PYTHONPATH": str(code)}
            done = subprocess.run(command, env=env, stdout=log, stderr=subprocess.STDOUT, check=False)
    finally:
        shutil.rmtree(place / "work", ignore_errors=True)
    if done.returncode:
        raise InputError(
            f"the training did not come to its end; {place / LOG} ends with: {(place / LOG).read_text()[-SAID:].strip()}"
        )
    return str(json.loads((place / "run" / "summary.json").read_text())["details"]["run"])


def compared(wanted: Any, came: Any, weights: Sequence[Path], tolerance: float) -> tuple[dict[str, float | str], dict[str, str]]:
    """What to say of two runs, and in what they do not agree."""
    failures = {}
    if wanted.tags.get("config_digest") != came.tags.get("config_digest"):
        failures["config"] = "the same words give another config now: an alias, a file or the environment is not what it was"
    metrics = _metrics(wanted.metrics, came.metrics)
    name, most = max(metrics.items(), key=lambda pair: pair[1], default=("", 0.0))
    if most > tolerance:
        failures["metrics"] = f"{name} was {wanted.metrics.get(name)} and is {came.metrics.get(name)}; tolerance is {tolerance:g}"
    if file_digest(weights[0]) == file_digest(weights[1]):
        return {"weights": "bit-identical", "largest difference of metrics": most}, failures
    apart = _apart(*weights)
    if apart > tolerance:
        failures["weights"] = f"they differ by up to {apart:g}; tolerance is {tolerance:g}"
    return {"weights": f"differ by up to {apart:g}", "largest difference of metrics": most}, failures


def environment(tags: Mapping[str, str]) -> list[str]:
    """Packages that have another version than when the run was trained."""
    then = {key.removeprefix("version."): value for key, value in tags.items() if key.startswith("version.")}
    now = {name: platform.python_version() if name == "python" else _version(name) for name in then}
    return [f"{name} {now[name] or 'absent'} (then {value})" for name, value in sorted(then.items()) if now[name] != value]


def _metrics(wanted: Mapping[str, float], came: Mapping[str, float]) -> dict[str, float]:
    """By how much each metric differs that the machine has no part in; infinitely where only one run has it."""
    return {name: _difference(wanted.get(name), came.get(name)) for name in {**wanted, **came} if name not in TIMES}


def _difference(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return math.inf
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    return abs(one - other) if math.isfinite(one - other) else math.inf


def _apart(one: Path, other: Path) -> float:
    """The largest difference of two files of weights; infinite where they do not have the same tensors."""
    from safetensors.torch import load_file

    left, right = load_file(one), load_file(other)
    if {name: value.shape for name, value in left.items()} != {name: value.shape for name, value in right.items()}:
        return math.inf
    gaps = [float((left[name].double() - right[name].double()).abs().max()) for name in left if left[name].numel()]
    return math.inf if any(math.isnan(gap) for gap in gaps) else max(gaps, default=0.0)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git(folder: Path, *words: str, why: str, text: str = "") -> None:
    try:
        subprocess.run(["git", "-C", str(folder), *words], input=text, capture_output=True, text=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise InputError(f"{why} (git: {said[-1] if said else 'no answer'})") from None
