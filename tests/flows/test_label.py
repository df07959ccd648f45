"""Labels on their way: exported, imported, proposed, reviewed, used for a dataset, and stale once a camera has moved."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.registry import Registry
from flows import datasets, ingest, label, prepare
from tests.flows.ward import SMALL

WORDS = [*SMALL, "only=[bay_a]", "runner=local"]
PREPARE = [*WORDS, "preprocessing=gray_640x480", "sampling=fixed_5fps"]
IMPORTED = [*PREPARE, "labels=imported"]


@pytest.fixture(scope="module")
def made(tmp_path_factory, with_tables) -> Path:
    """Four seconds of one camera, and a dataset with its recorded truth."""
    folder = with_tables(tmp_path_factory.mktemp("made") / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        ingest.ingest(WORDS)
        assert prepare.prepare(PREPARE).ok
    return folder


@pytest.fixture
def footage(made, runs) -> Path:
    """The same for one test alone."""
    shutil.copytree(made, runs, dirs_exist_ok=True)
    return runs


def shown() -> dict:
    return dict(datasets.datasets(["show=latest"]).figures)


def exported(runs: Path, to: str) -> Path:
    datasets.datasets(["export=latest", f"to={to}", f"folder={runs}/{to}"])
    return runs / to


def imported(runs: Path, to: str, *words: str):
    return label.label(["do=import", f"format={to}", f"file={runs}/{to}", "owner=ann", "dataset=latest", *words])


def test_from_an_export_to_a_dataset_and_stale_when_the_camera_moves(footage) -> None:
    truth = shown()
    for to in ("coco", "yolo", "mot"):
        exported(footage, to)
    first = imported(footage, "coco", "name=march")
    assert (first.status, first.figures["frames"], first.figures["boxes"]) == ("completed", truth["frames"], truth["people"])
    again = imported(footage, "coco", "name=march")
    assert again.status == "unchanged" and again.digests == first.digests and "there already, as march of ann" in again.note
    assert {imported(footage, to, f"name={to}").figures["boxes"] for to in ("yolo", "mot")} == {truth["people"]}
    # a dataset of them has the same people in the same frames
    made = prepare.prepare([*IMPORTED, "labels.set=march"])
    assert made.status == "completed" and shown()["people"] == truth["people"]
    by_digest = prepare.prepare([*IMPORTED, f"labels.set={first.digests['labels'][:12]}"])
    assert by_digest.status == "unchanged" and by_digest.digests == made.digests
    # somebody finds that the camera was moved after two seconds
    database = Database(f"sqlite:///{footage}/wardflow.db")
    registry = Registry(database)
    (version,) = registry.versions("bay_a")
    moved = replace(version.camera, homography=((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)), calibration=None)
    registry.add_camera(moved, version.site, version.valid_from + 2_000_000_000)
    database.close()
    with pytest.raises(InputError, match=r"10 frames of camera bay_a from 2026-03-02 10:00:02 to .*stale=filter"):
        prepare.prepare([*IMPORTED, "labels.set=march"])
    listed = label.label(["do=stale", "set=march"])
    assert listed.figures["stale_frames"] == 10 and "only=[bay_a]" in listed.next
    filtered = prepare.prepare([*IMPORTED, "labels.set=march", "labels.stale=filter"])
    assert filtered.details["by_camera"]["bay_a"]["stale_label"] == 10 and filtered.figures["kept"] == truth["frames"] - 10


def test_proposed_reviewed_and_accepted(footage) -> None:
    words = ["do=propose", "name=march", "owner=hog", "dataset=latest", "detector.enlarge=1.0"]
    first, again = label.label(words), label.label(words)
    assert (first.status, again.status) == ("completed", "unchanged")
    with pytest.raises(InputError, match="there are only proposed ones"):
        prepare.prepare([*IMPORTED, "labels.set=march"])
    assert prepare.prepare([*IMPORTED, "labels.set=march", "labels.accept=[reviewed,proposed]"]).ok
    folder = footage / "review"
    review = label.label(["do=review", "set=march", "format=cvat_images", f"folder={folder}", "dataset=latest"])
    assert review.figures["frames"] == first.figures["frames"] == len(list((folder / "images").iterdir()))
    text = (folder / "annotations.xml").read_text()
    cut = text.rindex("<image ")  # one picture was not reviewed, and somebody was found in the first
    first_image = text.index("<image ")
    box = '<box label="person" occluded="0" xtl="300" ytl="200" xbr="340" ybr="300"/></image>'
    head = text[first_image:cut].replace("</image>", box, 1) if "</image>" in text[first_image:cut] else ""
    (folder / "annotations.xml").write_text(f"{text[:first_image]}{head}</annotations>")
    accepted = label.label(
        ["do=accept", "set=march", "owner=ann", "format=cvat_images", f"file={folder}", "dataset=latest"]
    )  # fmt: skip
    assert accepted.status == "completed" and "1 of 20 frames of the proposal were not reviewed" in accepted.note
    sets = label.label([]).details["sets"]
    assert [(one["state"], one["owner"]) for one in sets] == [("reviewed", "ann"), ("proposed", "hog")]
    assert sets[0]["parent"] == sets[1]["digest"]
    made = prepare.prepare([*IMPORTED, "labels.set=march"])
    assert made.figures["kept"] == 19 and made.details["by_camera"]["bay_a"]["unlabelled"] == 1


def test_frames_of_footage_are_counted(footage) -> None:
    file = footage / "gt.txt"
    file.write_text("1,7,10,20,30,60,1,1,1\n3,7,12,20,30,60,1,1,1\n")
    words = ["do=import", "format=mot", f"file={file}", "name=march", "owner=ann", "pictures=frames", "camera=bay_a"]
    found = label.label([*words, "first_frame=10"])
    (view,) = found.details["set"]["views"]
    assert (view["first"] - 1_772_445_600_000_000_000, view["last"] - view["first"]) == (1_000_000_000, 200_000_000)
    with pytest.raises(InputError, match="expected at most 39"):
        label.label([*words, "first_frame=39"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["do=import", "name=march"], "do=import needs format=... and file=... and owner=..."),
        (["do=propose"], "do=propose needs name=... and owner=..."),
        (["pictures=frames"], "counted frames are those of one camera"),
        (["do=accept", "set=a", "owner=b", "file=c"], "takes file=... and format=..."),
        (["do=review", "set=a", "format=coco", "folder=c"], "written as cvat_images or label_studio"),
        (["do=export"], "do: input should be 'list', "),
    ],
)
def test_words_that_do_not_fit(words, says) -> None:
    with pytest.raises(InputError) as error:
        label.label(words)
    assert says in str(error.value)
