"""Train one model on one dataset and register it: `python -m flows.train model=yolov8s`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.contracts import Progress, Step, digest_of
from flows import _chains, _code, _described, _family, _launch, _prefect, _runtimes, _weights, _wiring
from flows._summary import Summary
from flows._workers import Job, Runner, each, failures_of

SUPPLIED = frozenset({"dataset", "folder", "lineage", "run", "progress"})
DETECTOR = "staff_detector"  # the registry's name for what finds people; other kinds of model say their own
FIGURES = {DETECTOR: ("map50", "map"), "staff_role": ("balanced", "top1"), "staff_reid": ("map", "rank1")}
DECISIVE = ("model", "augmentation", "trainer", "seed", "dataset")  # what the weights depend on


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts, with the dataset's digest in the place of its name and chain."""
    config = _wiring.plan("train", overrides, calls)
    word = next((one for one in overrides if one.lstrip("+~").startswith("preprocessing")), "preprocessing")
    return {**config, "dataset": _chains.dataset(config, config.get("preprocessing"), word)}


def identity(overrides: Sequence[str]) -> dict[str, Any]:
    """What decides the weights of a training with these words: a sweep runs equal ones once."""
    config = plan(overrides)
    return {name: config[name] for name in DECISIVE}


def figures(config: dict[str, Any]) -> tuple[str, ...]:
    """The figures that a training gives, by the kind of its model; the first is what a sweep compares."""
    return FIGURES[str(getattr(_wiring.target(config["model"]["_target_"]), "registered", DETECTOR))]


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    from components.training.fit import fit

    yield _wiring.Call(_options, config)
    yield _wiring.Call(_chain, config)
    yield _wiring.Call(fit, {name: value for name, value in config.items() if name != "dataset"}, supplied=SUPPLIED)


def _chain(preprocessing: Sequence[Step] | None = None) -> None:
    """The chain that the dataset is to be made with; none: whichever it was."""


def _options(
    dataset: str, storage: Any, database: Any, ledger: Any, name: str | None, work: str, model_cache: str, again: bool
) -> None:
    """Keys of the root config that the flow itself reads."""


def fit_model(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: train, and register what came out; a finished training is found again."""
    from components.datasets.dataset import StoredDataset
    from components.training.card import FILE, words
    from components.training.fit import Lineage, fit

    config, commit = spec["config"], _code.commit()
    dataset = StoredDataset(config["dataset"], storage=_wiring.make(config["storage"]))
    began = _weights.beginning(config, progress)
    decisive = {name: config[name] for name in DECISIVE} | began.decisive
    ledger = _wiring.make(config["ledger"])
    if not config["again"] and (known := ledger.find(decisive, dataset=dataset.digest)):
        return {
            "version": known.version,
            "metrics": known.metrics,
            "run": known.run,
            "dataset": dataset.digest,
            "unchanged": True,
        }
    parts = _wiring.build(fit, {"model": began.model} | {name: config[name] for name in ("augmentation", "trainer", "seed")})
    tags = {"preprocessing_digest": dataset.chain_digest, **began.tags, **_family.tags()}
    family = {"tags": tags, "parent": _family.parent(), "effective": spec["effective"]}
    with _described.opened(ledger, "train", spec["overrides"], decisive, dataset=dataset.digest, **family) as run:
        run.dataset(dataset.digest, name=dataset.digest[:12], source=f"{config['storage']['url']}/datasets/{dataset.digest}")
        lineage = Lineage(config=digest_of(decisive), commit=commit.name, model=_runtimes.recipe(config["model"]))
        watched = _family.watched(run, config["trainer"]["epochs"])
        folder = Path(config["work"], f"again-{run.id}") if config["again"] else Path(config["work"])
        trained = fit(**parts, dataset=dataset, folder=folder, lineage=lineage, run=watched, progress=progress)
        card = json.loads((trained.folder / "model.json").read_text())
        (trained.folder / FILE).write_text(words(card, name=_registered(config), cameras=dataset.cameras))
        run.artifacts(trained.folder, path="model")
        version = ledger.register(run, name=_registered(config), folder=trained.folder, digests=_digests(dataset, decisive))
    return {"version": version, "metrics": trained.metrics, "run": run.id, "dataset": dataset.digest, "unchanged": False}


def _digests(dataset: Any, decisive: dict[str, Any]) -> Any:
    from components.ledger.mlflow import Digests

    cameras = digest_of(dataset.cameras)
    return Digests(cameras=cameras, chain=dataset.chain_digest, dataset=dataset.digest, config=digest_of(decisive))


def _effective(config: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The whole config with the dataset that is trained on where one was named: `preprocessing=` may mean its sibling."""
    composed = dict(_launch.compose("train", overrides))
    return composed if composed["dataset"] == "latest" else {**composed, "dataset": config["dataset"]}


def train(overrides: Sequence[str] = ()) -> Summary:
    """Train; the figure of the validation split is what a sweep compares."""
    config = plan(overrides)
    spec = {"config": config, "overrides": list(overrides), "effective": _effective(config, overrides)}
    job = Job(_model_name(config), spec)
    outcomes = each(fit_model, [job], Runner("local"))
    if failures := failures_of(outcomes):
        return Summary("failed", failures=failures)
    from components.ledger.run import WAITING

    result = outcomes[0].result
    shown = {name: value for name, value in result["metrics"].items() if "." not in name}
    said = {"model": f"{_registered(config)}/{result['version']}", **shown}
    note = "a finished run has this very config, dataset and seed" if result["unchanged"] else ""
    following = _next(_registered(config))
    if result["version"] == WAITING:
        note = "MLflow is away: the run and its model wait here, and the next run delivers them too"
        following = " ".join(["python -m flows.ledger deliver", *(word for word in overrides if word.startswith("ledger"))])
    return Summary(
        "unchanged" if result["unchanged"] else "completed", said, {"dataset": result["dataset"]}, note=note,
        next=following, details={"run": result["run"], "objective": shown.get(figures(config)[0])},
    )  # fmt: skip


def _registered(config: dict[str, Any]) -> str:
    """The model's name in the registry."""
    return str(config["name"] or getattr(_wiring.target(config["model"]["_target_"]), "registered", DETECTOR))


def _next(name: str) -> str:
    return "python -m flows.evaluate" if name == DETECTOR else f"python -m flows.promote name={name}"


def _model_name(config: dict[str, Any]) -> str:
    model = config["model"]
    return str(model.get("name") or model.get("architecture") or model["_target_"].rsplit(".", 1)[-1])


__getattr__ = _prefect.exported(train)
main = _launch.command(train)

if __name__ == "__main__":
    main()
