"""What the ledger has kept of one run that is compared: its config, the model's training, and what was judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.contracts import InputError
from flows import _wiring

if TYPE_CHECKING:
    from components.evaluation.comparison import Basis
    from components.evaluation.contrast import Table
    from components.evaluation.sequences import Sequences
    from components.evaluation.side_by_side import Subject
    from components.evaluation.slices import Slices

ORIGINS = "diff.json"  # of a run's artifacts: where values of its config come from
NOT_SHOWN = ("work", "model_cache", "reports", "spec", "folder")  # keys that say where things lie on a machine
TRAINED = "trained"  # what keys of the config of a model's training begin with
SCORE = 0.25  # of evaluations of before it was written down


@dataclass(frozen=True)
class Run:
    """One of the runs."""

    letter: str  # a, b, c ...
    found: Any  # components.ledger.evaluations.Evaluation

    @property
    def name(self) -> str:
        return f"{self.found.run[:8]} {self.found.title}"

    @cached_property
    def basis(self) -> Basis:
        """What its figures stand on; of a training only the digests are known."""
        from components.evaluation.comparison import Basis, basis_of

        if self.found.basis is not None:
            return basis_of(self.found.basis)
        tags = self.found.tags
        return Basis(
            protocol={"of": self.found.flow}, chain=(), steps=(), chain_digest=tags.get("preprocessing_digest", ""),
            dataset=tags.get("dataset_digest", ""), cameras=(),
        )  # fmt: skip


class Evidence:
    """What `run` has left behind; files are fetched into `folder` when they are asked for."""

    def __init__(self, ledger: Any, run: Run, folder: Path) -> None:
        self.run, self.folder, self._ledger = run, folder, ledger

    @cached_property
    def config(self) -> dict[str, Any]:
        """Resolved; below `trained` that of the training of the model; empty where it is not known any more."""
        known = {key: value for key, value in self._config(self.run.found.run).items() if key not in NOT_SHOWN}
        if self._training is None:
            return known
        trained = self._config(self._training)
        return {**known, TRAINED: {key: value for key, value in trained.items() if key not in NOT_SHOWN}}

    @cached_property
    def origins(self) -> dict[str, str]:
        """Where values of the config come from, by key path; of those that are not the defaults."""
        own = _origins(self._files)
        if self._training is None:
            return own
        trained = _origins(self._ledger.files(self._training, (ORIGINS,), folder=self.folder / TRAINED))
        return {**own, **{f"{TRAINED}.{key}": value for key, value in trained.items()}}

    @cached_property
    def table(self) -> Table | None:
        """What was judged; None where the run has not kept that. Raises InputError where it is damaged."""
        from components.evaluation.contrast import table
        from components.evaluation.judged import IMAGES, JUDGED

        return table(self.folder) if {JUDGED, IMAGES} <= self._files.keys() else None

    @cached_property
    def sequences(self) -> Sequences | None:
        """Figures of each sequence of a track run; None where the run is none, or has not kept them."""
        from components.evaluation.sequences import JUDGED_TRACKS, sequences

        return sequences(self._files[JUDGED_TRACKS]) if JUDGED_TRACKS in self._files else None

    @property
    def score(self) -> float:
        return float(self.run.basis.protocol.get("score", SCORE))

    @property
    def slices(self) -> Slices:
        """As pictures were cut when they were judged."""
        from components.evaluation.slices import Slices

        asked = self.config.get("slices")
        name = f"{Slices.__module__}.{Slices.__qualname__}"
        known = isinstance(asked, dict) and asked.get("_target_") == name  # it comes from a file that anybody may have written
        made = _wiring.make(asked, Slices) if known else Slices()
        assert isinstance(made, Slices)
        return made

    @property
    def subject(self) -> Subject:
        from components.evaluation.side_by_side import Subject

        found = self.run.found
        tags, began = found.tags, datetime.fromtimestamp(found.started / 1000, UTC)
        facts = {
            "id": found.run, "flow": found.flow, "began": f"{began:%Y-%m-%d %H:%M} UTC", "model": found.model,
            "dataset": self.run.basis.dataset[:12], "commit": tags.get("git_commit", "")[:12] + self._dirty(),
            "seed": tags.get("seed", ""), "diff": tags.get("diff", ""),
        }  # fmt: skip
        return Subject(letter=self.run.letter, title=found.title, facts={key: value or "-" for key, value in facts.items()})

    def _dirty(self) -> str:
        return " and changes" if self.run.found.tags.get("git_dirty") == "true" else ""

    @cached_property
    def _training(self) -> str | None:
        model = self.run.found.model
        return self._ledger.training_of(model) if model else None

    def _config(self, run: str) -> dict[str, Any]:
        try:
            return dict(self._ledger.record(run).config)
        except InputError:  # figures can be compared without
            return {}

    @cached_property
    def _files(self) -> dict[str, Path]:
        from components.evaluation.judged import IMAGES, JUDGED
        from components.evaluation.sequences import JUDGED_TRACKS

        names = (JUDGED, IMAGES, JUDGED_TRACKS, ORIGINS)
        return dict(self._ledger.files(self.run.found.run, names, folder=self.folder))


def _origins(files: Mapping[str, Path]) -> dict[str, str]:
    try:
        rows = json.loads(files[ORIGINS].read_text()) if ORIGINS in files else []
        return {str(row["key"]): str(row["origin"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):  # damaged: values can be shown without
        return {}
