"""A person is erased as people would do it: look first, then erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.ledger.mlflow import Mlflow
from components.ledger.pages import LEARNED, Pages
from components.storage.storage import Storage
from flows import _pages, erase, retain
from tests.components.retention.conftest import DATASET, TEN
from tests.components.retention.ward import fill

HOUR = ["person=nurse_1", "since=2026-03-02T10:00", "until=2026-03-02T11:00"]


@pytest.fixture
def storage(runs: Path) -> Iterator[Storage]:
    database = Database(f"sqlite:///{runs}/wardflow.db")
    storage = Storage(str(runs / "store"))
    fill(storage, database)
    database.close()
    yield storage


def test_look_then_erase(storage: Storage, runs: Path) -> None:
    before = {path: storage.read(path) for path in storage.list("")}
    look = erase.erase(HOUR)
    assert look.figures["rows of sightings"] == "3 in 1 files" and look.figures["nothing is touched"]
    assert look.next == f"python -m flows.erase {' '.join(HOUR)} do=erase"
    assert {path: storage.read(path) for path in storage.list("")} == before
    done = erase.erase([*HOUR, "do=erase", "footage=delete"])
    assert done.status == "completed" and done.figures["footage"] == "1 pieces show the person: deleted"
    assert done.figures[f"dataset {DATASET[:12]}"] == "2 frames show the person; trained on it: no registered model"
    report = json.loads(Path(str(done.figures["report"])).read_text())
    assert report["datasets"][0]["frames"] == {"k0": "label", "k1": "sighting"} and len(report["footage"]) == 1
    assert "python -m flows.prepare makes one without that footage" in done.note
    assert retain.retain(["do=verify"]).status == "completed"
    again = erase.erase(HOUR)
    assert not any(name.startswith("rows of") for name in again.figures)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["person=unknown", *HOUR[1:]], "expected the id of somebody on the roster"),
        ([HOUR[0], "since=2026-03-03", "until=2026-03-02"], "since is not before until"),
        ([HOUR[0], "since=monday", HOUR[2]], "since is 'monday'"),
        ([*HOUR, "how=forget"], "how: input should be 'remove' or 'pseudonymise'"),
        (HOUR[:2], "erase needs a value for until"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str) -> None:
    try:
        summary = erase.erase(words)
    except InputError as error:
        assert said in str(error)
    else:
        assert said in "".join(summary.failures.values())


def pages(ledger: Mlflow, folder: Path) -> dict[str, str]:
    """Runs with pictures: of the moment in which the person was seen, of one of the dataset, of another hour, of a training."""
    (folder / "group" / "pictures").mkdir(parents=True)
    (folder / "training").mkdir()
    for name in ("page.html", "group/pictures/1.jpg", LEARNED):
        (folder / name).write_text("a picture")
    copy = folder.parent / "copy.html"
    copy.write_text("a picture")
    hour = 3600 * 10**9
    frames = {
        "seen": [{"camera": "desk", "time": TEN}, {"camera": "bay_a", "time": TEN + 300_000_000}],
        "labelled": [{"camera": "bay_a", "time": TEN + 2 * hour, "dataset": DATASET, "key": "k0"}],
        "later": [{"camera": "bay_a", "time": TEN + 2 * hour}],
    }
    made = {}
    for name, shown in frames.items():
        with ledger.open("compare", [], {"name": name}, tags={"flow": "compare"}) as run:
            _pages.note(run, ["page.html", "group/pictures"], shown, copies=[str(copy)] if name == "seen" else [])
            run.artifacts(folder)
            made[name] = run.id
    with ledger.open("train", [], {"name": "train"}, dataset=DATASET, tags={"flow": "train"}) as run:
        run.artifacts(folder)
        made["train"] = run.id
    return made


def test_pages_that_show_the_person_go_and_others_stay(storage: Storage, runs: Path, tmp_path: Path) -> None:
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")
    made = pages(ledger, tmp_path / "files")
    look = erase.erase(HOUR)
    assert str(look.figures["pages in the ledger"]).startswith("5 show the person, would go as a whole: mlflow/")
    assert all(_kept(ledger, made[name]) for name in made), "a dry run touches nothing"
    done = erase.erase([*HOUR, "do=erase"])
    assert done.status == "completed" and "5 show the person, deleted" in str(done.figures["pages in the ledger"])
    assert [name for name in made if _kept(ledger, made[name])] == ["later", "train"]
    assert LEARNED not in {each.path for each in ledger._client.list_artifacts(made["train"], "training")}
    assert not (tmp_path / "copy.html").exists()
    assert retain.retain(["do=verify"]).status == "completed"
    assert [each.run for each in Pages(ledger.uri, experiment="wardflow").showing()] == [made["later"]]


def test_a_page_under_a_hold_stays(storage: Storage, runs: Path, tmp_path: Path) -> None:
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")
    made = pages(ledger, tmp_path / "files")
    hold = ["do=hold", "name=court", "who=us", "why=asked", "cameras=[desk]"]
    assert retain.retain(hold).status == "completed"
    done = erase.erase([*HOUR, "do=erase"])
    assert _kept(ledger, made["seen"]) and not _kept(ledger, made["labelled"])
    assert done.details["held"][f"mlflow/{made['seen']}"] == ["court"]


def _kept(ledger: Mlflow, run: str) -> bool:
    return {"page.html", "group"} <= {each.path for each in ledger._client.list_artifacts(run)} and bool(
        ledger._client.list_artifacts(run, "group")
    )
