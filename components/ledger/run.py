"""An open run in MLflow: what it has to say, at once or as soon as the server is back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from components.ledger.journal import Journal, Op
from components.secrets import hidden

PACKAGES = ("torch", "torchvision", "pytorch-lightning", "ultralytics", "numpy", "opencv-python", "onnxruntime", "mlflow")
LONGEST = 500  # characters of a parameter or tag; longer ones are in config.yaml whole
AT_ONCE = 100  # parameters that MLflow takes in one call
DIGEST_LENGTH = 36  # what MLflow keeps of a dataset's digest
WAITING = "waiting"  # in the place of a version's number that nobody knows yet


class MlflowRun:
    """An open run. What MLflow cannot take is kept in its journal, and so is all that comes after."""

    def __init__(self, do: Callable[[Op, Path | None], Any], run: str, journal: Journal) -> None:
        self._do, self.id, self._journal = do, run, journal

    @property
    def waits(self) -> bool:
        """Whether the ledger has not taken all of it yet."""
        return self._journal.waits

    def metrics(self, values: dict[str, float], step: int) -> None:
        """One point of each curve."""
        now = time.time_ns() // 10**6
        self._do({"do": "batch", "metrics": [[name, float(value), now, step] for name, value in values.items()]}, None)

    def artifacts(self, folder: Path, path: str = "") -> None:
        """The files of `folder`, under `path` of the run's artifacts."""
        self._do({"do": "artifacts", "path": path, "files": str(folder)}, folder)

    def text(self, name: str, content: str) -> None:
        """A small text file among the run's artifacts."""
        self._do({"do": "text", "name": name, "content": content}, None)

    def tag(self, name: str, value: str) -> None:
        """Something that the run can be searched by."""
        self._do({"do": "batch", "tags": [[name, value[:LONGEST]]]}, None)

    def dataset(self, digest: str, *, name: str, source: str) -> None:
        """What the run learned from, as MLflow's dataset input; `source` is where it lies."""
        where = json.dumps({"uri": source, "digest": digest})
        self._do({"do": "dataset", "name": name, "digest": digest[:DIGEST_LENGTH], "source": where}, None)

    def register(self, name: str, tags: Mapping[str, str], description: str) -> str:
        """The version that the run's model is known as; WAITING where the ledger does not know it yet."""
        op = {"do": "register", "name": name, "tags": dict(tags), "description": description}
        return str(self._do(op, None) or WAITING)

    def evaluated(self, model: str, heading: str, text: str) -> None:
        """What the run has found of a registered version (name and number): a part of its description, replaced if there."""
        self._do({"do": "evaluated", "model": model, "heading": heading, "text": text}, None)

    def describe(self, diff: Sequence[str], config: dict[str, Any], tags: Mapping[str, str]) -> None:
        """Its config and what differs in it, passwords left out."""
        config, diff = hidden(config), hidden(list(diff))  # passwords of databases and cameras stay where they come from
        self.text("config.yaml", yaml.safe_dump(config, sort_keys=False))
        self.text("diff.txt", "".join(f"{word}\n" for word in diff))
        known = {**tags, "diff": " ".join(diff), **_versions()}
        params = [[key, value] for key, value in _flat("", config) if len(key) < 250]
        self._do({"do": "batch", "tags": [[key, value[:LONGEST]] for key, value in known.items()]}, None)
        for start in range(0, len(params), AT_ONCE):
            self._do({"do": "batch", "params": params[start : start + AT_ONCE]}, None)

    def release(self) -> None:
        """Nothing more is said: whoever comes may deliver what waits."""
        self._journal.release()

    def end(self, status: str) -> None:
        self._do({"do": "end", "status": status, "at": time.time_ns() // 10**6}, None)


def _versions() -> dict[str, str]:
    return {f"version.{name}": found for name in PACKAGES if (found := _version(name))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _flat(at: str, value: Any) -> Iterator[tuple[str, str]]:
    """Leaves by dotted path, cut to what MLflow keeps."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(f"{at}.{key}" if at else str(key), item)
    else:
        yield at, (value if isinstance(value, str) else json.dumps(value))[:LONGEST]
