"""`python -m flows.datasets`: every word, on the console and in summary.json, with exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DatasetRow
from flows.datasets import datasets
from tests.made_datasets import RECIPE, START, make, png, shots


@pytest.fixture
def known(runs: Path) -> tuple[str, str]:
    """Two datasets; in the second, a frame is another and one is gone."""
    frames = shots()
    other = [replace(frames[1], picture=png(5)), *frames[2:]]
    database, found = Database(f"sqlite:///{runs}/wardflow.db"), []
    for created, (members, recipe) in enumerate([(frames, RECIPE), (other, {**RECIPE, "sampling": {"fps": 7}})]):
        found.append(make(runs / "store", members, recipe=recipe))
        with database.session() as session:
            row = {"path": f"datasets/{found[-1]}", "kept": len(members), "rejected": 0, "chain_digest": "c" * 64}
            session.add(DatasetRow(digest=found[-1], created=created, **row))
    database.close()
    return found[0], found[1]


def test_a_list_of_all(known: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    summary = datasets([])
    assert summary.ok and summary.figures == {"datasets": 2, "not_in_the_store": 0}
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith((known[0][:12], known[1][:12]))]
    assert [row[0] for row in rows] == [known[1][:12], known[0][:12]]
    assert rows[1][-6:] == ["20", "0", "12", "4", "4", "c" * 12]


def test_without_datasets_it_says_how_to_make_one() -> None:
    assert datasets([]).next == "python -m flows.prepare"
    with pytest.raises(InputError, match=r"there is no dataset yet; make one with python -m flows\.prepare"):
        datasets(["show=latest"])


def test_what_is_in_one(known: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    summary = datasets([f"show={known[0][:8]}"])
    assert (summary.figures["cameras"], summary.figures["frames"], summary.figures["chain"]) == (2, 20, "Gray")
    assert summary.digests == {"dataset": known[0], "preprocessing": "c" * 64}
    assert [camera["camera"] for camera in summary.details["cameras"]] == ["a", "b"]
    assert "2026-03-02 10:00:09" in capsys.readouterr().out


def test_one_frame(known: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    summary = datasets([f"show={known[0]}", f"frame=b-{START}"])
    assert summary.figures["camera"] == "b" and summary.note == "picture and label are as the manifest says"
    assert "quality" in capsys.readouterr().out
    with pytest.raises(InputError, match="no frame has the key b-1"):
        datasets([f"show={known[0]}", "frame=b-1"])


def test_what_differs(known: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    summary = datasets([f"diff=[{known[0]},latest]"])
    assert {name: summary.figures[name] for name in ("added", "removed", "changed", "same")} == {
        "added": 0, "removed": 1, "changed": 1, "same": 18,
    }  # fmt: skip
    assert summary.details["recipe"] == [["sampling.fps", 5, 7]]
    assert [hour["camera"] for hour in summary.details["hours"]] == ["a", "b"]
    shown = capsys.readouterr().out
    assert "2026-03-02 10h" in shown and "sampling.fps" in shown and "other picture" in shown
    assert datasets(["diff=[latest,latest]"]).note == "there is no difference"


def test_a_broken_dataset_fails_with_the_names_of_its_frames(known: tuple[str, str], runs: Path) -> None:
    assert datasets(["verify=latest"]).note == "every byte is as the manifest says"
    shard = runs / "store" / "datasets" / known[1] / "a-00000.tar"
    content = bytearray(shard.read_bytes())
    content[600] ^= 1
    shard.write_bytes(content)
    summary = datasets(["verify=latest"])
    assert not summary.ok and summary.figures["broken"] == 1
    assert list(summary.failures) == [f"a-{START + 1_000_000_000}"]
    assert datasets([f"verify={known[0]}"]).ok


def test_an_export(known: tuple[str, str], tmp_path: Path) -> None:
    words = ["export=latest", "to=yolo", f"folder={tmp_path}/out"]
    first, second = datasets(words), datasets(words)
    assert (first.status, second.status, first.figures["frames"]) == ("completed", "unchanged", 19)
    assert "data.yaml" in first.next and (tmp_path / "out" / "data.yaml").is_file()
    taken = datasets(["export=latest", "to=coco", f"folder={tmp_path}/out"])
    assert not taken.ok and "is not empty" in next(iter(taken.failures.values()))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["show=latest", "verify=latest"], "show and verify are asked for at once"),
        (["frame=a-1"], "of which dataset"),
        (["diff=[latest]"], "expected two datasets"),
        (["export=latest"], "needs export=... and folder=..."),
        (["folder=out"], "needs export=... and folder=..."),
        (["to=voc"], "to: input should be 'coco', 'yolo', 'mot' or 'fiftyone'"),
        (["show=nobody"], "dataset=nobody: 0 datasets have that name"),
    ],
)
def test_words_that_do_not_go_together(known: tuple[str, str], words: list[str], why: str) -> None:
    with pytest.raises(InputError, match=why.replace(".", r"\.")):
        datasets(words)


def test_from_the_command_line(known: tuple[str, str], command, runs: Path) -> None:
    (runs / "store" / "datasets" / known[1] / "b-00000.tar").unlink()
    result = command("datasets", "verify=latest")
    assert result.returncode == 1 and "b-00000.tar" in result.stdout and "no such file" in result.stdout
    (written,) = (runs / "datasets").rglob("summary.json")
    assert json.loads(written.read_text())["figures"]["broken"] == 1
