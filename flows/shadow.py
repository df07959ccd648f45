"""Try a model beside the one in charge, on the very same frames: `python -m flows.shadow challenger=models:/staff_detector/4`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.contracts import InputError, digest_of
from flows import _code, _described, _launch, _models, _pages, _prefect, _run, _shadowed, _wiring
from flows import track as _track
from flows._shadowed import Shadow
from flows._summary import Status, Summary

OWN = ("challenger", "shadow")
PICTURES = 24  # on the page


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds; the words of `flows.track` are checked as there."""
    yield from _track.calls(config)
    yield _wiring.Call(_options, config)


def _options(challenger: str, shadow: Shadow) -> None:
    """Keys of the root config that the flow itself reads."""


def shadow(overrides: Sequence[str] = ()) -> Summary:
    """Let the champion do what it does, as a run of `flows.track`, ask the challenger beside it, and report how they compare."""
    config = _wiring.plan("shadow", overrides, calls)
    words = [word for word in overrides if word.lstrip("+~").split("=")[0].split(".")[0] not in OWN]
    champion = _models.resolve(_track.planned(words), words)
    asked = {**champion.config, "detector": {**config["detector"], "weights": config["challenger"]}}
    challenger = _models.resolve(asked, [])
    if champion.identity == challenger.identity:
        raise InputError(f"challenger={config['challenger']} is what is in charge; give another version or another runtime")
    folder = Path(config["shadow"]["folder"]) / digest_of([champion.identity, challenger.identity, words])[:12]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec = _shadowed.beside(champion, challenger, config["shadow"], folder)

    def track(_: Sequence[str]) -> Summary:
        return _track.followed(champion, words, spec)

    stamp = datetime.now(UTC)
    own = Path(os.environ.get("RUNS", "runs")) / "track" / f"{stamp:%Y-%m-%d}" / f"{stamp:%H-%M-%S-%f}"
    names = (champion.model or _named(champion), challenger.model or _named(challenger))
    try:
        main = _run.part(track, words, own)
        result = _reported(config, overrides, names, folder, str(main.details.get("run_key", "")))
    finally:
        shutil.rmtree(folder)  # pictures of people stay no longer than they are needed
    status: Status = "failed" if main.failures or result["problems"] else "completed"
    figures = {"champion": names[0], "challenger": names[1], **result["figures"], "dropped": result["dropped"]}
    note = (
        f"track run {main.details.get('run_key', '')} is the champion's; page, tables and pictures: run {result['run']} in MLflow"
    )
    failures = {**main.failures, **result["problems"]}
    return Summary(
        status, figures, failures=failures, note=note, next="python -m flows.promote", details={**result, "models": names}
    )


def _named(resolved: _models.Resolved) -> str:
    return str(resolved.config["detector"].get("weights") or resolved.config["detector"]["_target_"].rsplit(".", 1)[-1])


def _reported(
    config: Mapping[str, Any], overrides: Sequence[str], names: tuple[str, str], folder: Path, run_key: str
) -> dict[str, Any]:
    """Figures, page and tables, in the ledger."""
    from components.evaluation import tables
    from components.evaluation.looks import PICTURES as FOLDER
    from components.evaluation.looks_report import compared, frames, html, metrics

    groups = sorted(path.parent for path in folder.glob("*/counts.json"))
    counts = [json.loads((group / "counts.json").read_text()) for group in groups]
    problems = {f"challenger, {each['group']}": each["problem"] for each in counts if each["problem"]}
    dropped = sum(each["dropped"] for each in counts)
    found, commit = compared(groups), _code.commit()
    notes = [f"{name}: {problem}" for name, problem in problems.items()]
    notes += [f"The challenger had no time for {dropped:,} frames; they are in no figure."] * bool(dropped)
    about = {"champion": names[0], "challenger": names[1], "run_key": run_key, "groups": counts}
    tables.write(folder, "cameras", [asdict(each) for each in found])
    (folder / "shadow.html").write_text(
        html(found, groups, champion=names[0], challenger=names[1], notes=notes, most=PICTURES), encoding="utf-8"
    )
    tags = {"flow": "shadow", "champion": names[0], "challenger": names[1], "run_key": run_key, **tables.tag(["cameras"])}
    tags |= {"git_commit": commit.name, "git_dirty": str(commit.dirty).lower()}
    with _described.opened(_wiring.make(config["ledger"]), "shadow", overrides, config, effective=config, tags=tags) as run:
        run.text("shadow.json", json.dumps(about, indent=2))
        _pages.note(run, ["shadow.html", *(f"{group.name}/{FOLDER}" for group in groups)], frames(groups))
        run.artifacts(folder)
        run.metrics({**metrics(found), "dropped": float(dropped)}, 0)
    shown = {name: value for name, value in asdict(found[0]).items() if name != "camera" and not name.endswith("p95")}
    return {"figures": shown, "problems": problems, "dropped": dropped, "run": run.id}


__getattr__ = _prefect.exported(shadow)
main = _launch.command(shadow)

if __name__ == "__main__":
    main()
