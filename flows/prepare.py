"""Turn recorded footage into a versioned dataset: `python -m flows.prepare sampling=fixed_5fps preprocessing=standard`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from components.contracts import InputError, Progress, digest_of
from flows import _contact, _fleet, _labels, _launch, _prefect, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

PART = ("sampling", "preprocessing", "labels", "picture", "pieces", "storage")  # what a part is made with, besides its footage
SPLITS = ("train", "val", "test")
COMMIT = frozenset({"parts", "recipe", "period"})


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("prepare", overrides, calls)
    return {**config, "cameras": list(_fleet.only(config["fleet"], config["only"]))}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.datasets.commit import commit
    from components.datasets.prepare import prepare_part

    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)
    yield _wiring.Call(prepare_part, config, supplied=frozenset({"footage", "key", "progress"}))
    yield _wiring.Call(commit, config, supplied=COMMIT)


def _options(only: list[str] | None, runner: Runner, database: Any, ledger: Any) -> None:
    """Keys of the root config that the flow itself reads."""


def prepare_camera(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: one camera's parts of the dataset, window by window, but for those that are already there."""
    from components.database.segments import Segments
    from components.datasets.commit import finished
    from components.datasets.prepare import Pieces, prepare_part

    wanted = {tuple(piece) for piece in spec["of"]}
    segments = [s for s in Segments(_wiring.make(spec["database"])).of([spec["camera"]]) if _piece(s) in wanted]
    windows, storage = _wiring.make(spec["pieces"], Pieces).windows(segments), _wiring.make(spec["storage"])
    done, total, new = 0, sum(stretch.segment.frames for window in windows for stretch in window), 0
    for key, window in zip(spec["keys"], windows, strict=True):
        if not finished(key, storage=storage):
            parts = _wiring.build(prepare_part, spec)  # sampling and steps begin anew, wherever an earlier run was killed
            prepare_part(window, **parts, key=key, progress=_onwards(progress, done, total))
            new += 1
        done += sum(stretch.segment.frames for stretch in window)
        progress(done, total)
    return {"windows": len(windows), "new": new}


