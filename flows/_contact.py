"""Puts a dataset's contact sheets, and what was kept and turned away, into the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows import _described, _family, _wiring

ARTIFACTS = "contact_sheets"  # of the run


def log(config: Mapping[str, Any], overrides: Sequence[str], *, dataset: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Enter a run with the sheets of `dataset`, and the frames of each camera by split or reason; the run's id.

    It is entered before the dataset is noted down as made, so a ledger that does not answer is asked again by the next run.
    """
    from components.datasets.contact_sheet import sheet_path
    from components.storage import layout

    storage, folder = _wiring.make(config["storage"]), layout.dataset(dataset)
    decisive = {name: config[name] for name in ("sampling", "preprocessing", "labels", "picture", "splits")}
    with (
        tempfile.TemporaryDirectory(prefix="wardflow-") as local,
        _described.opened(
            _wiring.make(config["ledger"]),
            "prepare",
            overrides,
            decisive,
            effective=config,
            dataset=dataset,
            parent=_family.parent(),
            tags=_family.tags(),
        ) as run,  # fmt: skip
    ):
        for camera in counts:
            path = f"{folder}/{sheet_path(camera)}"
            if storage.exists(path):
                Path(local, Path(path).name).write_bytes(storage.read(path))
        run.artifacts(Path(local), ARTIFACTS)
        run.metrics({f"{camera}.{name}": float(n) for camera, row in counts.items() for name, n in row.items()}, step=0)
        return str(run.id)
