"""The card of a model in words: what it is, what it was trained on, what it reached, what it is for and what not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AGPL = "plugins.ultralytics"  # whose networks are AGPL-3.0
FILE = "README.md"
REACHED = (
    "On the validation split, whose pictures chose its best epoch; `flows.evaluate` says what it does on others, slice by slice."
)
MEANT = (
    "Finding or recognising people in pictures of the cameras above, as they hung then and after exactly that chain; serving "
    "refuses another chain. On other cameras, in other light and with other clothes its figures say nothing: evaluate it there "
    "first. It must not decide about people by itself."
)


def words(card: Mapping[str, Any], *, name: str, cameras: Mapping[str, str]) -> str:
    """`card` (model.json) as Markdown; `cameras` are those of its dataset, with their versions. The same card, the same words."""
    target = str(card.get("model", {}).get("_target_", ""))
    agpl = target.startswith(AGPL)
    licence = "AGPL-3.0, that of its architecture (Ultralytics)" if agpl else "the licence of its architecture: docs/models.md"
    seen = ", ".join(f"{camera} (`{version[:12]}`)" for camera, version in sorted(cameras.items()))
    steps = [f"  - {_step(step)}" for step in card["preprocessing"]] or ["  - no steps: frames as the camera delivers them"]
    figures = [f"| {figure} | {value:.4g} |" for figure, value in sorted(card["metrics"].items()) if "." not in figure]
    sections = {
        f"# {name}: {card['name']}": [],
        "## What it was trained on": [
            f"- dataset `{card['dataset']}`, whose frames went through the chain `{card['preprocessing_digest'][:12]}`:", *steps,
            f"- cameras, with the digests of their entries in the registry: {seen}",
            f"- config `{card['config'][:12]}`, seed {card.get('seed', 0)}, commit `{card.get('commit') or 'none'}`",
        ],
        "## What it reached": [REACHED, "", "| figure | value |", "| --- | --- |", *figures],
        "## How it is fed and read": _signature(card),
        "## What it is for, and what not": [MEANT],
        "## Licence": [f"The weights have the licence of your data; the network's code has {licence}."],
        "## Commands": [
            "```", f"python -m flows.evaluate detector.weights=models:/{name}/VERSION",
            f"python -m flows.promote name={name} version=VERSION", "python -m flows.reproduce run=RUN", "```",
        ],
    }  # fmt: skip
    return "\n".join(line for head, lines in sections.items() for line in (head, "", *lines, *([""] if lines else [])))


def _step(step: Mapping[str, Any]) -> str:
    values = ", ".join(f"{key}={value}" for key, value in step.items() if key != "_target_")
    return f"{str(step['_target_']).rpartition('.')[2]}({values})"


def _signature(card: Mapping[str, Any]) -> list[str]:
    """Inputs and outputs, and how a picture becomes an input."""
    known, fed = card.get("signature", {}), card["input"]
    rows = [
        f"- {kind}: `{one['name']}` {one['dtype']} {tuple(one['shape'])}"
        for kind in ("inputs", "outputs")
        for one in known.get(kind, ())
    ]
    values = ", ".join(f"{key}={value}" for key, value in sorted(fed.items()))
    return [*rows, f"- a picture becomes an input by: {values}", f"- layout of the output: {card['format']}"]
