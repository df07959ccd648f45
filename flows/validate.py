"""Check every config without running it: `python -m flows.validate`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from components.contracts import InputError
from flows import _fleet, _form, _launch, _progress, _wiring
from flows._summary import Summary


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(flows: list[str] | None, database: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def validate(overrides: Sequence[str] = ()) -> Summary:
    """Every flow with its defaults, then with each option of each group that it knows, then with each experiment.

    An option that leans on nothing else is the same in all flows: it is checked in the first that has its group.
    """
    config = _wiring.plan("validate", overrides, calls)
    names = config["flows"] or commands()
    if unknown := [name for name in names if name not in commands()]:
        raise InputError(f"flows={unknown}: there is no such flow; expected some of {', '.join(commands())}")
    cases = list(_cases(names))
    problems: dict[str, str] = {}
    with _progress.board("validate", 1) as board:  # a third of a second each
        for number, (name, words) in enumerate(cases, 1):
            for line in problems_of(name, words):
                problems.setdefault(line, f"{name} {' '.join(words)}".strip())
            board.update("configs", number, len(cases))
    figures = {"flows": len(names), "configs": len(cases), "problems": len(problems)}
    failures = {where: line for line, where in problems.items()}
    if len(failures) < len(problems):  # several problems of one config: keep them apart
        failures = {f"{where} ({i})": line for i, (line, where) in enumerate(problems.items(), 1)}
    return Summary("failed" if failures else "completed", figures, failures=failures)


def _cases(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Flows with the words to check them under."""
    known: set[str] = set()
    for name in names:
        for words in variants(name):
            if not known.issuperset(words) or not words:
                yield name, words
            known.update(word for word in words if _stands_alone(*word.split("=")))


def _stands_alone(group: str, option: str) -> bool:
    """Whether an option takes nothing from elsewhere but the environment; a fleet is another thing to each flow."""
    files = [conf / group / f"{option}.yaml" for conf in _launch.folders()]
    texts = [file.read_text() for file in files if file.is_file()]
    leaning = any("${" in text.replace("${oc.env:", "") or "defaults:" in text for text in texts)
    return group not in ("fleet", "experiment") and not leaning


def commands() -> list[str]:
    """Every flow with a root config that says what it feeds."""
    files = sorted(Path(_launch.CONF).glob("*.yaml"))
    return [
        file.stem for file in files if file.stem != "validate" and hasattr(importlib.import_module(f"flows.{file.stem}"), "calls")
    ]


def variants(name: str) -> list[list[str]]:
    """No override, then one option of one group at a time."""
    root = (Path(_launch.CONF) / f"{name}.yaml").read_text()
    groups = set(re.findall(r"^  - (?:optional )?(\w+):", root, flags=re.MULTILINE)) - {"hydra", "local"}
    known = _launch.options()
    cases = [(group, option) for group in sorted(groups) for option in known.get(group, [])]
    meant = (case for case in cases if case[0] != "experiment" or _form.overridden(case[1]) <= groups)
    return [[], *([f"{group}={option}"] for group, option in meant if (name, group) != ("ingest", "fleet") or not _live(option))]


def _live(fleet: str) -> bool:
    """Whether a fleet's cameras are at work: those are followed, and not recorded."""
    try:
        specs = _fleet.only(_launch.compose("track", [f"fleet={fleet}"], missing=True)["fleet"], None).values()
    except InputError:  # which is said where it is looked at
        return False
    return any(getattr(_wiring.target(spec[_wiring.TARGET]), "live", False) for spec in specs)


def problems_of(name: str, words: Sequence[str]) -> list[str]:
    """What is wrong with one flow under these overrides, a line each."""
    flow = importlib.import_module(f"flows.{name}")
    try:
        config = _launch.compose(name, words, missing=True)
        _wiring.verify(config, flow.calls, _wiring.Origins(name, words))
    except InputError as error:
        first, *rest = str(error).splitlines()
        return [line.strip() for line in rest] if rest else [first]
    return []


main = _launch.command(validate)

if __name__ == "__main__":
    main()
