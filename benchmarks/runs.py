"""A ledger of ten thousand runs: `python benchmarks/runs.py [--runs N] [--folder F]`.

Fills a real MLflow (SQLite) through MLflow's own tables: as many trainings, each with a model version, as evaluations, with as
many parameters, metrics and tags as ours have. The newest two models and their evaluations, with tables of a thousand pictures,
are entered by our ledger; the database gets as many appointments and track runs. Prints, each with its bound: seconds until a run
is found by each of its names, until flows.charge says what was in charge, of flows.compare of two runs inside a process, and of
the whole command, beside that of starting Python with MLflow alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BOUND = 2.0  # seconds
PICTURES = 1000
PARAMS, METRICS, TAGS = 80, 60, 25  # of one run
START = 1_772_445_600_000  # ms
MODEL = "staff_detector"
AT_ONCE = 500  # runs written by one statement


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where the ledger is, or will be kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).absolute()
        os.environ["RUNS"] = str(folder)
        if not (folder / "mlflow.db").is_file():
            fill(folder, arguments.runs)
        measured = [*finding(folder, arguments.runs), *charging(folder, arguments.runs), *comparing(), *commanding()]
        for name, seconds, busy, bound in measured:
            good = "   " if bound is None else "ok " if seconds <= bound else "NOT"
            print(f"{good}  {name:<62} {seconds:7.3f} s, {busy:6.3f} s of CPU" + (f"  (bound {bound:.0f} s)" if bound else ""))
        return int(any(bound is not None and seconds > bound for _, seconds, _, bound in measured))


Measured = tuple[str, float, float, float | None]  # what, seconds, seconds of CPU, bound of the seconds


def timed(name: str, work: Callable[[], Any], bound: float | None = None) -> Measured:
    """The better of three: the first one pays for what SQLAlchemy compiles; a command pays for that too, see `commanding`."""
    seconds = []
    for _ in range(3):
        began, busy = time.monotonic(), _busy()
        with contextlib.redirect_stdout(io.StringIO()):
            work()
        seconds.append((time.monotonic() - began, _busy() - busy))
    return (name, *min(seconds), bound)


def _busy() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def finding(folder: Path, runs: int) -> Iterator[Measured]:
    """A run by each of its names."""
    from flows import _basis

    book = ledger(folder)
    for name, word in {
        "latest": "latest", "the one before": "latest-1", "a title": "the newest but one",
        "a model version": f"{MODEL}/{runs // 2 + 1}", "an alias": f"{MODEL}@champion",
    }.items():  # fmt: skip
        yield timed(f"find {name}", lambda w=word: book.evaluation(w, artifact=_basis.ARTIFACT), BOUND)
    search = book._evaluations._found  # these have no artifacts: they are only looked for
    for name, word in {
        "a hundred before": "latest-100", "a thousand before": "latest-1000", "the beginning of an id": _id(1, 1)[:12],
        "a title of long ago": "evaluate model=yolov8s seed=7", "a model version of long ago": f"{MODEL}/7",
    }.items():  # fmt: skip
        yield timed(f"find {name}", lambda w=word: _one(search(w, "")), BOUND)


def _one(found: list[Any]) -> None:
    assert len(found) == 1, len(found)


def charging(folder: Path, runs: int) -> Iterator[Measured]:
    """What was in charge, and what ran, at a moment: of `runs` appointments and as many track runs."""
    from sqlalchemy import insert

    from components.database.charges import CHAIN, Charges
    from components.database.database import Database
    from components.database.schema import RunRow
    from flows import charge

    database = Database(f"sqlite:///{folder}/wardflow.db")
    if not Charges(database).history(most=1):
        entry = {"model": MODEL, "alias": "champion", "cameras": ["bay_a"] * 20, "who": "us", "why": "it is better", "detail": {}}
        CHAIN.enter(database, lambda _: [
            {**entry, "kind": kind, "version": str(i // 2 + 1), "before": str(i // 2)}
            for i in range(runs) for kind in [("intended", "appointed")[i % 2]]
        ])  # fmt: skip
        track = {
            "flow": "track",
            "status": "completed",
            "overrides": ["fleet=ward"],
            "config_digest": "c" * 64,
            "published": False,
        }
        cameras = {f"camera {i}": 1000 for i in range(20)}
        hour = 3_600 * 10**9
        with database.session() as session:
            session.execute(insert(RunRow), [
                {**track, "id": _id(i, 2), "started": i * hour, "finished": (i + 1) * hour, "alive": i * hour,
                 "summary": {"start": i * hour, "end": (i + 1) * hour, "cameras": cameras, "run_key": str(i)}}
                for i in range(runs)
            ])  # fmt: skip
    database.close()
    for words in (["at='1970-06-04 03:12'"], ["at='2100-01-01 00:00'"], [], ["do=verify"]):
        yield timed(f"flows.charge {' '.join(words)}", lambda w=words: charge.charge(w), BOUND)


def comparing() -> Iterator[Measured]:
    """The flow, in a process that has imported everything."""
    from flows import compare

    for name, words in (("two runs", []), ("two models", [f"runs=[{MODEL}@challenger,{MODEL}@champion]"])):
        for draws in (0, 1000):
            said = f"compare {name}, {draws:,} draws of {PICTURES:,} pictures" if draws else f"compare {name}, no intervals"
            yield timed(said, lambda w=words, d=draws: compare.compare(["pictures=0", f"resamples={d}", *w]), BOUND)


def commanding() -> Iterator[Measured]:
    """The command as somebody types it."""
    for name, words in (
        ("python -c 'import mlflow'", ["-c", "import mlflow"]),
        ("python -m flows.compare pictures=0", ["-m", "flows.compare", "pictures=0"]),
        ("python -m flows.compare pictures=0 resamples=0", ["-m", "flows.compare", "pictures=0", "resamples=0"]),
    ):
        run = lambda w=words: subprocess.run([sys.executable, *w], cwd=ROOT, check=True, capture_output=True)  # noqa: E731
        yield timed(name, run)


def ledger(folder: Path):
    from components.ledger.mlflow import Mlflow

    return Mlflow(f"sqlite:///{folder}/mlflow.db", experiment="wardflow")


def fill(folder: Path, runs: int) -> None:
    """All but the newest two models by SQL, the rest by our ledger."""
    began, book = time.monotonic(), ledger(folder)
    bulk(folder, int(book._experiment), runs)
    print(f"     {runs:,} runs and {runs // 2:,} model versions entered in {time.monotonic() - began:.0f} s")
    newest(folder, book)
    print(f"     {(folder / 'mlflow.db').stat().st_size / 1e6:,.0f} MB")


def bulk(folder: Path, experiment: int, runs: int) -> None:
    from mlflow.store.model_registry.dbmodels import models as registry
    from mlflow.store.tracking.dbmodels import models as tracking
    from sqlalchemy import create_engine, insert
    from sqlalchemy.orm import Session

    with Session(create_engine(f"sqlite:///{folder}/mlflow.db")) as session:
        session.execute(insert(registry.SqlRegisteredModel), [{"name": MODEL, "creation_time": START}])
        for start in range(0, runs // 2, AT_ONCE):
            rows = _rows(experiment, range(start, min(start + AT_ONCE, runs // 2)))
            for table, of_table in (
                (tracking.SqlRun, "runs"), (tracking.SqlTag, "tags"), (tracking.SqlParam, "params"),
                (tracking.SqlLatestMetric, "metrics"), (tracking.SqlMetric, "metrics"),
                (registry.SqlModelVersion, "versions"), (registry.SqlModelVersionTag, "version_tags"),
            ):  # fmt: skip
                session.execute(insert(table), rows[of_table])
        session.commit()


def _id(number: int, kind: int) -> str:
    return f"{(2 * number + kind) * 2654435761 % 2**32:08x}{number:023x}{kind:x}"


def _rows(experiment: int, numbers: range) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("runs", "tags", "params", "metrics", "versions", "version_tags")
    }
    for number in numbers:
        for kind, flow in enumerate(("train", "evaluate")):
            run, began = _id(number, kind), START + 1000 * (2 * number + kind)
            rows["runs"].append({
                "run_uuid": run, "name": f"{flow} model=yolov8s seed={number}", "source_type": "LOCAL", "status": "FINISHED",
                "user_id": "us", "start_time": began, "end_time": began + 500, "lifecycle_stage": "active",
                "experiment_id": experiment,
                "artifact_uri": f"file:///nowhere/{run}/artifacts",
            })  # fmt: skip
            tags = {
                "mlflow.runName": rows["runs"][-1]["name"],
                "flow": flow,
                "of": "model",
                "model": f"{MODEL}/{number + 1}",
                "config_digest": run * 2,
                "dataset_digest": "d" * 64,
            }
            tags |= {f"version.package{i}": "1.2.3" for i in range(TAGS - len(tags))}
            rows["tags"] += [{"run_uuid": run, "key": key, "value": value} for key, value in tags.items()]
            rows["params"] += [{"run_uuid": run, "key": f"part.key{i}", "value": f"value {i}"} for i in range(PARAMS)]
            rows["metrics"] += [
                {"run_uuid": run, "key": f"map50.camera.c{i}", "value": 0.5, "timestamp": began, "step": 0, "is_nan": False}
                for i in range(METRICS)
            ]
        rows["versions"].append({
            "name": MODEL, "version": number + 1, "creation_time": began, "last_updated_time": began, "current_stage": "None",
            "run_id": _id(number, 0), "source": "file:///nowhere", "status": "READY",
        })  # fmt: skip
        digests = {f"digest.{name}": "d" * 64 for name in ("cameras", "chain", "dataset", "config")}
        rows["version_tags"] += [
            {"name": MODEL, "version": number + 1, "key": key, "value": value} for key, value in digests.items()
        ]
    return rows


def newest(folder: Path, book: Any) -> None:
    """Two models with trainings and evaluations, entered as flows do."""
    from components.evaluation.comparison import Basis, CameraUse
    from components.ledger.mlflow import Digests
    from flows import _basis
    from tests.judged_tables import judge, samples

    pictures, use = samples(PICTURES), CameraUse(camera="bay_a", version="b" * 64, frames=PICTURES)
    ground = Basis(
        protocol={"of": "model", "score": 0.25}, chain=(), steps=(), chain_digest="c" * 64, dataset="d" * 64, cameras=(use,)
    )
    for share, alias in ((0.7, "challenger"), (0.75, "champion")):
        model = folder / "model"
        model.mkdir(exist_ok=True)
        (model / "model.onnx").write_text(alias)
        config = {"model": {f"key{i}": i for i in range(PARAMS)}, "share": share}
        with book.open("train", [], config, dataset="d" * 64, tags={"flow": "train"}) as run:
            run.artifacts(model, path="model")
            digests = Digests(cameras="a", chain="c" * 64, dataset="d" * 64, config="e")
            version = book.register(run, name=MODEL, folder=model, digests=digests)
        book.promote(MODEL, version=version, alias=alias)
        report = judge(folder / alias, pictures, share, ghosts=20)
        tags = {**_basis.tags(ground.plain()), "of": "model", "model": f"{MODEL}/{version}"}
        name = "the newest but one" if alias == "challenger" else "the newest"
        with book.open(name, [], config, tags=tags) as run:
            run.metrics(report.metrics(), 0)
            run.text(_basis.ARTIFACT, json.dumps(ground.plain()))
            run.artifacts(folder / alias)


if __name__ == "__main__":
    sys.exit(main())
