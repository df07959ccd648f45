"""What flows.label does and shows, word by word; and what labels mean to a dataset that is made with them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.contracts import InputError, Progress
from flows import _pictures, _tables, _wiring
from flows._summary import Summary


def basis(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of the labels decides a dataset: how they are used, the set behind a name, and what of it a moved camera made stale.

    Raises InputError where labels refuse to be used for these cameras.
    """
    labeller, places = _wiring.make(config["labels"]), (config["storage"], config["database"])
    used = {key: value for key, value in config["labels"].items() if value not in places and key != "set"}
    stale = labeller.stale(config["cameras"]) if hasattr(labeller, "stale") else []
    found = {"labels": used, "label_set": labeller.label_set}
    return {**found, "stale_labels": [asdict(each) for each in stale]} if stale else found


def listed(config: Mapping[str, Any], progress: Progress) -> Summary:  # noqa: ARG001 - every word has this signature
    """Every set, the newest first."""
    sets = _sets(config).all()
    names = {found.digest: found.name for found in sets}
    heads = ("set", "name", "state", "made (UTC)", "owner", "frames", "boxes", "cameras", "follows", "from")
    _tables.show("labels", heads, (
        (
            found.digest[:12], found.name, found.state, _tables.moment(found.created)[:19], found.owner, found.frames,
            found.boxes,
            ", ".join(dict.fromkeys(view["camera"] for view in found.views)),
            found.parent and f"{found.parent[:12]} {names.get(found.parent, '')}".strip(), found.how,
        )
        for found in sets
    ))  # fmt: skip
    following = f"python -m flows.prepare labels=imported labels.set={sets[0].name}" if sets else ""
    return Summary("completed", {"sets": len(sets)}, next=following, details={"sets": [asdict(found) for found in sets]})


def imported(config: Mapping[str, Any], progress: Progress) -> Summary:  # noqa: ARG001
    """A file of labels as a set that people answer for."""
    table, left_out, how = _read(config)
    sets = _sets(config)
    before = sets.newest(config["name"])
    found, news = sets.add(
        table, name=config["name"], state="reviewed", owner=config["owner"], how=how, parent=before.digest if before else ""
    )
    return _entered(found, news, left_out)


def accepted(config: Mapping[str, Any], progress: Progress) -> Summary:  # noqa: ARG001
    """What was reviewed takes the place of what was proposed."""
    sets = _sets(config)
    proposal = sets.named(config["set"], states=("proposed",))
    if proposal.state != "proposed":
        raise InputError(f"set={config['set']}: it is {proposal.state} already; expected a set that is proposed")
    old = sets.read(proposal)
    table, left_out, how = (old, {}, "accepted as proposed") if config["file"] is None else _read(config)
    found, news = sets.add(
        table, name=config["name"] or proposal.name, state="reviewed", owner=config["owner"],
        how=f"review of {proposal.digest[:12]}: {how}", parent=proposal.digest,
    )  # fmt: skip
    missing = _moments(old) - _moments(table)
    note = f"{len(missing)} of {proposal.frames} frames of the proposal were not reviewed, and are not in it" if missing else ""
    return _entered(found, news, left_out, note)


def stale(config: Mapping[str, Any], progress: Progress) -> Summary:  # noqa: ARG001
    """What has to be labelled again, since cameras moved: of one set, or of the newest of every name."""
    from components.database.registry import Registry
    from components.labels.staleness import stale as find

    sets, registry = _sets(config), Registry(_wiring.make(config["database"]))
    newest = {found.name: found for found in reversed(sets.all())}
    chosen = [sets.named(config["set"])] if config["set"] else list(newest.values())
    found = {each.name: find(sets.read(each), registry) for each in chosen}
    rows = [(name, *_stale_row(each)) for name, many in found.items() for each in many]
    heads = ("labels", "camera", "labelled in", "the camera then was", "frames", "first (UTC)", "last (UTC)")
    _tables.show("to label again", heads, rows)
    frames = sum(each.frames for many in found.values() for each in many)
    following = "python -m flows.label do=propose name=... owner=... only=[" + ",".join(sorted({row[1] for row in rows})) + "]"
    return Summary(
        "completed", {"sets": len(chosen), "stale_frames": frames},
        note="" if frames else "every label is of the view that its camera had", next=following if frames else "",
        details={name: [asdict(each) for each in many] for name, many in found.items()},
    )  # fmt: skip


