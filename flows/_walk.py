"""One prediction on its way back, and what was found: what the links of its trail need of the store, database and ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from components.audit import footage
from components.audit.predictions import Prediction
from components.audit.trail import Trail
from components.contracts import Frame
from flows import _models, _wiring


@dataclass
class Walk:
    """One prediction, and what was found on the way."""

    config: Mapping[str, Any]
    wanted: Prediction
    trail: Trail = field(default_factory=Trail)
    row: dict[str, Any] = field(default_factory=dict)  # of the sighting
    frame: Frame | None = None  # as it was recorded
    picture: Path | None = None  # of the frame with its box

    @cached_property
    def storage(self) -> Any:
        return _wiring.make(self.config["storage"])

    @cached_property
    def database(self) -> Any:
        return _wiring.make(self.config["database"])

    @cached_property
    def ledger(self) -> Any:
        return _wiring.make(self.config["ledger"])

    @cached_property
    def run(self) -> dict[str, Any] | None:
        """The record of the track run."""
        from components.database.runs import Runs

        return Runs(self.database).keyed("track", self.wanted.run)

    @cached_property
    def tracked(self) -> dict[str, Any]:
        """The config of the track run, composed again. Raises InputError where the YAML of today has no such words."""
        from flows.track import planned

        return planned((self.run or {})["overrides"])

    @property
    def model(self) -> str:
        """Name and number of the version that was applied; empty where it was no registered one."""
        return str((self.run or {}).get("model", ""))

    @cached_property
    def applied(self) -> tuple[dict[str, Any], Any]:
        """The config of the track run with the model version of then, and what of the detector decides."""
        config = {**self.tracked, "model_cache": self.config["model_cache"], "ledger": self.config["ledger"]}
        if self.model:  # whatever is in charge now
            config["detector"] = {**config["detector"], "weights": f"models:/{self.model}"}
        resolved = _models.resolve(config, self.run["overrides"] if self.run else [])
        return resolved.config, resolved.identity

    @property
    def held(self) -> footage.Known | None:
        """The segment that the sighting is from, where it was put into the store."""
        rows = footage.known(self.database, self.wanted.camera, self.row["segment"])
        return next((row for row in rows if row.start <= self.wanted.time < row.end), None)
