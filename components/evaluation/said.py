"""What an evaluation found, in the words of a model's card: the figures, and those of each slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

FIRST = ("map50", "map", "precision", "recall", "top1", "balanced", "rank1")  # columns, as far as there are such figures
KINDS = ("camera", "hour", "crowd", "role", "distance")


def heading(dataset: str, split: str) -> str:
    """Of the part of a card that speaks of one split of one dataset (digest)."""
    return f"Evaluated on {split} of dataset {dataset[:12]}"


def words(metrics: Mapping[str, float], *, run: str) -> str:
    """Markdown: a row for everything together and for each slice, named as in MLflow; `run` has tables and plots."""
    rows: dict[str, dict[str, float]] = {"all": {name: value for name, value in metrics.items() if "." not in name}}
    for name, value in metrics.items():
        metric, _, part = name.partition(".")
        if part.partition(".")[0] in KINDS:
            rows.setdefault(part.replace(".", " ", 1), {})[metric] = value
    columns = [name for name in FIRST if any(name in row for row in rows.values())]
    return "\n".join([f"Run `{run}` has tables and plots.", "", *_table(columns, rows), ""])


def _table(columns: list[str], rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f"| | {' | '.join(columns)} |"
    yield "| --- |" + " --- |" * len(columns)
    for name, row in rows.items():
        cells = (f"{row[column]:.3f}" if column in row else "" for column in columns)
        yield f"| {name} | {' | '.join(cells)} |"