def propose(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """What the detector sees in the pictures of a dataset, or in footage."""
    from components.labels.proposing import proposed

    detector = _wiring.make(spec["detector"])
    table = proposed(_pictures.frames(spec, progress), detector, least=spec["least"])
    teacher = str(spec["detector"][_wiring.TARGET]).rsplit(".", 1)[-1]
    weights = Path(str(spec["detector"].get("weights", ""))).name
    of = f"dataset {_pictures.dataset(spec).digest[:12]}" if spec["dataset"] else "footage"
    how = f"{' '.join(filter(None, (teacher, weights)))} with scores of {spec['least']} and more, of {of}"
    sets = _sets(spec)
    before = sets.newest(spec["name"])
    found, news = sets.add(
        table, name=spec["name"], state="proposed", owner=spec["owner"], how=how, parent=before.digest if before else ""
    )
    return {**asdict(found), "news": news}


def review(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A set with its pictures, for people to correct."""
    from components.labels.review import write

    sets = _sets(spec)
    found = sets.named(spec["set"])
    table, folder = sets.read(found), Path(spec["folder"])
    written = write(_pictures.frames(spec, progress, of=table), table, folder, spec["format"])
    about = {"frames": written, "of": found.frames, "folder": str(folder), "format": spec["format"]}
    return {"set": found.digest, "name": found.name, **about}


def summed(chosen: str, result: Mapping[str, Any]) -> Summary:
    """What came out of long work."""
    if chosen == "propose":
        figures = {name: result[name] for name in ("name", "frames", "boxes")}
        following = f"python -m flows.label do=review set={result['name']} format=cvat_images folder=review"
        return Summary("completed" if result["news"] else "unchanged", figures, {"labels": result["digest"]}, next=following)
    tool = {"cvat_images": "CVAT: a task of images/, then Upload annotations: CVAT 1.1, annotations.xml"}.get(
        result["format"], "Label Studio: a project with interface.xml, images/ as local files, then Import tasks.json"
    )
    absent = result["of"] - result["frames"]
    note = f"{tool}{f'; {absent} frames of the set are not there any more' if absent else ''}"
    following = f"python -m flows.label do=accept set={result['name']} owner=... format={result['format']} file=..."
    return Summary(
        "completed",
        {"frames": result["frames"], "folder": result["folder"]},
        {"labels": result["set"]},
        note=note,
        next=following,
    )


SHORT: dict[str, Callable[[Mapping[str, Any], Progress], Summary]] = {
    "list": listed, "import": imported, "accept": accepted, "stale": stale,
}  # fmt: skip
WORK: dict[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {"propose": propose, "review": review}


def _entered(found: Any, news: bool, left_out: Mapping[str, int], note: str = "") -> Summary:
    said = [f"left out: {', '.join(f'{count} x {what}' for what, count in left_out.items())}"] if left_out else []
    said += [note] if note else []
    if not news:
        said.append(
            f"the same labels are there already, as {found.name} of {found.owner} since {_tables.moment(found.created)[:19]}"
        )
    _tables.show("views", ("camera", "version", "frames", "first (UTC)", "last (UTC)"), (
        (view["camera"], view["version"][:12], view["frames"], _tables.moment(view["first"]), _tables.moment(view["last"]))
        for view in found.views
    ))  # fmt: skip
    return Summary(
        "completed" if news else "unchanged", {"name": found.name, "frames": found.frames, "boxes": found.boxes},
        {"labels": found.digest}, note="; ".join(said), next=f"python -m flows.prepare labels=imported labels.set={found.name}",
        details={"set": asdict(found), "left_out": dict(left_out)},
    )  # fmt: skip


def _stale_row(each: Any) -> tuple[Any, ...]:
    times = (_tables.moment(each.first), _tables.moment(each.last))
    return each.camera, each.labelled[:12], each.version[:12] or "unknown", each.frames, *times


def _read(config: Mapping[str, Any]) -> tuple[Any, Mapping[str, int], str]:
    """The common table of a file of labels, what was left out of it, and where it is from."""
    from components.labels.table import bound

    path = Path(config["file"])
    export = importlib.import_module(f"components.labels.formats.{config['format']}").read(path, classes=config["classes"])
    return bound(export, _place(config, export)), export.left_out, f"{config['format']} {path}"


def _place(config: Mapping[str, Any], export: Any) -> Any:
    """What says where and when pictures were taken."""
    from components.database.segments import Segments
    from components.labels.places import ByDataset, ByFrame, ByRegistry

    database, size = _wiring.make(config["database"]), tuple(config["size"] or (0, 0))
    if config["dataset"]:
        dataset = _pictures.dataset(config)
        return ByDataset(dataset.digest, _rows(dataset, {marked.name for marked in export.pictures}))
    if config["pictures"] == "keys":
        return ByRegistry(database, size=size)
    segments = Segments(database).of([config["camera"]])
    if not segments:
        raise InputError(f"camera={config['camera']}: the store has no footage of it; record it with python -m flows.ingest")
    storage = _wiring.make(config["storage"])
    return ByFrame(
        config["camera"], segments, lambda segment: _times(segment, storage), first=config["first_frame"], size=size
    )  # fmt: skip


def _rows(dataset: Any, names: set[str]) -> dict[str, Any]:
    """The rows of the manifest of these pictures, by key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[str, Any] = {}
    wanted = pa.array(sorted(names), pa.string())
    for batch in dataset.rows.batches(["key", "camera_version", "to_native", "width", "height"]):
        found |= {row["key"]: row for row in batch.filter(pc.is_in(batch["key"], value_set=wanted)).to_pylist()}
    return found


def _times(segment: Any, storage: Any) -> list[int]:
    """The fleet time (ns) of every frame of a segment, without decoding any."""
    from components.sources.decoding import SECOND, opened, packets, shown_at

    path = storage.fetch(segment.path)
    with opened(path) as (container, stream):
        shown = sorted(shown_at(packet) for packet in packets(path, container, stream))
        return [segment.start + round((at - shown[0]) * float(stream.time_base or 0) * SECOND) for at in shown]


def _moments(table: Any) -> set[tuple[str, int]]:
    return set(zip(table["camera"].to_pylist(), table["time"].to_pylist(), strict=True))


def _sets(config: Mapping[str, Any]) -> Any:
    from components.labels.sets import LabelSets

    return LabelSets(_wiring.make(config["storage"]), _wiring.make(config["database"]))
