"""The form of a flow in Prefect: each config group with its options to choose from, and overrides in words besides."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flows import _help, _launch

FREE = "overrides"  # the parameter that takes what no group offers
NOTHING = "null"  # the option that chooses none


@dataclass(frozen=True, slots=True)
class Choice:
    """A config group of a flow."""

    group: str
    options: tuple[str, ...]
    default: str  # the option in the root config


def choices(name: str) -> list[Choice]:
    """The groups of the flow `name` in which there is a choice; experiments only where they are meant for the flow."""
    known, groups = _launch.options(), _help.groups(Path(_launch.CONF), name)
    found = []
    for group, option in groups.items():
        options = [each for each in known.get(group, []) if group != "experiment" or overridden(each) <= set(groups)]
        offered = (*options,) if option in options else (NOTHING, *options)
        if len(offered) > 1:
            found.append(Choice(group, offered, option if option in options else NOTHING))
    return found


def signature(name: str) -> inspect.Signature:
    """The parameters of the flow `name`: what Prefect draws as a form, and what it refuses."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    chosen = [
        inspect.Parameter(each.group, keyword, default=each.default, annotation=Literal[each.options]) for each in choices(name)
    ]
    return inspect.Signature([*chosen, inspect.Parameter(FREE, keyword, default=[], annotation=list[str])])


def about(name: str, summary: str) -> str:
    """What the form says of the flow and of each option: a docstring, from the first line of each YAML file."""
    lines = [summary, "", "Args:"]
    for choice in choices(name):
        told = [f"**{option}**: {_comment(choice.group, option)}" for option in choice.options if option != NOTHING]
        lines.append(f"    {choice.group}: " + "\n\n        ".join(told))
    lines.append(f"    {FREE}: Words as on the command line, one each, such as detector.score=0.4; they come last.")
    return "\n".join(lines)


def words(name: str, chosen: Mapping[str, Any]) -> list[str]:
    """The overrides that a filled-in form stands for; what was left as it is stays unsaid, so that an experiment may set it."""
    picked = [(choice, chosen.get(choice.group, choice.default)) for choice in choices(name)]
    return [f"{choice.group}={option}" for choice, option in picked if option != choice.default] + list(chosen.get(FREE) or [])


def filled(name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """The form with these overrides in it: what a group offers is chosen there, the rest is written below."""
    offered = {f"{choice.group}={option}": choice for choice in choices(name) for option in choice.options}
    parameters: dict[str, Any] = {choice.group: choice.default for choice in choices(name)}
    free = []
    for word in overrides:
        if choice := offered.get(word):
            parameters[choice.group] = word.partition("=")[2]
        else:
            free.append(word)
    return {**parameters, FREE: free}


def overridden(experiment: str) -> set[str]:
    """The groups in which an experiment chooses: it is meant for the flows that have them."""
    for conf in _launch.folders():
        file = conf / "experiment" / f"{experiment}.yaml"
        if file.is_file():
            return set(re.findall(r"^ *- override /(\w+):", file.read_text(), flags=re.MULTILINE))
    return set()


def _comment(group: str, option: str) -> str:
    """The comment on top of an option's file."""
    files = [folder / group / f"{option}.yaml" for folder in _launch.folders()]
    return next((file.read_text().partition("\n")[0].lstrip("# ").strip() for file in files if file.is_file()), "")
