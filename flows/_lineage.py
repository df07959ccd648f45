"""What a model version was made of, link by link: weights, dataset, config, commit."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.audit.trail import Link, Trail, compared
from components.contracts import digest_of
from flows import _code

NONE = "the detector is no registered model, so nothing is written down of how it was made"


def links(ledger: Any, storage: Any, database: Any, model: str, *, every_byte: bool) -> list[Link]:
    """Of the version `model` (name and number); one link that says so where there is no name."""
    if not model:
        return [Link("model", "", "unknown", NONE)]
    first, *rest = version(ledger, model)
    if not first.facts:
        return [first, *rest]
    trail = Trail([first])
    trail.follow("dataset", lambda: dataset(storage, database, first.facts["dataset"], every_byte=every_byte))
    return [*trail.links, *rest]


def version(ledger: Any, model: str) -> list[Link]:
    """Files and card of a version, the config that it was trained with, and the commit."""
    trail = Trail()
    found = trail.follow("model", lambda: _model(ledger, model))
    if found.facts:
        trail.follow("config", lambda: _config(ledger, found.facts))
        trail.follow("commit", lambda: _commit(ledger, found.facts))
    return trail.links


def _model(ledger: Any, model: str) -> Link:
    """Its files as they are in the ledger now, not a copy of them, and whether the card says what the registry says."""
    with tempfile.TemporaryDirectory(prefix="wardflow-audit-") as folder:
        found = ledger.resolve(f"models:/{model}", folder=Path(folder))
        card: dict[str, Any] = json.loads((found.folder / "model.json").read_text())
    run = next((one.run for one in ledger.lineages() if one.model == model), "")
    facts = {**card, "run": run, "version": model}
    named = {"dataset": "dataset", "chain": "preprocessing_digest", "config": "config"}
    wrong = [name for name, key in named.items() if found.digests.get(name) != card.get(key)]
    if wrong:
        says = f"its card and the registry do not say the same of {', '.join(wrong)}: one of them was changed"
        return Link("model", model, "broken", says, facts)
    return Link("model", model, "verified", "every file has the sha256 that was registered, card and registry agree", facts)


def dataset(storage: Any, database: Any, digest: str, *, every_byte: bool) -> Link:
    """By its manifest, or by every picture and label. Raises InputError where it is gone without a rule that says so."""
    from components.datasets import manifest
    from components.datasets.dataset import StoredDataset, deleted
    from components.datasets.verification import verify

    if gone := _deleted(database, digest, deleted):
        return Link("dataset", digest, "unknown", gone)
    stored = StoredDataset(digest, storage=storage)
    if every_byte:
        report = verify(stored, storage)
        if report.broken:
            name, why = next(iter(report.first.items()))
            return Link("dataset", digest, "broken", f"{report.broken} parts are not as its manifest says; {name}: {why}")
        return Link("dataset", digest, "verified", f"every byte of {report.frames:,} frames is as its manifest says")
    if lost := _lost(stored, storage):
        return Link("dataset", digest, "broken", f"its pictures are not all there: {lost}")
    recipe = {name: value for name, value in stored.about.items() if name not in ("digest", "frames")}
    found = manifest.digest(stored.rows.batches(manifest.IDENTITY), recipe)
    return compared("dataset", digest, found=found, wanted=digest, what=f"its manifest of {len(stored.rows):,} frames")


def _lost(stored: Any, storage: Any) -> str:
    """The first shard that is not there, or ends before the manifest says that it does; empty: all are there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends: dict[str, int] = {}
    for batch in stored.rows.batches(["reason", "shard", "offset", "size", "label_offset", "label_size"]):
        kept = pa.Table.from_batches([batch.filter(pc.equal(batch["reason"], "kept"))])
        last = pc.max_element_wise(pc.add(kept["offset"], kept["size"]), pc.add(kept["label_offset"], kept["label_size"]))
        parts = pa.table({"shard": kept["shard"], "end": last}).group_by(["shard"], use_threads=False)
        for row in parts.aggregate([("end", "max")]).to_pylist():
            ends[row["shard"]] = max(ends.get(row["shard"], 0), row["end_max"])
    there = {one.path.removeprefix(f"{stored.folder}/"): one.size for one in storage.sizes(stored.folder)}
    for shard, end in sorted(ends.items()):
        if shard not in there:
            return f"{shard} is gone"
        if there[shard] < end:
            return f"{shard} has {there[shard]:,} bytes, the manifest speaks of {end:,}"
    return ""


def _deleted(database: Any, digest: str, why: Any) -> str:
    from components.database.schema import DatasetRow

    with database.session() as session:
        row = session.get(DatasetRow, digest)
        return str(why(row)) if row else ""


def _config(ledger: Any, version: Mapping[str, Any]) -> Link:
    known = ledger.record(version["run"])
    facts = {"config": known.config, "diff": known.tags.get("diff", ""), "run": known.run, "title": known.title}
    what = f"config.yaml of run {known.run[:8]} ({known.title})"
    return compared("config", version["config"], found=digest_of(known.config), wanted=version["config"], what=what, facts=facts)


def _commit(ledger: Any, version: Mapping[str, Any]) -> Link:
    known = ledger.record(version["run"])
    commit, dirty = known.tags.get("git_commit", ""), known.tags.get("git_dirty", "") == "true"
    if not commit:
        return Link("commit", "", "unknown", "the model was trained outside a git checkout")
    if commit != version.get("commit", commit):
        says = f"the run says {commit[:12]}, the model's card {version['commit'][:12]}: one of them was changed"
        return Link("commit", commit, "broken", says)
    if not (subject := _code.subject(commit)):
        return Link("commit", commit, "unknown", "this checkout does not have it; git fetch --all may bring it")
    if dirty:
        return Link("commit", commit, "unknown", "files of the checkout differed from it when the model was trained")
    return Link("commit", commit, "verified", f"{subject}; nothing was changed beside it")
