"""What the figures of an evaluation stand on: chain, frames and camera versions, so that two may be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from components.contracts import InputError, digest_of
from components.evaluation.comparison import Basis, CameraUse, basis_of
from flows import _launch

Uses = Mapping[tuple[str, str], int]  # camera and version -> frames that were judged
ARTIFACT = "comparability.json"  # of the run in the ledger


def of_model(spec: Mapping[str, Any], dataset: Any, database: Any) -> dict[str, Any]:
    """The basis of a detector's figures on one split of `dataset`, as plain data."""
    config = spec["config"]
    uses: Counter[tuple[str, str]] = Counter()
    for batch in dataset.rows.batches(["camera", "camera_version", "split", "labelled"]):
        for camera, version, split, labelled in zip(*(batch[i].to_pylist() for i in range(4)), strict=True):
            if split == config["split"] and labelled:
                uses[camera, version] += 1
    decisive = ("split", "score", "min_visibility") if config["of"] == "model" else ("split", "min_visibility")
    protocol = {"of": config["of"], **{name: config[name] for name in decisive}}
    return _basis(protocol, dataset.chain, dataset.chain_digest, dataset.digest, uses, database)


def same_chain(spec: Mapping[str, Any], dataset: Any) -> None:
    """Raise InputError unless the model of `spec` was trained with the preprocessing that `dataset` was made with."""
    if spec["chain"] not in ("", dataset.chain_digest):
        raise InputError(
            f"model {spec['model']} was trained with preprocessing {spec['chain'][:12]}, dataset {dataset.digest[:12]} was "
            f"made with {dataset.chain_digest[:12]}: figures of one on the other cannot be compared; "
            "choose dataset=... made with the model's chain"
        )


def of_tracks(spec: Mapping[str, Any], scenes: Mapping[str, Any], storage: Any, database: Any) -> dict[str, Any]:
    """The basis of a track run's figures, as plain data; `scenes` are the frames that were judged, camera by camera."""
    from components.preprocessing.chain import digest
    from components.storage.sightings import read_frames

    run = spec["run_key"]
    judged = {(camera, frame) for camera, scene in scenes.items() for frame in scene.frames}
    columns = read_frames(storage, run).select(["camera", "frame", "time", "segment"]).to_pydict().values()
    rows = zip(*columns, strict=True)
    frames = sorted((camera, time, segment) for camera, frame, time, segment in rows if (camera, frame) in judged)
    chain = list(spec["chain"])
    protocol = {"of": "tracks", "min_visibility": spec["config"]["min_visibility"]}
    whole = digest_of([frames, {camera: _truth(scene.truth) for camera, scene in sorted(scenes.items())}])
    return _basis(protocol, chain, digest(chain), whole, _versions(frames, run, storage, database), database)


def tags(basis: Mapping[str, Any]) -> dict[str, str]:
    """What the ledger can search evaluations by."""
    return {"flow": "evaluate", **{f"digest.{part}": digest for part, digest in basis_of(basis).digests().items()}}


def chain_of(track: Mapping[str, Any]) -> list[Any]:
    """The preprocessing that a recorded track run has applied; runs of before that was noted down had what their words say."""
    if "chain" in track:
        return list(track["chain"])
    return list(_launch.compose("track", track["overrides"])["preprocessing"])


def _basis(
    protocol: dict[str, Any], chain: list[Any], chain_digest: str, dataset: str, uses: Uses, database: Any
) -> dict[str, Any]:
    periods = _periods(database, [camera for camera, _ in uses])
    cameras = tuple(
        CameraUse(camera=camera, version=version, frames=frames, valid_from=start, valid_until=end)
        for (camera, version), frames in sorted(uses.items())
        for start, end in [periods.get((camera, version), (None, None))]
    )
    steps = _steps(chain, chain_digest)
    return Basis(protocol=protocol, chain=chain, steps=steps, chain_digest=chain_digest, dataset=dataset, cameras=cameras).plain()


def _steps(chain: Sequence[Any], chain_digest: str) -> list[str]:
    """A digest for each step, as long as the code that made the pictures is the code that is here."""
    from components.preprocessing.chain import digest

    try:
        return [digest([step]) for step in chain] if digest(list(chain)) == chain_digest else []
    except InputError:  # a step's module is not here any more
        return []


def _truth(truth: Any) -> str:
    """Of everything that was known of who really was there."""
    whole = sha256()
    for column in (truth.frames, truth.ids, truth.boxes, truth.floor, truth.ignored):
        whole.update(column.tobytes())
    return whole.hexdigest()


def _versions(frames: Sequence[tuple[str, int, str]], run: str, storage: Any, database: Any) -> Counter[tuple[str, str]]:
    """The version that each camera had at each frame: as its sightings say, else as the registry does."""
    from components.storage.sightings import read_sightings

    seen = read_sightings(storage, run).select(["camera", "camera_version"]).group_by(["camera", "camera_version"]).aggregate([])
    named: dict[str, set[str]] = {}
    for camera, version in zip(seen["camera"].to_pylist(), seen["camera_version"].to_pylist(), strict=True):
        named.setdefault(camera, set()).add(version)
    periods = _periods(database, sorted({camera for camera, _, _ in frames}))
    uses: Counter[tuple[str, str]] = Counter()
    for camera, time, _ in frames:
        known = named.get(camera, set())
        valid = [version for (id_, version), period in periods.items() if id_ == camera and _within(time, *period)]
        uses[camera, next(iter(known)) if len(known) == 1 else next(iter(valid), "unknown")] += 1
    return uses


def _within(time: int, start: int, end: int | None) -> bool:
    return start <= time and (end is None or time < end)


def _periods(database: Any, cameras: Sequence[str]) -> dict[tuple[str, str], tuple[int, int | None]]:
    """From when until when each version of the cameras is valid, as the registry says."""
    from sqlalchemy import select

    from components.database.schema import CameraVersion

    with database.session() as session:
        rows = session.scalars(select(CameraVersion).where(CameraVersion.id.in_(list(cameras)))).all()
        return {(row.id, row.version): (row.valid_from, row.valid_until) for row in rows}