def _onwards(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


def prepare(overrides: Sequence[str] = ()) -> Summary:
    """Every camera's parts side by side, then one dataset under one digest."""
    from components.database.runs import Steps
    from components.datasets.commit import commit, committed, sweep
    from components.datasets.prepare import Pieces
    from components.datasets.splits import Splitter

    config = plan(overrides)
    storage, database = _wiring.make(config["storage"]), _wiring.make(config["database"])
    footage = _footage(database, config["cameras"])
    period = (min(s.start for group in footage.values() for s in group), max(s.end for group in footage.values() for s in group))
    recipe, steps = _recipe(config), Steps(database, "prepare")
    pieces = {name: [_piece(segment) for segment in group] for name, group in footage.items()}
    whole = digest_of(["dataset", pieces, recipe])
    windows = {name: len(_wiring.make(config["pieces"], Pieces).windows(group)) for name, group in footage.items()}
    # A part belongs to one dataset, which takes its shards over.
    keys = {name: [digest_of([whole, name, number]) for number in range(count)] for name, count in windows.items()}
    known = steps.result(whole)
    if known and committed(known["dataset"], storage=storage):
        sweep((key for group in keys.values() for key in group), storage=storage)  # of a run that was killed at its very end
        return _summed(known, unchanged=True)
    shared = {name: config[name] for name in (*PART, "database")}
    jobs = [Job(name, {**shared, "camera": name, "keys": group, "of": pieces[name]}) for name, group in keys.items()]
    outcomes = each(prepare_camera, jobs, _wiring.make(config["runner"], Runner))
    if failures := failures_of(outcomes):
        return Summary("failed", {"cameras": len(outcomes) - len(failures)}, failures=failures, note="no dataset was made")
    made = commit(
        keys, recipe=recipe, splits=_wiring.make(config["splits"], Splitter), period=period, storage=storage, database=database
    )
    cameras = {name: dict(counts) for name, counts in made.counts.cameras.items()}
    result = {"dataset": made.digest, "chain": recipe["chain_digest"], "cameras": cameras, "frames": dict(made.counts.frames)}
    result["ledger_run"] = _contact.log(config, overrides, dataset=made.digest, counts=cameras)
    steps.finish(whole, made.digest, result)
    sweep((key for group in keys.values() for key in group), storage=storage)
    return _summed(result, unchanged=False)


def _recipe(config: dict[str, Any]) -> dict[str, Any]:
    """How the dataset is made, with the code of what decides; where its bytes come from and go to is none of it."""
    from components.preprocessing.chain import digest as code_digest

    sampling = {name: value for name, value in config["sampling"].items() if name != "storage"}
    return {
        "sampling": sampling, "sampling_digest": code_digest([sampling]),
        "chain": config["preprocessing"], "chain_digest": code_digest(config["preprocessing"]),
        **_labels.basis(config), "picture": config["picture"],
        "splits": config["splits"], "splits_digest": code_digest([config["splits"]]), "pieces": config["pieces"],
    }  # fmt: skip


def _footage(database: Any, cameras: Sequence[str]) -> dict[str, list[Any]]:
    from components.database.segments import Segments

    segments = Segments(database).valid(cameras)
    found = {name: [segment for segment in segments if segment.camera.id == name] for name in cameras}
    if absent := [name for name, group in found.items() if not group]:
        gone = Segments(database).gone(absent)
        raise InputError(
            f"no footage of {', '.join(absent)} in the store; {f'{gone}; ' if gone else ''}"
            "record it with python -m flows.ingest, or leave it out with only=[...]"
        )
    return found


def _piece(segment: Any) -> tuple[str, str, int]:
    return segment.camera.version, segment.sha256, segment.start


def _summed(result: dict[str, Any], *, unchanged: bool) -> Summary:
    frames, cameras = result["frames"], result["cameras"]
    kept, total = sum(frames.get(name, 0) for name in SPLITS), sum(frames.values())
    _shown(cameras)
    figures = {"cameras": len(cameras), "kept": kept, "rejected": total - kept}
    figures |= {name: frames.get(name, 0) for name in SPLITS}
    digests = {"dataset": result["dataset"], "preprocessing": result["chain"]}
    notes = ["the same footage, chain and code made this dataset before"] if unchanged else []
    if kept and (empty := [name for name in SPLITS if not frames.get(name)]):
        notes.append(
            f"no frames in {' and '.join(empty)}: splits=by_camera needs three cameras, splits=by_time footage much longer "
            "than people stay in view; choose another, or record more"
        )
    if not kept:
        turned = ", ".join(f"{count} {name}" for name, count in sorted(frames.items(), key=lambda item: -item[1]) if count)
        notes.append(f"no frame is in it ({turned or 'there were none'}): look at the footage, or choose another preprocessing=")
    details = {"frames": frames, "by_camera": cameras, "dataset": result["dataset"], "ledger_run": result.get("ledger_run", "")}
    return Summary(
        "unchanged" if unchanged else "completed", figures, digests, note="; ".join(notes),
        next="python -m flows.train model=yolov8n" if kept else "", details=details,
    )  # fmt: skip


def _shown(cameras: dict[str, dict[str, int]]) -> None:
    """Frames of each camera by split, and by the reason why they are not in."""
    from flows import _tables

    reasons = sorted({name for counts in cameras.values() for name in counts} - {*SPLITS})
    heads = (*SPLITS, *reasons)
    rows: list[list[_tables.Cell]] = [
        [camera, *(counts.get(name, 0) for name in heads)] for camera, counts in sorted(cameras.items())
    ]
    _tables.show("frames", ("camera", *heads), rows)


__getattr__ = _prefect.exported(prepare)
main = _launch.command(prepare)

if __name__ == "__main__":
    main()
