"""Erase a person from a period: `python -m flows.erase person=nurse_1 since=2026-03-02 until=2026-03-02`, then `do=erase`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from components.contracts import InputError, Progress
from flows import _launch, _pages, _prefect, _record, _wiring
from flows._moments import moment
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

AGAIN = "python -m flows.prepare"


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with times in ns."""
    config = _wiring.plan("erase", overrides, calls)
    return {**config, "start": moment("since", config["since"]), "end": moment("until", config["until"], end=True)}


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    person: str, since: str, until: str, do: Literal["dry", "erase"], how: Literal["remove", "pseudonymise"],
    footage: Literal["keep", "delete"], report: str, storage: Any, database: Any, ledger: Any,
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def erase_person(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: look, or erase."""
    from components.retention.erasure import erase as carry_out
    from components.retention.erasure import look
    from components.retention.person import Request

    config = spec["config"]
    storage, database = _wiring.make(config["storage"]), _wiring.make(config["database"])
    request = Request(config["person"], config["start"], config["end"], config["how"])
    pages = _pages.Pages(config, storage, database, request)
    if config["do"] == "dry":
        return {"found": look(storage, database, request, progress=progress), "pages": pages.files()}
    held = pages.erase(spec["run"])  # first, as long as the records say where the person was
    found = carry_out(storage, database, request, footage=config["footage"], run=spec["run"], progress=progress)
    found.held |= held
    return {"found": found, "pages": pages.files(without=held)}


def erase(overrides: Sequence[str] = ()) -> Summary:
    """Rows of files and of the database go; datasets and models that have seen the person are named."""
    config = plan(overrides)
    outcome = each(erase_person, [Job(config["person"], {"config": config, "run": _record.run()})], Runner("local"))
    if failures := failures_of(outcome):
        return Summary("failed", failures=failures, note="run the same command again: it goes on from here")
    found = outcome[0].result["found"]
    models, problem = _models(config, [shown.dataset for shown in found.datasets])
    report = _written(config, found, models)
    figures: dict[str, Any] = {} if config["do"] == "erase" else {"nothing is touched": "this is a dry run"}
    figures |= {f"rows of {prefix}": f"{rows:,} in {found.files[prefix]:,} files" for prefix, rows in found.rows.items()}
    figures |= {f"rows of database/{table}": rows for table, rows in found.tables.items()}
    figures |= (
        _shown(config, outcome[0].result["pages"])
        | _pictures(config, found, models)
        | ({"held": len(found.held)} if found.held else {})
        | {"report": str(report)}
    )
    figures |= {"erasure": found.id, "certificate": found.certificate} if found.id else {}
    failures = dict(list(found.problems.items())[:20])
    erasing = " ".join(["python -m flows.erase", *overrides, "do=erase"])
    following = erasing if config["do"] == "dry" else "python -m flows.retain do=verify"
    details = {"datasets": {shown.dataset: len(shown.frames) for shown in found.datasets}, "models": models, "held": found.held}
    return Summary(
        "failed" if failures else "completed", figures, failures=failures, note=_note(config, found, problem), next=following,
        details=details,
    )  # fmt: skip


def _models(config: dict[str, Any], datasets: Sequence[str]) -> tuple[dict[str, list[str]], str]:
    """The registered models that were trained on each dataset, and why nobody knows."""
    if not datasets:
        return {}, ""
    try:
        lineages = _wiring.make(config["ledger"]).lineages()
    except InputError as error:
        return {}, str(error)
    return {digest: [each.model for each in lineages if each.dataset == digest] for digest in datasets}, ""


def _written(config: dict[str, Any], found: Any, models: dict[str, list[str]]) -> Path:
    """Which frames show the person, as a file; it names the person, so it is to be deleted when it has served."""
    folder = Path(config["report"])
    folder.mkdir(parents=True, exist_ok=True)
    name = found.id or "dry"
    datasets = [
        {"dataset": each.dataset, "models": models.get(each.dataset, []), "splits": each.splits, "frames": each.frames}
        for each in found.datasets
    ]
    asked = {name: config[name] for name in ("person", "since", "until", "how", "footage", "do")}
    content = {**asked, "datasets": datasets, "label_sets": found.label_sets, "footage": found.footage, "held": found.held}
    partial, path = folder / f".{name}.json", folder / f"{name}.json"
    partial.write_text(json.dumps(content, indent=2) + "\n")
    partial.replace(path)
    return path


def _shown(config: dict[str, Any], pages: Sequence[str]) -> dict[str, str]:
    goes = "deleted" if config["do"] == "erase" else "would go"
    return {"pages in the ledger": f"{len(pages)} show the person, {goes} as a whole: {', '.join(pages)}"} if pages else {}


def _pictures(config: dict[str, Any], found: Any, models: dict[str, list[str]]) -> dict[str, str]:
    goes = "deleted" if config["do"] == "erase" else "would go"
    gone = "they stay" if config["footage"] == "keep" else goes
    figures = {"footage": f"{len(found.footage):,} pieces show the person: {gone}"}
    for shown in found.datasets:
        trained = ", ".join(models.get(shown.dataset, [])) or "no registered model"
        figures[f"dataset {shown.dataset[:12]}"] = f"{len(shown.frames):,} frames show the person; trained on it: {trained}"
    for digest, boxes in found.label_sets.items():
        figures[f"labels {digest[:12]}"] = f"{boxes:,} boxes have the person's name; label sets are not changed"
    return figures


def _note(config: dict[str, Any], found: Any, problem: str) -> str:
    said = ["it took up one that was interrupted"] if found.resumed else []
    if found.datasets:
        footage = "" if config["footage"] == "delete" else "erase with footage=delete first; then "
        said.append(f"datasets are not changed: {footage}{AGAIN} makes one without that footage, and flows.train a model of it")
    if found.footage and config["footage"] == "keep":
        said.append("who tracks that footage again finds the person again")
    if found.held:
        said.append(f"{len(found.held):,} files are under a legal hold and stay")
    if problem:
        said.append(f"nobody knows which models were trained on them: {problem}")
    said.append("occupancy, heat and flows are sums of roles and stay; so does the roster")
    return "; ".join(said)


__getattr__ = _prefect.exported(erase)
main = _launch.command(erase)

if __name__ == "__main__":
    main()
