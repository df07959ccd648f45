"""What `--help` says: the flow, its groups with their options, its values with their defaults; nothing is composed for it."""

from __future__ import annotations

import re
from pathlib import Path

HYDRA = {"hydra", "local", "_self_"}
BETWEEN = "\n# ---\n"  # two root configs


def text(conf: Path, name: str, about: str, options: dict[str, list[str]]) -> str:
    """The help of the flow `name`, from its docstring and its root config."""
    root, chosen = _whole(conf, name), groups(conf, name)
    width = max(map(len, chosen), default=0)
    offered = [f"  {group:{width}}  {_marked(options.get(group, []), option)}" for group, option in chosen.items()]
    own = (part.split("experiment: null")[-1].split("- _self_")[-1].strip() for part in root.split(BETWEEN))
    values = [f"  {line}" for part in own for line in part.splitlines()]
    parts = [about, ""]
    parts += ["Groups and their options (group=option; * is the default):", "", *offered, ""] if offered else []
    parts += ["Values that you can change (key=value), with their defaults:", "", *values, ""] if values else []
    parts += [
        "Any value of a chosen option can be changed too, such as detector.score=0.4; --cfg job prints them all.",
        "-m with values separated by commas runs every combination, -m sweep=search looks for the best (docs/sweeps.md).",
        "python -m flows.validate checks every config.",
        "Exit codes: 0 done, 1 the run failed, 2 something in the words or the input is wrong, 130 interrupted.",
    ]
    return "\n".join(parts)


def groups(conf: Path, name: str) -> dict[str, str]:
    """The config groups of the flow `name`, each with the option that its root config chooses."""
    found = re.findall(r"^  - (\w+): *(\w*)", _whole(conf, name), flags=re.MULTILINE)
    return {group: option for group, option in found if group not in HYDRA}


def _whole(conf: Path, name: str) -> str:
    """The root config, after those that it is made on."""
    text = (conf / f"{name}.yaml").read_text()
    below = [word for word in re.findall(r"^  - (\w+)$", text, flags=re.MULTILINE) if word != "_self_"]
    return BETWEEN.join([*(_whole(conf, word) for word in below), text])


def _marked(options: list[str], default: str) -> str:
    if not options:
        return "none yet"
    return ", ".join(f"{option}*" if option == default else option for option in options)
